"""What we read out of other people's ARC-Authentication-Results, and what we refuse to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.arc.claims import CLAIMS_LIMIT, read_claims

GMAIL = (
    b"i=1; mx.google.com; dkim=pass header.i=@example.com header.s=s1 header.b=abc+12/3;"
    b" spf=pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender)"
    b" smtp.mailfrom=a@example.com; dmarc=pass (p=REJECT sp=REJECT dis=NONE)"
    b" header.from=example.com"
)
MICROSOFT = (
    b"i=1; mx.microsoft.com 1; spf=pass smtp.mailfrom=example.com; dmarc=pass action=none"
    b" header.from=example.com; dkim=pass header.d=example.com; arc=none"
)


def test_what_gmail_writes() -> None:
    assert read_claims(GMAIL) == (
        ("dkim", "pass", "example.com"),
        ("spf", "pass", "example.com"),
        ("dmarc", "pass", "example.com"),
    )


def test_what_microsoft_writes() -> None:
    assert read_claims(MICROSOFT) == (
        ("spf", "pass", "example.com"),
        ("dmarc", "pass", "example.com"),
        ("dkim", "pass", "example.com"),
        ("arc", "none", ""),
    )


@pytest.mark.parametrize(
    ("result", "claims"),
    [
        (b"dkim=pass header.d=EXAMPLE.com", (("dkim", "pass", "example.com"),)),
        (b"DKIM = Pass header.d = example.com", (("dkim", "pass", "example.com"),)),
        (b"dkim/1=pass header.d=example.com", (("dkim", "pass", "example.com"),)),
        (b"dkim=pass header.d=\xe4\xbe\x8b.example", (("dkim", "pass", "xn--fsq.example"),)),
        (b'dkim=pass reason="a; b=c (d" header.d=example.com', (("dkim", "pass", "example.com"),)),
        (
            b"dkim=pass (a (nested; x=y) one\\)) header.d=a.example",
            (("dkim", "pass", "a.example"),),
        ),
        (b"dkim=pass", (("dkim", "pass", ""),)),
        (b"spf=pass smtp.helo=mx.example.com", (("spf", "pass", "mx.example.com"),)),
        (b"spf=pass smtp.mailfrom=<>", (("spf", "pass", ""),)),
        (b"spf=pass smtp.mailfrom=a@b.example@c.example", (("spf", "pass", ""),)),
        (b"dkim=pass header.d=[192.0.2.1]", (("dkim", "pass", ""),)),
    ],
)
def test_well_formed_results(result: bytes, claims: tuple[tuple[str, str, str], ...]) -> None:
    assert read_claims(b"i=1; relay.example; " + result) == claims


@pytest.mark.parametrize(
    "result",
    [
        b"none",
        b"",
        b"dkim",
        b"dkim=",
        b"=pass",
        b"dkim pass",
        b"dkim=pass header.d",
        b"dkim=pass header.d=",
        b"dkim=pass header.d=a.example header.d=b.example",
        b"dkim=pass header.d=a.example stray",
        b"dkim=pass=pass header.d=a.example",
        b'"dkim"=pass header.d=a.example',
        b'dkim="pass" header.d=a.example',
        b"dkim=pass header.d=a.example=b.example",
        b"dkim=pass (open header.d=a.example",
        b"dkim=pass close) header.d=a.example",
        b'dkim=pass reason="open header.d=a.example',
    ],
)
def test_what_is_not_understood_to_its_end_is_no_claim(result: bytes) -> None:
    assert read_claims(b"i=1; relay.example; " + result) == ()


def test_a_quoted_mailbox_names_no_domain() -> None:
    value = b'i=1; relay.example; spf=pass smtp.mailfrom="a@bank.example; dkim=pass"'
    assert read_claims(value) == (("spf", "pass", ""),)


def test_a_result_within_a_comment_is_no_claim() -> None:
    value = b"i=1; relay.example; spf=fail (; dkim=pass header.d=bank.example) smtp.helo=x.example"
    assert read_claims(value) == (("spf", "fail", "x.example"),)


def test_only_so_many_results_are_read() -> None:
    assert len(read_claims(b"i=1; r.example" + b"; dkim=pass" * 5000)) == CLAIMS_LIMIT


@given(st.text(alphabet='ab=;()"\\ @.1', max_size=200))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    for method, result, domain in read_claims(text.encode()):
        assert method and result
        assert domain == domain.lower()
