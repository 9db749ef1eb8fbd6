"""One message in, everything known of it out, whatever its bytes are."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.digest import digest_message
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, digest_of, json_of, message, multipart, part
from tests.digest.test_mime import nested, work_of

KEYS = [
    *("category", "confidence", "why", "subject", "from", "to", "date", "message_id", "text"),
    *("reply_text", "html", "attachments", "charset_notes", "defects", "calendar", "blank"),
    *("repair", "away", "bounce", "forward", "confirmation", "campaign"),
]


def check_form(said: dict[str, Any]) -> None:
    """Every key of the contract, in its type, fit for JSON, a database and a terminal."""
    assert list(said) == KEYS
    assert "unreadable" not in said["why"]
    octets = json.dumps(said, ensure_ascii=False).encode("utf-8")
    assert b"\\u0000" not in octets
    for key in ("text", "reply_text"):
        assert isinstance(said[key], str)
    for key in ("why", "to", "attachments", "charset_notes", "defects"):
        assert isinstance(said[key], list)
    assert said["why"]
    assert 0 < said["confidence"] <= 1
    assert "\n" not in (said["subject"] or "")
    assert (said["blank"] is None) == bool(said["text"].strip())


def test_an_ordinary_reply_is_read_whole() -> None:
    headers: dict[str, str | bytes] = {
        "From": "=?gb2312?B?wO7OsA==?= <li@example.com>",
        "To": '"Acme, Sales" <sales@reply.example>, b@x.example',
        "Subject": "Re: =?utf-8?B?5oql5Lu3?=",
        "Date": "Tue, 3 Nov 2026 14:05:06 +0800",
        "Message-ID": "<m1@example.com>",
        "Content-Type": "text/plain; charset=gb2312",
        "Content-Transfer-Encoding": "base64",
    }
    text = "您好，请报价。\r\n\r\n-----原始邮件-----\r\n发件人: Acme\r\n"
    said = json_of(message(base64_lines(text.encode("gb18030")), headers), "li@example.com")
    check_form(said)
    assert said == {
        "category": "inquiry",
        "confidence": said["confidence"],
        "why": said["why"],
        "subject": "Re: 报价",
        "from": {"name": "李伟", "address": "li@example.com"},
        "to": [
            {"name": "Acme, Sales", "address": "sales@reply.example"},
            {"name": None, "address": "b@x.example"},
        ],
        "date": "2026-11-03T14:05:06+08:00",
        "message_id": "<m1@example.com>",
        "text": "您好，请报价。\n\n-----原始邮件-----\n发件人: Acme",
        "reply_text": "您好，请报价。",
        "html": None,
        "attachments": [],
        "charset_notes": [],
        "defects": [],
        "calendar": None,
        "blank": None,
        "repair": None,
        "away": None,
        "bounce": None,
        "forward": None,
        "confirmation": None,
        "campaign": None,
    }


def test_nothing_has_a_digest_of_nothing() -> None:
    said = json_of(b"")
    check_form(said)
    assert said["subject"] is None
    assert said["from"] is None
    assert said["blank"] == "the message has no body"


def test_raw_eight_bit_headers_and_body_are_read() -> None:
    content = message("镕基先生，请报价".encode("gbk"), {"Subject": "关于报价".encode("gbk")})
    said = json_of(content)
    assert (said["subject"], said["text"]) == ("关于报价", "镕基先生，请报价")
    assert said["charset_notes"] == [
        "subject: declared nothing, decoded as gb18030 (guessed)",
        "declared nothing, decoded as gb18030 (guessed)",
    ]


def test_controls_do_not_reach_the_reader() -> None:
    said = json_of(message(b"a\x1b[31mb\x00c\r\nd", {"Subject": b"x\x00y\x1b[2J"}))
    check_form(said)
    assert said["text"] == "a[31mbc\nd"
    assert said["subject"] == "x y [2J"


def test_line_ends_smuggled_into_a_subject_are_no_line_ends() -> None:
    said = json_of(message(b"x", {"Subject": "=?utf-8?q?a=0D=0ABcc:_x@y?="}))
    assert said["subject"] == "a Bcc: x@y"


def test_lone_surrogates_become_replacement_characters() -> None:
    said = json_of(message(b"+2D0-", content_type="text/plain; charset=utf-7"))
    check_form(said)
    assert said["text"] == "\ufffd"


def test_an_unreadable_date_is_a_defect() -> None:
    said = json_of(message(b"x", {"Date": "yesterday"}))
    assert said["date"] is None
    assert "the date cannot be read" in said["defects"]


PATHOLOGICAL = {
    "nested 10,000 deep": nested(10_000),
    "100,000 parts": multipart("multipart/mixed", [part(b"x")] * 100_000),
    "100,000 attachments": multipart("multipart/mixed", [part(b"x", content_type="a/b")] * 100_000),
    "100,000 headers": b"X-A: b\r\n" * 100_000 + b"\r\nhi",
    "10 MB header": b"Subject: " + b"x" * 10_000_000 + b"\r\n\r\nhi",
    "1 MB encoded subject": b"Subject: " + b"=?utf-8?q?=E4=BD=A0?= " * 45_000 + b"\r\n\r\nhi",
    "broken encoded words": b"Subject: " + b"=?a?q?" * 170_000 + b"\r\n\r\nhi",
    "20,000 parameters": b"Content-Type: a/b" + b"; a*1*=b" * 20_000 + b"\r\n\r\nhi",
    "100,000 people": b"To: " + b"a@b.c," * 100_000 + b"\r\n\r\nhi",
    "commas": b"From: " + b"," * 500_000 + b"\r\n\r\nhi",
    "comments": b"From: " + b"(" * 500_000 + b"\r\n\r\nhi",
    "quotes": b"From: " + b'"\\' * 500_000 + b"\r\n\r\nhi",
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 500_000,
    "less-than": b"Content-Type: text/html\r\n\r\n" + b"<" * 2_000_000,
    "comments in HTML": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 500_000,
    "empty lines": b"\r\n" + b"\n" * 5_000_000,
    "senders' lines": b"\r\n" + b"From: a\n" * 500_000,
    "attributions": b"\r\n" + b"On 2026-01-01 14:05 x wrot:\n" * 200_000,
    "spaces": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b" " * 5_000_000,
    "padding": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==\n" * 1_000_000,
    "empty groups": multipart(
        "multipart/report",
        [part(b"Action: failed\n\n" * 300_000, content_type="message/delivery-status")],
    ),
}


@pytest.mark.parametrize("content", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
def test_work_is_bounded(content: bytes) -> None:
    """Counted in calls: at a microsecond each, two million of them are two seconds."""
    raw = RawMessage.in_memory(content)
    check_form(digest_message(raw, None, None).as_json())
    assert work_of(lambda: digest_message(raw, None, None)) < 2_000_000


def test_decoded_sizes_are_bounded() -> None:
    filling = b"M\x00\n" * 300_000
    bomb = part(filling, content_type="a/b", content_transfer_encoding="x-uuencode")
    [only] = digest_of(multipart("multipart/mixed", [bomb])).attachments
    assert only.size <= len(filling)


WHOLE = [
    multipart(
        "multipart/mixed",
        [
            part("您好".encode(), content_type="text/plain; charset=gb2312"),
            part(b"<p>x<img src=cid:a></p>", content_type="text/html"),
            part(
                b"QQ==",
                content_type="image/png",
                content_id="<a>",
                content_transfer_encoding="base64",
            ),
            part(b"Subject: in\r\n\r\nx", content_type="message/rfc822"),
            part(b"BEGIN:VEVENT\r\nDTSTART:20260101", content_type="text/calendar; method=X"),
            part(b"Action: failed\r\nStatus: 5.1.1\r\n", content_type="message/delivery-status"),
        ],
    ),
    message(
        b'\x1b$B$"\x1b(B',
        {
            "Subject": "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?gb2312?Q?=C4=E3?=",
            "To": "a <b@c>, d:e@f;",
            "Date": "Tue, 3 Nov 2026 14:05:06 +0800",
            "Auto-Submitted": "auto-replied",
        },
        content_type="text/plain; charset=iso-2022-jp; format=flowed",
    ),
]
TOKENS = [
    *(
        b"\r\n",
        b"\n",
        b"--b",
        b"--b--",
        b"=?utf-8?b?",
        b"?=",
        b"\x00",
        b"\xff\xfe",
        b"\x1b$B",
        b";",
    ),
    *(
        b'"',
        b"charset=utf-16",
        b"charset=utf-7",
        b"charset=idna",
        b"charset=hz",
        b"<",
        b">",
        b"(",
        b",",
    ),
    *(
        b"multipart/alternative",
        b"message/rfc822",
        b"text/html",
        b"&#xd800;",
        b"+2D0-",
        b"\xed\xa0\x80",
    ),
    *(
        b"x-uuencode",
        b"quoted-printable",
        b"cid:a",
        b"> ",
        b"-- \n",
        b"From: ",
        b"=",
        b"*0*=",
        b"%E4",
    ),
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 20), st.sampled_from(TOKENS) | st.binary(max_size=4)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(seed=st.sampled_from(WHOLE), edits=EDITS, mail_from=st.sampled_from([None, "", "a@b"]))
def test_any_damage_leaves_a_digest(
    seed: bytes, edits: list[tuple[float, int, bytes]], mail_from: str | None
) -> None:
    content = seed
    for place, removed, inserted in edits:
        at = int(place * len(content))
        content = content[:at] + inserted + content[at + removed :]
    check_form(json_of(content, mail_from))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_have_a_digest(content: bytes) -> None:
    check_form(json_of(content))
