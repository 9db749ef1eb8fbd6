"""Names of attachments, and what in them looks like an attempt to deceive."""

import pytest

from digest.filename import safe_name, unsafe_in
from tests.digest.messages import base64_lines, digest_of, multipart, part

NAMES = [
    ("invoice\u202efdp.exe", "invoicefdp.exe", "marks that reorder what is read"),
    ("a\x00b.pdf", "a b.pdf", "a NUL"),
    ("a\tb.pdf", "a b.pdf", "control characters"),
    ("../../etc/passwd", "passwd", "a path out of its folder"),
    ("..\\..\\boot.ini", "boot.ini", "a path out of its folder"),
    ("C:\\Users\\li\\a.pdf", "a.pdf", None),
    ("报价单（2026）.xlsx", "报价单（2026）.xlsx", None),
    ("a..b.pdf", "a..b.pdf", None),
]


@pytest.mark.parametrize(("name", "safe", "why"), NAMES)
def test_a_name_is_made_safe_and_its_tricks_are_told(name: str, safe: str, why: str | None) -> None:
    assert safe_name(name) == safe
    assert unsafe_in(name) == why


def test_a_deceiving_name_is_a_defect_of_the_message() -> None:
    raw = multipart(
        "mixed",
        [
            part(b"hello", Content_Type="text/plain"),
            part(
                base64_lines(b"x"),
                Content_Type="application/pdf",
                Content_Transfer_Encoding="base64",
                Content_Disposition="attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe",
            ),
        ],
    )
    digest = digest_of(raw)
    assert [one.name for one in digest.attachments] == ["invoicefdp.exe"]
    assert "the name of attachment 1 has marks that reorder what is read" in digest.defects


def test_a_garbled_name_is_repaired() -> None:
    raw = multipart(
        "mixed",
        [
            part(b"hello", Content_Type="text/plain"),
            part(
                b"x",
                Content_Type="application/pdf",
                Content_Disposition="attachment; filename*=utf-8''Gr%C3%83%C2%BC%C3%83%C5%B8e.pdf",
            ),
        ],
    )
    digest = digest_of(raw)
    assert [one.name for one in digest.attachments] == ["Grüße.pdf"]
    assert digest.repair == "UTF-8 read as windows-1252"
