"""Which parts are read as text, and which lie beside it."""

from tests.digest.messages import json_of, message, multipart, part

HTML = part(b"<p>Hello <b>you</b></p>", content_type="text/html")
PLAIN = part(b"Hello you\r\n")
PDF = part(b"%PDF", content_type="application/pdf; name=a.pdf")


def names(said: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["name"] for one in said["attachments"]]


def test_plain_text_is_preferred_and_html_kept() -> None:
    said = json_of(multipart("multipart/alternative", [PLAIN, HTML]))
    assert (said["text"], said["html"]) == ("Hello you", "<p>Hello <b>you</b></p>")
    assert said["attachments"] == []


def test_html_alone_is_read_as_text() -> None:
    said = json_of(message(b"<p>Hello</p><p>you</p>", content_type="text/html"))
    assert said["text"] == "Hello\n\nyou"


def test_html_is_read_where_the_plain_text_is_empty() -> None:
    said = json_of(multipart("multipart/alternative", [part(b" \r\n"), HTML]))
    assert said["text"] == "Hello you"


def test_several_texts_are_read_one_after_the_other() -> None:
    said = json_of(multipart("multipart/mixed", [PLAIN, PDF, part(b"and more")]))
    assert said["text"] == "Hello you\n\nand more"
    assert names(said) == ["a.pdf"]
    assert said["html"] is None


def test_a_footer_beside_alternatives_is_in_both() -> None:
    both = part(
        multipart("multipart/alternative", [PLAIN, HTML], "in").partition(b"\r\n\r\n")[2],
        content_type="multipart/alternative; boundary=in",
    )
    said = json_of(multipart("multipart/mixed", [both, part(b"<footer>")], "out"))
    assert said["text"] == "Hello you\n\n<footer>"
    assert said["html"] == "<p>Hello <b>you</b></p>\n<pre>&lt;footer&gt;</pre>"


def test_a_named_or_attached_text_is_an_attachment() -> None:
    named = part(b"log", content_type="text/plain; name=a.log")
    attached = part(b"log", content_disposition="attachment")
    said = json_of(multipart("multipart/mixed", [PLAIN, named, attached]))
    assert said["text"] == "Hello you"
    assert names(said) == ["a.log", "attachment-2.txt"]


def test_a_text_that_is_the_whole_message_is_read_whatever_its_name() -> None:
    said = json_of(message(b"hi", content_type="text/plain; name=body.txt"))
    assert said["text"] == "hi"


def test_data_in_text_is_an_attachment() -> None:
    card = part(b"BEGIN:VCARD", content_type="text/vcard")
    table = part(b"a,b", content_type="text/csv")
    said = json_of(multipart("multipart/mixed", [PLAIN, card, table]))
    assert names(said) == ["attachment-1.vcf", "attachment-2.csv"]


def test_an_alternative_for_special_programs_is_not_shown() -> None:
    amp = part(b"<html amp4email>", content_type="text/x-amp-html")
    said = json_of(multipart("multipart/alternative", [PLAIN, amp, HTML]))
    assert said["attachments"] == []
    assert said["text"] == "Hello you"


def test_a_multipart_without_boundary_is_still_readable() -> None:
    said = json_of(message(b"readable\r\n", content_type="multipart/alternative"))
    assert said["text"] == "readable"


def test_flowed_text_is_made_whole() -> None:
    body = b"> a quoted \r\n> line\r\nmy own \r\nline\r\n-- \r\nLi \r\n"
    said = json_of(message(body, content_type="text/plain; format=flowed"))
    assert said["text"] == "> a quoted line\nmy own line\n-- \nLi"
    assert said["reply_text"] == "my own line"


def test_flowed_text_may_delete_the_space() -> None:
    body = "您好，请 \r\n报价\r\n".encode()
    said = json_of(
        message(body, content_type="text/plain; charset=utf-8; format=flowed; delsp=yes")
    )
    assert said["text"] == "您好，请报价"


def test_a_page_declares_its_own_charset() -> None:
    page = '<html><head><meta charset="gb2312"></head><p>价格</p>'.encode("gb2312")
    assert json_of(message(page, content_type="text/html"))["text"] == "价格"


def test_the_body_s_charset_helps_to_read_the_header() -> None:
    headers: dict[str, str | bytes] = {
        "Subject": "価格".encode("euc_jp"),
        "Content-Type": "text/plain; charset=euc-jp",
    }
    assert json_of(message("価格".encode("euc_jp"), headers))["subject"] == "価格"


def test_very_long_text_is_cut_and_said() -> None:
    said = json_of(message(b"word " * 1_000_000))
    assert len(said["text"]) <= 1_000_000
    assert "text beyond 1000000 characters was cut" in said["defects"]
