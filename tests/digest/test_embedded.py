"""Files that stand within a text, as people and programs put them there."""

import base64
import binascii
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.embedded import cut_out, may_hold_files
from digest.parts import attachment
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, json_of, message, multipart, part

CONTENT = random.Random(3).randbytes(5003)


def uuencoded(content: bytes, name: str = "offer.pdf", *, space: bytes = b"`") -> bytes:
    lines = [
        binascii.b2a_uu(content[at : at + 45], backtick=space == b"`").rstrip(b"\n") + b"\r\n"
        for at in range(0, len(content), 45)
    ]
    return b"".join([f"begin 644 {name}\r\n".encode(), *lines, space + b"\r\nend\r\n"])


def yencoded(
    content: bytes, name: str = "offer.pdf", place: tuple[int, int, int] | None = None
) -> bytes:
    """One block; `place` is the part's number, how many there are, and where it begins."""
    escaped = bytearray()
    for octet in content:
        moved = (octet + 42) & 0xFF
        escaped += bytes([0x3D, (moved + 64) & 0xFF]) if moved in b"\0\n\r=\t." else bytes([moved])
    lines = bytearray()
    while escaped:
        size = 129 if escaped[127:128] == b"=" else 128
        lines += escaped[:size] + b"\r\n"
        del escaped[:size]
    head, middle, tail = f"size={len(content)} name={name}", "", f"crc32={zlib.crc32(content):08x}"
    if place is not None:
        number, total, begin = place
        head = f"part={number} total={total} line=128 {head}"
        middle = f"=ypart begin={begin + 1} end={begin + len(content)}\r\n"
        tail = f"part={number} p{tail}"
    opening = f"=ybegin line=128 {head}\r\n{middle}".encode()
    return opening + bytes(lines) + f"=yend size={len(content)} {tail}\r\n".encode()


def binhexed(content: bytes, name: bytes = b"offer.pdf") -> bytes:
    head = bytes([len(name)]) + name + b"\0PDF CARO\0\0"
    data = head + len(content).to_bytes(4, "big") + bytes(4) + b"\xab\xcd" + content + b"\xab\xcd"
    data = data.replace(b"\x90", b"\x90\0").replace(b"\0" * 20, b"\0\x90\x14")
    signs = base64.b64encode(data).rstrip(b"=")
    signs = signs.translate(
        bytes.maketrans(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr",
        )
    )
    lines = b"\r\n".join(signs[at : at + 64] for at in range(0, len(signs), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + lines + b":\r\n"


def file_of(content: bytes) -> tuple[str, bytes]:
    found = attachment(RawMessage.in_memory(content), 0)
    assert found is not None
    return found.name, found.content


BLOCKS = {
    "uuencode": uuencoded(CONTENT),
    "uuencode with spaces": uuencoded(CONTENT, space=b" "),
    "uuencode without its spaces at line ends": b"".join(
        line.rstrip() + b"\r\n" for line in uuencoded(CONTENT + bytes(9), space=b" ").splitlines()
    ),
    "uuencode by base64": b"begin-base64 644 offer.pdf\r\n" + base64_lines(CONTENT) + b"====\r\n",
    "yEnc": yencoded(CONTENT),
    "yEnc in parts": yencoded(CONTENT[2000:], place=(2, 2, 2000))
    + yencoded(CONTENT[:2000], place=(1, 2, 0)),
    "BinHex": binhexed(CONTENT),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_file_in_the_text_is_an_attachment_and_no_text(name: str) -> None:
    whole = message(b"Dear sir,\r\n\r\n" + BLOCKS[name] + b"\r\nRegards, Li\r\n")
    said = json_of(whole)
    assert said["text"].split() == ["Dear", "sir,", "Regards,", "Li"]
    assert [(one["name"], one["content_type"]) for one in said["attachments"]] == [
        ("offer.pdf", "application/pdf")
    ]
    assert said["defects"] == []
    expected = CONTENT + bytes(9) if "without" in name else CONTENT
    assert file_of(whole) == ("offer.pdf", expected)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_file_in_an_encoded_text_is_found(encoding: str) -> None:
    body = b"Dear sir,\r\n" + uuencoded(CONTENT)
    encoded = base64_lines(body) if encoding == "base64" else binascii.b2a_qp(body, istext=True)
    whole = message(encoded, {"Content-Transfer-Encoding": encoding}, content_type="text/plain")
    assert json_of(whole)["text"] == "Dear sir,"
    assert file_of(whole) == ("offer.pdf", CONTENT)


def test_a_name_in_the_sender_s_charset_is_read() -> None:
    body = uuencoded(CONTENT, "NAME").replace(b"NAME", "报价单.pdf".encode("gbk"))
    assert file_of(message(body))[0] == "报价单.pdf"


def test_several_files_stand_in_their_order() -> None:
    body = (
        uuencoded(b"1", "1.txt") + b"and\r\n" + uuencoded(b"2", "2.txt") + yencoded(b"3", "3.txt")
    )
    said = json_of(message(body))
    assert said["text"] == "and"
    assert [one["name"] for one in said["attachments"]] == ["1.txt", "2.txt", "3.txt"]


def test_files_in_one_part_stand_before_those_of_the_next() -> None:
    pdf = part(b"%PDF", content_type="application/pdf; name=z.pdf")
    said = json_of(multipart("multipart/mixed", [part(uuencoded(b"1", "1.txt")), pdf]))
    assert [one["name"] for one in said["attachments"]] == ["1.txt", "z.pdf"]


CUT = {
    "uuencode": uuencoded(CONTENT)[:3000],
    "yEnc": yencoded(CONTENT)[:3000],
    "yEnc file": yencoded(CONTENT[:2000], place=(1, 3, 0)),
    "BinHex": binhexed(CONTENT)[:3000],
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_is_not_whole_is_there_and_that_is_said(name: str) -> None:
    said = json_of(message(b"Dear sir,\r\n" + CUT[name]))
    assert said["text"] == "Dear sir,"
    assert said["attachments"][0]["size"] > 1000
    assert len(said["defects"]) == 1
    assert "offer.pdf" in said["defects"][0]


def test_a_part_of_a_file_says_which() -> None:
    said = json_of(message(yencoded(CONTENT[:2000], place=(1, 3, 0))))
    assert said["defects"] == ["yEnc file 'offer.pdf': only part 1 of 3"]
    old = yencoded(CONTENT[:2000], place=(1, 3, 0)).replace(b" total=3", b"")
    said = json_of(message(old.replace(b"size=2000 name", b"size=5003 name")))
    assert said["defects"] == ["yEnc file 'offer.pdf': only part 1"]


PROSE = [
    b"We begin 644 tests tomorrow.\r\n",
    b"begin with this\r\nM is a letter\r\n",
    b"begin 644 reasons\r\nwhy you should buy\r\n",
    b"=ybeginners welcome\r\n",
    b"> begin 644 a.txt\r\n> #0V%T\r\n> `\r\n> end\r\n",
    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmQ\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n",
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays_what_it_is(text: bytes) -> None:
    said = json_of(message(text))
    assert said["text"] == text.decode().replace("\r\n", "\n").rstrip()
    assert said["attachments"] == []


def test_a_text_file_keeps_what_stands_in_it() -> None:
    log = part(uuencoded(b"x"), content_type="text/plain; name=a.log")
    attached = part(uuencoded(b"x"), content_disposition="attachment")
    said = json_of(multipart("multipart/mixed", [part(b"hi"), log, attached]))
    assert [one["size"] for one in said["attachments"]] == [len(uuencoded(b"x"))] * 2


SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n"
    b"Dear sir,\r\n- -- \r\n- - one\r\nLi\r\n"
    b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEzBAEBCAAd\r\n=ab12\r\n-----END PGP SIGNATURE-----\r\n"
)


def test_clear_signed_text_is_read_without_its_armour() -> None:
    said = json_of(message(b"\r\n" + SIGNED + b"\r\nfooter of a list\r\n"))
    assert said["text"] == "\nDear sir,\n-- \n- one\nLi\n\nfooter of a list"
    assert said["attachments"] == []


def test_text_around_an_encrypted_block_is_read_and_the_block_can_be_had() -> None:
    block = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n"
    whole = message(b"Only for you:\r\n" + block + b"Li\r\n")
    assert json_of(whole)["text"] == "Only for you:\nLi"
    assert file_of(whole) == ("message.asc", block)


SIGNS = [
    b"begin 644 a\n",
    b"#0V%T\n",
    b"end\n",
    b"`\n",
    b"=ybegin name=x\n",
    b"=yend\n",
    b"=",
    b"\n",
]
SIGNS += [
    b"=ypart begin=1\n",
    b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    b"\xff",
    b"- x\n",
    b":",
    b"!!%l`",
]
SIGNS += [b"-----BEGIN PGP SIGNATURE-----\n", b"-----END PGP SIGNATURE-----\n"]
SIGNS += [b"-----BEGIN PGP MESSAGE-----\n", b"(This file must be converted with BinHex 4.0)\n"]


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map(b"".join))
def test_any_text_keeps_its_rest(text: bytes) -> None:
    if may_hold_files(text):
        cut = cut_out(text)
        assert cut is None or len(cut.text) <= len(text)
