"""Transfer encodings with rubbish in them."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.transfer import decode_base64, decode_transfer, undeclared

BASE64 = [
    (b"aGVsbG8=", b"hello"),
    (b"aGVsbG8", b"hello"),
    (b"aGVs\r\nbG8=\r\n", b"hello"),
    (b"aGVs bG8=", b"hello"),
    (b"a*G!V#sbG8=", b"hello"),
    (b"aGVsbG8=aGVsbG8=", b"hellohello"),
    (b"aGVsbG8=\r\naGVsbG8=", b"hellohello"),
    (b"aGVsbG8===", b"hello"),
    (b"aGVsbG8=\r\n_____\r\nList footer here\r\n", b"hello"),
    (b"aGVsbG8x", b"hello1"),
    (b"-_-_", base64.b64decode(b"+/+/")),
    (b"a", b""),
    (b"====", b""),
    (b"", b""),
]


@pytest.mark.parametrize(("sent", "content"), BASE64)
def test_base64_is_read_with_what_went_wrong_on_the_way(sent: bytes, content: bytes) -> None:
    assert decode_base64(sent) == content


def test_text_after_base64_is_said() -> None:
    _, defect = decode_transfer(b"aGVsbG8=\nList footer here!\n", "base64")
    assert defect == "text after the end of base64 was left out"


QUOTED = [
    (b"Gr=C3=BC=C3=9Fe", "Grüße".encode()),
    (b"a=\r\nb", b"ab"),
    (b"a=\nb", b"ab"),
    (b"a=3D=3d", b"a=="),
    (b"a=ZZ", b"a=ZZ"),
    (b"a=", b"a"),
    (b"trailing   \r\nx", b"trailing\r\nx"),
]


@pytest.mark.parametrize(("sent", "content"), QUOTED)
def test_quoted_printable_is_read(sent: bytes, content: bytes) -> None:
    assert decode_transfer(sent, "quoted-printable") == (content, None)


def test_uuencode_is_read_from_its_begin_line() -> None:
    lines = [binascii.b2a_uu(b"hello " * 5), binascii.b2a_uu(b"world")]
    sent = b"prose\nbegin 644 a.txt\n" + b"".join(lines) + b"`\nend\n"
    assert decode_transfer(sent, "x-uuencode") == (b"hello " * 5 + b"world", None)


def test_an_unknown_encoding_leaves_the_octets_and_says_so() -> None:
    assert decode_transfer(b"x", "rot\n13") == (b"x", "unknown transfer encoding rot?13")


@given(st.binary(max_size=2000))
def test_whole_base64_comes_back_exactly(content: bytes) -> None:
    assert decode_base64(base64.encodebytes(content)) == content
    assert decode_base64(base64.b64encode(content).rstrip(b"=")) == content


@given(st.binary(max_size=500), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "x"]))
def test_any_octets_are_decoded_to_no_more_than_they_were(content: bytes, encoding: str) -> None:
    assert len(decode_transfer(content, encoding)[0]) <= len(content)


PROSE = [
    b"Hello, this is plain text. Please send your price list!",
    "您好，请报价。谢谢！".encode(),
    "您好，请报价。".encode("gbk"),
]


@pytest.mark.parametrize("sent", PROSE)
def test_text_that_nobody_encoded_is_not_decoded(sent: bytes) -> None:
    assert decode_transfer(sent, "base64") == (sent, "declared base64, but it is none")


@pytest.mark.parametrize("name", ["quoted_printable", "quotedprintable", "qp"])
def test_misspelt_encodings_are_what_they_mean(name: str) -> None:
    assert decode_transfer(b"Gr=C3=BC=C3=9Fe", name) == ("Grüße".encode(), None)


TEXT = "您好，请问这个产品的价格是多少？谢谢，王小明".encode()


def test_encoded_text_under_the_name_of_an_identity_is_recognised() -> None:
    quoted = binascii.b2a_qp(TEXT)
    assert undeclared(quoted, "8bit") == (TEXT, "quoted-printable, undeclared")
    assert undeclared(base64.encodebytes(TEXT), "") == (TEXT, "base64, undeclared")


@pytest.mark.parametrize(
    "sent",
    [
        b"a = b; x == y; 1+1=2; http://x.example/?a=3D&b=20",
        b"c2hvcnQ=",
        b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
        TEXT,
        b"",
    ],
)
def test_plain_text_is_left_as_it_is(sent: bytes) -> None:
    assert undeclared(sent, "7bit") == (sent, None)
