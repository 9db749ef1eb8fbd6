"""winmail.dat: everything that Outlook hides in it, and nothing that breaks the reader."""

import binascii
import random
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.parts import attachment
from digest.tnef.compressed import MAX_RTF, decompressed
from digest.tnef.read import read_tnef
from digest.tnef.rtf import read_rtf
from mail.raw import RawMessage
from tests.digest import tnef_writer as tnef
from tests.digest.messages import base64_lines, json_of, message, multipart, part

PDF = b"%PDF-1.4 " + random.Random(1).randbytes(3000)
HTML_RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
    rb"{\colortbl;\red0\green0\blue0;}{\*\generator Riched20;}\uc1\pard\plain\deftab360 \f0\fs24 "
    rb"{\*\htmltag19 <html>}{\*\htmltag34 <head>}{\*\htmltag1 <style>p\{color:red\}</style>}"
    rb"{\*\htmltag41 </head>}{\*\htmltag50 <body>}\htmlrtf \lang1033 \htmlrtf0 "
    rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Dear Ms M\'fcller,\htmlrtf\par}\htmlrtf0 "
    rb"{\*\htmltag72 </p>}{\*\htmltag64 <p>}Price: \u8364 ?500 {\*\htmltag84 &amp;}"
    rb"\htmlrtf &\htmlrtf0  shipping{\*\htmltag72 </p>}{\*\htmltag58 </body>}"
    rb"{\*\htmltag27 </html>}}"
)
TEXT_RTF = (
    rb"{\rtf1\ansi\ansicpg936\fromtext \deff0{\fonttbl{\f0\fnil\fcharset134 SimSun;}"
    rb"{\f1\fswiss\fcharset0 Arial;}}{\colortbl;\red255\green0\blue0;}{\*\generator x;}"
    rb"{\info{\author Li}}\f1 Hello \b Li\b0 ,\par\f0 \'c4\'fa\'ba\'c3\'a3\'ac\'c7\'eb"
    rb"\'b1\'a8\'bc\'db\par\f1 \tab 1 \{x\} \u-10179?\u-8704?{\pict 0a0b0c}\par}"
)


def sent(content: bytes, text: bytes | None = None, kind: str = "application/ms-tnef") -> bytes:
    """A message with a winmail.dat, beside a text or alone."""
    winmail = part(
        base64_lines(content),
        content_type=f'{kind}; name="winmail.dat"',
        content_transfer_encoding="base64",
        content_disposition='attachment; filename="winmail.dat"',
    )
    parts = [winmail] if text is None else [part(text, content_type="text/plain"), winmail]
    return multipart("multipart/mixed", parts, "----=_NextPart_000_0001")


def files(said: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(one["name"], one["content_type"], one["size"]) for one in said["attachments"]]


LETTER = tnef.stream(
    tnef.version(),
    tnef.code_page(936),
    tnef.message_class("IPM.Microsoft Mail.Note"),
    tnef.message({tnef.RTF: tnef.compressed(TEXT_RTF)}),
    tnef.attached(PDF, {tnef.LONG_NAME: "2026 年报价单 (final version).pdf"}, b"2026~1.PDF"),
    tnef.attached(b"a,b\r\n", {tnef.SHORT_NAME: "LIST.CSV", tnef.MIME_TAG: "text/csv"}),
)


def test_files_inside_are_attachments_under_their_long_names() -> None:
    said = json_of(sent(LETTER, b"Please see the files.\r\n"))
    assert said["text"] == "Please see the files."
    assert files(said) == [
        ("2026 年报价单 (final version).pdf", "application/pdf", len(PDF)),
        ("LIST.CSV", "text/csv", 5),
    ]
    assert said["defects"] == []


def test_files_inside_can_be_downloaded() -> None:
    raw = RawMessage.in_memory(sent(LETTER, b"Please see the files.\r\n"))
    found = attachment(raw, 0)
    assert found is not None
    assert (found.name, found.content) == ("2026 年报价单 (final version).pdf", PDF)
    assert attachment(raw, 2) is None


def test_a_text_in_compressed_rtf_is_read_where_there_is_no_other() -> None:
    said = json_of(sent(LETTER))
    assert said["text"] == "Hello Li,\n您好，请报价\n\t1 {x} \U0001f600"
    assert said["blank"] is None


@pytest.mark.parametrize("text", [b"", b" \r\n\r\n"])
def test_a_text_inside_counts_where_the_other_is_empty(text: bytes) -> None:
    assert json_of(sent(LETTER, text))["text"].startswith("Hello Li,\n您好")


def test_html_is_taken_out_of_rtf() -> None:
    content = tnef.stream(tnef.message({tnef.RTF: tnef.compressed(HTML_RTF)}))
    said = json_of(sent(content))
    assert said["text"] == "Dear Ms Müller,\n\nPrice: €500 & shipping"
    assert said["html"] == "<p>Dear Ms Müller,</p><p>Price: €500 &amp; shipping</p>"


def test_html_as_it_is_comes_before_rtf_and_beside_the_plain_text() -> None:
    content = tnef.stream(
        tnef.message(
            {
                tnef.BODY: "您好 plain",
                tnef.HTML: "<p>您好 <b>page</b></p>".encode(),
                tnef.CODEPAGE: 65001,
                tnef.RTF: tnef.stored(TEXT_RTF),
            }
        )
    )
    said = json_of(sent(content))
    assert said["text"] == "您好 plain"
    assert said["html"] == "<p>您好 <b>page</b></p>"


def test_a_plain_text_is_in_the_code_page_that_is_said() -> None:
    content = tnef.stream(tnef.code_page(936), tnef.body("请报价，谢谢".encode("gbk")))
    assert json_of(sent(content))["text"] == "请报价，谢谢"
    content = tnef.stream(tnef.code_page(1251), tnef.body("Добрый день".encode("cp1251")))
    assert json_of(sent(content))["text"] == "Добрый день"


def test_names_in_the_old_charset_are_read_by_the_code_page() -> None:
    name = "合同.doc".encode("gbk")
    by_property = tnef.attached(b"x", {tnef.LONG_NAME: ("string8", name + b"\0")})
    by_title = tnef.attached(b"y", {}, name)
    said = json_of(sent(tnef.stream(tnef.code_page(936), by_property, by_title), b"see"))
    assert [one["name"] for one in said["attachments"]] == ["合同.doc", "合同.doc"]


@pytest.mark.parametrize(
    "kind",
    [
        *("application/vnd.ms-tnef", "application/octet-stream", "application/x-unknown"),
        *("text/plain", "image/png", "message/rfc822"),
    ],
)
def test_winmail_is_known_by_its_first_octets_whatever_its_type(kind: str) -> None:
    renamed = sent(LETTER, b"see", kind).replace(b"winmail.dat", b"ATT00001.dat")
    assert len(json_of(renamed)["attachments"]) == 2


def test_a_uuencoded_winmail_in_the_text_is_opened() -> None:
    lines = [binascii.b2a_uu(LETTER[at : at + 45]) for at in range(0, len(LETTER), 45)]
    body = b"See below.\n" + b"".join([b"begin 600 winmail.dat\n", *lines, b"`\nend\n"])
    said = json_of(message(body))
    assert said["text"] == "See below."
    assert [one["name"] for one in said["attachments"]] == [
        "2026 年报价单 (final version).pdf",
        "LIST.CSV",
    ]


def test_a_picture_of_the_text_inside_is_inline() -> None:
    content = tnef.stream(
        tnef.message({tnef.HTML: b'<p>Hi <img src="cid:logo@x"></p>'}),
        tnef.attached(
            b"\x89PNG",
            {tnef.LONG_NAME: "logo.png", tnef.CONTENT_ID: "logo@x", tnef.FLAGS: 4},
        ),
    )
    said = json_of(sent(content))
    assert "data:image/png;base64," in said["html"]
    assert [(one["name"], one["inline"]) for one in said["attachments"]] == [("logo.png", True)]


INNER = tnef.stream(
    tnef.code_page(1252),
    tnef.message(
        {
            tnef.SUBJECT: "Fwd: 报价",
            tnef.SENDER: "Zhang Min",
            tnef.SENDER_SMTP: "zhang@example.com",
            tnef.SUBMITTED: datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
            tnef.MESSAGE_ID: "<inner@example.com>",
            tnef.BODY: "inner text",
        }
    ),
    tnef.attached(PDF, {tnef.LONG_NAME: "inner.pdf"}),
)


def test_a_message_inside_becomes_a_message_with_its_files() -> None:
    raw = RawMessage.in_memory(sent(tnef.stream(tnef.embedded(INNER, "x")), b"see"))
    found = attachment(raw, 0)
    assert found is not None
    assert (found.name, found.content_type) == ("Fwd_ 报价.eml", "message/rfc822")
    inner = json_of(found.content)
    assert inner["subject"] == "Fwd: 报价"
    assert inner["from"] == {"name": "Zhang Min", "address": "zhang@example.com"}
    assert inner["date"] == "2026-11-20T08:30:00+00:00"
    assert inner["message_id"] == "<inner@example.com>"
    assert inner["text"] == "inner text"
    assert files(inner) == [("inner.pdf", "application/pdf", len(PDF))]


def test_messages_inside_each_other_are_read_so_deep_and_no_deeper() -> None:
    content = INNER
    for _ in range(12):
        content = tnef.stream(tnef.embedded(content, "level"))
    found = read_tnef(content)
    assert found is not None
    assert "a message inside winmail.dat was not read" in found.defects


def test_an_invitation_is_a_calendar_entry() -> None:
    content = tnef.stream(
        tnef.message_class("IPM.Schedule.Meeting.Request"),
        tnef.message(
            {tnef.SUBJECT: "Price talk, room 2", tnef.BODY: "Please come."},
            {0x820D: datetime(2026, 12, 1, 1, 0, tzinfo=UTC)},
        ),
    )
    said = json_of(sent(content))
    assert said["calendar"] == {
        "method": "REQUEST",
        "start": "2026-12-01T01:00:00Z",
        "summary": "Price talk, room 2",
    }
    assert said["text"] == "Please come."


def test_a_winmail_that_is_cut_off_stays_in_sight_beside_what_was_read() -> None:
    said = json_of(sent(LETTER[:-1500], b"see"))
    names = [one["name"] for one in said["attachments"]]
    assert names[0] == "winmail.dat"
    assert "2026~1.PDF" in names
    assert "winmail.dat is cut off" in said["defects"]


def test_a_winmail_without_a_readable_text_is_why_the_text_is_empty() -> None:
    said = json_of(sent(tnef.stream(tnef.message({tnef.RTF: b"\0" * 40}))))
    assert (said["text"], said["blank"]) == ("", "the text may be inside winmail.dat")


def test_what_only_has_the_name_stays_an_attachment() -> None:
    said = json_of(sent(b"no TNEF at all", b"see"))
    assert files(said) == [("winmail.dat", "application/ms-tnef", 14)]


@pytest.mark.parametrize("rtf", [b"", b"x", HTML_RTF, TEXT_RTF, b"abcabcabc" * 2000, b"a" * 9000])
def test_what_was_compressed_comes_out_again(rtf: bytes) -> None:
    assert decompressed(tnef.compressed(rtf)) == (rtf, True)
    assert decompressed(tnef.stored(rtf)) == (rtf, True)


def test_the_example_of_the_specification_comes_out() -> None:
    octets = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af320"
        "68656c090020627705b06c647d0a800fa0"
    )
    assert decompressed(octets) == (b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", True)


def test_compressed_rtf_that_promises_everything_is_bounded() -> None:
    bomb = bytes.fromhex("ffffffff") * 2 + b"LZFu\0\0\0\0" + b"\xff" + b"\x0c\x0f" * 3_000_000
    found, whole = decompressed(bomb)
    assert len(found) <= MAX_RTF
    assert not whole


def test_all_rtf_of_one_message_is_bounded_together() -> None:
    bomb = tnef.message({tnef.RTF: tnef.stored(b"{\\rtf1 " + b"a " * 900_000)})
    inner = tnef.stream(tnef.message_class("IPM.Note"), bomb)
    found = read_tnef(tnef.stream(*[tnef.embedded(inner, "x")] * 5))
    assert found is not None
    assert len(found.files) == 5
    assert sum(len(file.content) for file in found.files) < 2 * MAX_RTF
    assert "the RTF text of winmail.dat cannot be read wholly" in found.defects


RUNS = {
    "short runs of octets": rb"{\'c4\'fa}" * 150_000,
    "changes of font": rb"\f1 \'c4\f0 \'fa" * 120_000,
    "units of Unicode": rb"\u24744?" * 200_000,
    "groups within groups": b"{" * 2_000_000,
    "html tags": rb"{\*\htmltag64 <p>}" * 100_000,
}


@pytest.mark.parametrize("rtf", RUNS.values(), ids=RUNS.keys())
def test_the_work_for_hostile_rtf_is_bounded(rtf: bytes) -> None:
    """Counted in calls of ours; each takes less than a microsecond."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        read_rtf(rb"{\rtf1\ansi\ansicpg936\fromhtml1 " + rtf)
    finally:
        sys.setprofile(None)
    assert calls < 2_500_000


@given(st.binary(max_size=300))
def test_any_octets_behind_the_signature_are_read(octets: bytes) -> None:
    found = read_tnef(b"\x78\x9f\x3e\x22\x01\x00" + octets)
    assert found is not None


@given(st.integers(0, len(LETTER)), st.integers(0, len(LETTER)), st.binary(max_size=8))
def test_a_damaged_winmail_is_read_as_far_as_it_goes(start: int, end: int, more: bytes) -> None:
    assert isinstance(json_of(sent(LETTER[:start] + more + LETTER[end:]))["text"], str)


RTF = [
    b"{",
    b"}",
    b"\\",
    b"\\'",
    b"\\u",
    b"\\par",
    b"\\htmltag",
    b"\\*",
    b"-1",
    b" ",
    b"a0",
    b"\xff",
]


@given(st.lists(st.sampled_from(RTF), max_size=60).map(b"".join))
def test_any_rtf_gives_text(octets: bytes) -> None:
    assert isinstance(read_rtf(b"{\\rtf1\\fromhtml1 " + octets).text, str)
