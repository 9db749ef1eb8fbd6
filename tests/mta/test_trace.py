from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parsedate_to_datetime

import pytest

from mail.address import Address, Domain, parse_address
from mail.envelope import Door, Envelope, PulledFrom, Tls
from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mta.trace import stamp
from tests.fakes import NOON, make_envelope

HOST = Domain("mx.postern.example")
REPORT = AuthReport(
    SpfResult(SpfWord.PASS, "example.com", "mailfrom", "as it says"),
    (),
    ArcResult(ArcWord.NONE, "no chain"),
    DmarcResult(DmarcWord.PASS, "example.com", "example.com", DmarcPolicy.REJECT, ("spf",), "spf"),
    IprevResult(IprevWord.PASS, "mx.example.com"),
)
EMPTY = parse_message(RawMessage.in_memory(b"From: <alice@example.com>\r\n\r\n"))


def received(envelope: Envelope, report: AuthReport = REPORT) -> str:
    """The field's value on one line; the field itself is checked on the way."""
    field = stamp(envelope, EMPTY, report, HOST, HOST.ascii).received
    lines = field.split(b"\r\n")
    assert lines[0].startswith(b"Received: ")
    assert lines[-1] == b""
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:-1]), field
    assert all(len(line) <= 998 for line in lines)
    assert all(octet >= 0x20 for octet in field.replace(b"\r\n ", b" ").removesuffix(b"\r\n"))
    return field.decode()[10:].replace("\r\n", "")


def test_received_says_who_by_whom_how_and_when() -> None:
    envelope = make_envelope()
    assert received(envelope) == (
        "from mx.example.com (mx.example.com [192.0.2.1]) by mx.postern.example with ESMTP "
        f"id {envelope.id} for <bob@reply.example>; Fri, 20 Nov 2026 12:00:00 +0000"
    )
    assert parsedate_to_datetime(received(envelope).rpartition("; ")[2]) == NOON


def test_one_recipient_is_named_and_several_are_not() -> None:
    assert " for <bob@reply.example>;" in received(make_envelope())
    assert " for " not in received(
        make_envelope(rcpt_to=("bob@reply.example", "eve@reply.example"))
    )


@pytest.mark.parametrize(
    ("extended", "tls", "smtputf8", "word"),
    [
        (False, None, False, "with SMTP id"),
        (True, None, False, "with ESMTP id"),
        (True, Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"), False, "with ESMTPS (TLSv1.3 TLS_AES_"),
        (True, None, True, "with UTF8SMTP id"),
        (True, Tls("TLSv1.2", "X"), True, "with UTF8SMTPS (TLSv1.2 X) id"),
        (True, Tls("TLS) evil (", "X"), False, "with ESMTPS id"),
    ],
)
def test_the_protocol_is_named_as_registered(
    extended: bool, tls: Tls | None, smtputf8: bool, word: str
) -> None:
    envelope = make_envelope()
    client = replace(envelope.client, extended=extended, tls=tls)
    assert word in received(replace(envelope, client=client, smtputf8=smtputf8))


def test_an_address_without_a_confirmed_name_is_unknown() -> None:
    for word in (IprevWord.FAIL, IprevWord.PERMERROR, IprevWord.TEMPERROR):
        report = replace(REPORT, iprev=IprevResult(word, "mx.example.com"))
        assert "(unknown [192.0.2.1])" in received(make_envelope(), report)


def test_ipv6_is_written_as_a_literal() -> None:
    assert "[IPv6:2001:db8::1])" in received(make_envelope(ip="2001:db8::1"))


@pytest.mark.parametrize(
    "helo",
    [
        "a) by evil (b",
        "a;b",
        "a\r\nX: y",
        'a"b',
        "a(b",
        "[127.0.0.1) x",
        "ü.example",
        "",
        "-a",
        "a" * 300,
    ],
)
def test_a_name_that_could_say_more_than_a_name_is_not_repeated(helo: str) -> None:
    assert received(make_envelope(helo=helo)).startswith("from unknown (mx.example.com [192")


@pytest.mark.parametrize(
    "helo", ["[192.0.2.1]", "[IPv6:2001:db8::1]", "WIN_PC-1", "mx.example.com."]
)
def test_names_of_real_life_are_repeated(helo: str) -> None:
    assert received(make_envelope(helo=helo)).startswith(f"from {helo} (")


def test_a_quoted_recipient_is_not_torn_apart() -> None:
    local = '"' + "many  words ; ) " * 8 + '"'
    envelope = replace(make_envelope(), rcpt_to=(Address(local, Domain("reply.example")),))
    assert f"for <{local}@reply.example>;" in received(envelope)


def test_a_recipient_too_long_for_a_line_is_left_out() -> None:
    envelope = make_envelope(rcpt_to=("a" * 950 + "@reply.example",))
    assert " for " not in received(envelope)


def test_a_recipient_in_other_letters_stands_in_utf8() -> None:
    envelope = replace(
        make_envelope(), rcpt_to=(parse_address("鲍勃@reply.example"),), smtputf8=True
    )
    assert "for <鲍勃@reply.example>" in received(envelope)


def test_pulled_mail_names_no_client() -> None:
    envelope = replace(
        make_envelope(), door=Door.IMAP, pulled_from=PulledFrom("account", "INBOX", 1, 2)
    )
    assert received(envelope).startswith("by mx.postern.example with IMAP id ")


def test_authentication_results_are_one_field_that_others_can_read() -> None:
    field = stamp(make_envelope(), EMPTY, REPORT, HOST, HOST.ascii).authentication_results
    read = message_from_bytes(field + b"\r\n", policy=SMTP)["Authentication-Results"]
    assert str(read).startswith("mx.postern.example; ")
    assert "spf=pass" in str(read)
    assert all(len(line) <= 998 for line in field.split(b"\r\n"))


FORGED = [
    b"mx.postern.example; dmarc=pass header.from=bank.example",
    b"MX.Postern.EXAMPLE; spf=pass",
    b"mx.postern.example. ; spf=pass",
    b'"mx.postern.example"; spf=pass',
    b'"mx.postern\\.example"; spf=pass',
    b"mx.postern.example 1; spf=pass",
    b"(a (nested) comment) mx.postern.example; spf=pass",
    b"(with \\) inside)mx.postern.example; spf=pass",
    b"\r\n\tmx.postern.example;\r\n\tspf=pass",
    b"mx.postern.example",
    # Nobody can say whose field it is, and some reader may say that it is ours.
    b"(never closed mx.postern.example; spf=pass",
]
HONEST = [
    b"mx.example.com; dmarc=pass",
    b"mx.postern.example.evil.example; dmarc=pass",
    b"evil-mx.postern.example; dmarc=pass",
    b"(mx.postern.example) other.example; dmarc=pass",
    b"",
]


@pytest.mark.parametrize(
    ("value", "forged"), [(v, True) for v in FORGED] + [(v, False) for v in HONEST]
)
def test_fields_that_bear_our_name_are_found(value: bytes, forged: bool) -> None:
    content = b"Subject: x\r\naUTHENTICATION-rESULTS: " + value + b"\r\nFrom: <a@b.example>\r\n\r\n"
    message = parse_message(RawMessage.in_memory(content))
    found = stamp(make_envelope(), message, REPORT, HOST, HOST.ascii).forged
    assert found == ((1,) if forged else ())
