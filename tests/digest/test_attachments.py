"""Attachments: their names, their exact bytes, and the pictures of a page."""

import base64
import hashlib
import random

import pytest

from digest.filename import LONGEST, safe_name
from digest.parts import attachment, html_page
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, json_of, message, multipart, part

CONTENT = random.Random(7).randbytes(70_001)


def attached(content: bytes, name: str = "a.bin", **fields: str) -> bytes:
    """A part with that name in its disposition."""
    fields = {"content_disposition": f'attachment; filename="{name}"', **fields}
    return part(content, **{"content_type": "application/octet-stream", **fields})


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 70_001])
def test_base64_attachments_come_out_exactly(size: int) -> None:
    content = CONTENT[:size]
    sent = attached(base64_lines(content), content_transfer_encoding="base64")
    whole = multipart("multipart/mixed", [part(b"hi"), sent])
    found = attachment(RawMessage.in_memory(whole), 0)
    assert found is not None
    assert found.content == content
    said = json_of(whole)["attachments"][0]
    assert said["size"] == size
    assert said["sha256"] == hashlib.sha256(content).hexdigest()


def test_binary_attachments_come_out_exactly() -> None:
    content = b"\x00\r\n--x\r\n\xff" + CONTENT.replace(b"\n--b", b"") + b"\r\n"
    whole = multipart("multipart/mixed", [attached(content, content_transfer_encoding="binary")])
    found = attachment(RawMessage.in_memory(whole), 0)
    assert found is not None
    assert found.content == content


def test_attachments_are_counted_as_the_digest_lists_them() -> None:
    whole = multipart("multipart/mixed", [part(b"hi"), attached(b"1", "1"), attached(b"2", "2")])
    raw = RawMessage.in_memory(whole)
    found = [attachment(raw, number) for number in range(2)]
    assert [(one.name, one.content) for one in found if one] == [("1", b"1"), ("2", b"2")]
    assert attachment(raw, 2) is None
    assert attachment(raw, -1) is None


def test_a_message_in_a_spool_file_is_read_in_place(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    whole = multipart("multipart/mixed", [part(b"hi"), attached(CONTENT)])
    path = tmp_path_factory.mktemp("spool") / "m.eml"
    path.write_bytes(whole)
    raw = RawMessage.in_file(path, len(whole), hashlib.sha256(whole).hexdigest())
    found = attachment(raw, 0)
    assert found is not None
    assert found.content == CONTENT


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("C:\\Users\\x\\a.pdf", "a.pdf"),
    ("/etc/passwd", "passwd"),
    ("a\x00.exe", "a .exe"),
    ("a\r\nX-Evil: 1.txt", "a X-Evil_ 1.txt"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("a\u200b.pdf", "a.pdf"),
    ("con<>|?*.txt", "con_____.txt"),
    ("报价单.pdf", "报价单.pdf"),
    (" .hidden. ", "hidden"),
    ("..", ""),
    ("", ""),
    ("\ud800.txt", "\ufffd.txt"),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_a_name_becomes_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("x" * 1000 + ".pdf")
    assert len(name) == LONGEST
    assert name.endswith("x.pdf")


def test_the_nameless_get_a_name() -> None:
    picture = part(b"x", content_type="image/png")
    said = json_of(multipart("multipart/mixed", [part(b"hi"), picture, attached(b"x", "..")]))
    assert [one["name"] for one in said["attachments"]] == ["attachment-1.png", "attachment-2.bin"]


def test_a_message_inside_is_an_attachment_named_after_its_subject() -> None:
    inside = message(b"inner text", {"Subject": "=?utf-8?B?5oql5Lu3?="}, content_type="text/plain")
    said = json_of(
        multipart(
            "multipart/mixed", [part(b"see below"), part(inside, content_type="message/rfc822")]
        )
    )
    assert said["text"] == "see below"
    assert [(one["name"], one["size"]) for one in said["attachments"]] == [
        ("报价.eml", len(inside))
    ]


def test_a_guessed_name_is_said() -> None:
    disposition = (
        b'Content-Disposition: attachment; filename="' + "报价单.pdf".encode("gbk") + b'"\r\n\r\nx'
    )
    said = json_of(multipart("multipart/mixed", [part(b"hi"), disposition]))
    assert said["attachments"][0]["name"] == "报价单.pdf"
    assert "file name: declared nothing, decoded as gb18030 (guessed)" in said["charset_notes"]


PICTURE = b"\x89PNG\r\n\x1a\n" + CONTENT[:300]


def with_picture(html: bytes, picture: bytes = PICTURE) -> bytes:
    logo = part(
        base64_lines(picture),
        content_type="image/png",
        content_id="<logo@x>",
        content_transfer_encoding="base64",
    )
    return multipart("multipart/related", [part(html, content_type="text/html"), logo])


def test_a_picture_of_the_message_is_put_into_the_page() -> None:
    whole = with_picture(b'<p>Hi <img src="cid:logo@x"></p>')
    page = html_page(RawMessage.in_memory(whole))
    assert page is not None
    assert f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}" in page
    said = json_of(whole)
    assert "data:image/png;base64," in said["html"]
    assert said["attachments"][0]["inline"] is True


def test_a_large_picture_is_in_the_page_but_not_in_the_digest() -> None:
    whole = with_picture(b'<p>Hi <img src="cid:logo@x"></p>', CONTENT * 2)
    page = html_page(RawMessage.in_memory(whole))
    assert page is not None
    assert "data:image/png" in page
    assert "data:" not in json_of(whole)["html"]


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("cid:logo%40x", {"content_id": "<logo@x>"}),
        ("CID:logo@x", {"content_id": "logo@x"}),
        ("image1.png", {"content_location": "image1.png"}),
        ("http://x.example/a.png", {"content_location": "http://x.example/a.png"}),
    ],
)
def test_a_page_may_name_its_pictures_in_several_ways(source: str, fields: dict[str, str]) -> None:
    page = part(f'<p>Hi <img alt="" src="{source}"></p>'.encode(), content_type="text/html")
    logo = part(PICTURE, **{"content_type": "image/png", **fields})
    said = json_of(multipart("multipart/related", [page, logo]))
    assert "data:image/png;base64," in said["html"]
    assert said["attachments"][0]["inline"] is True


def test_a_picture_that_no_page_names_is_not_inline() -> None:
    assert json_of(with_picture(b"<p>Hi</p>"))["attachments"][0]["inline"] is False


def test_a_message_without_html_has_no_page() -> None:
    assert html_page(RawMessage.in_memory(message(b"hi"))) is None
