from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.address import parse_address
from mail.envelope import Client, Door, Envelope
from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.report import IprevWord, SeenThrough, SpfWord
from tests.fakes import ready_zone
from verify.authenticate import VerifySettings, authenticate
from verify.relay import see_through
from verify.results import authentication_results

RELAYS = (ip_network("198.51.100.0/28"), ip_network("2001:db8:1::/64"))
RELAY = "198.51.100.7"
CLIENT = ip_address("192.0.2.9")
GOOD = b"from mx.sender.example (mx.sender.example [192.0.2.9])\r\n\tby backup.example (Postfix); x"


def envelope(ip: str = RELAY) -> Envelope:
    return Envelope(
        "0" * 26,
        Door.SMTP,
        Client(ip_address(ip), 25, "backup.example"),
        parse_address("li@sender.example"),
        (parse_address("wu@reply.example"),),
        datetime(2026, 1, 1, tzinfo=UTC),
    )


def message(*received: bytes) -> Message:
    fields = b"".join(b"Received: " + one + b"\r\n" for one in received)
    return parse_message(
        RawMessage.in_memory(fields + b"From: <li@sender.example>\r\n\r\nHello\r\n")
    )


@pytest.mark.parametrize(
    ("value", "ip", "helo"),
    [
        (GOOD, "192.0.2.9", "mx.sender.example"),
        (b"from a (unknown [192.0.2.9]) by b.example; x", "192.0.2.9", "a"),
        (b"from [192.0.2.9] ([192.0.2.9]) by b.example; x", "192.0.2.9", "[192.0.2.9]"),
        (b"from a (b.example [192.0.2.9] (may be forged)) by c.example; x", "192.0.2.9", "a"),
        (b"from a (b [IPv6:2001:db8::9]) by c.example with SMTP; x", "2001:db8::9", "a"),
        (b"from a (b [::ffff:192.0.2.9]) by c.example with SMTP; x", "192.0.2.9", "a"),
        (
            b"from a (b [192.0.2.9])\r\n\t(using TLSv1.3 with cipher X (256/256 bits))"
            b"\r\n\tby c.example; x",
            "192.0.2.9",
            "a",
        ),
        (
            b"from a (b [192.0.2.9])\r\n\t(No client certificate requested)\r\n\tby c.example; x",
            "192.0.2.9",
            "a",
        ),
    ],
)
def test_the_client_is_the_one_that_the_relay_names(
    value: bytes, ip: str | None, helo: str
) -> None:
    seen = see_through(envelope(), message(value), RELAYS)
    assert seen == SeenThrough(RELAY, ip_address(ip) if ip else None, helo)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"by backup.example; x",
        b"from good (good.example [203.0.113.1]) (evil [192.0.2.9]) by b.example; x",
        b"from x (good [203.0.113.1]) by y (evil [192.0.2.9]) by b.example; x",
        b"from x (good [203.0.113.1]) by y (192.0.2.9) by b.example; x",
        b"from x (good [203.0.113.1]) (y (evil [192.0.2.9]) by b.example; x",
        b"from (good.example [203.0.113.1]) by b.example; x",
        b"from a (b [203.0.113.1]) with SMTP; x",
        b"from a (b [203.0.113.999]) by b.example; x",
        b"from a (b [not.an.address]) by b.example; x",
        b"from a (HELO b) (203.0.113.1) by b.example; x",
        b"from a b (c [203.0.113.1]) by b.example; x",
        b"from a (b 203.0.113.1) by b.example; x",
        "from ä (b [203.0.113.1]) by b.example; x".encode(),
    ],
)
def test_what_is_not_certain_is_not_believed(value: bytes) -> None:
    found = see_through(envelope(), message(value, GOOD), RELAYS)
    assert found == SeenThrough(RELAY, None, "")


def test_only_our_relays_are_seen_through() -> None:
    assert see_through(envelope("203.0.113.1"), message(GOOD), RELAYS) is None
    assert see_through(envelope(), message(GOOD), ()) is None
    other_door = replace(envelope(), door=Door.IMPORT)
    assert see_through(other_door, message(GOOD), RELAYS) is None


def test_several_relays_of_ours_are_seen_through() -> None:
    inner = b"from backup (backup [198.51.100.8]) by inner.example; x"
    assert see_through(envelope(), message(inner, GOOD), RELAYS) == SeenThrough(
        RELAY, CLIENT, "mx.sender.example"
    )
    assert see_through(envelope(), message(inner), RELAYS) == SeenThrough(RELAY, None, "")
    endless = see_through(envelope(), message(*[inner] * 9, GOOD), RELAYS)
    assert endless == SeenThrough(RELAY, None, "")


@given(st.binary(max_size=300))
def test_nothing_in_the_field_makes_it_fail(value: bytes) -> None:
    seen = see_through(envelope(), message(value), RELAYS)
    assert seen is not None
    assert seen.relay == RELAY


_ZONE = ready_zone(
    {
        "sender.example": [{"TXT": "v=spf1 ip4:192.0.2.9 -all"}],
        "_dmarc.sender.example": [{"TXT": "v=DMARC1; p=reject"}],
        "mx.sender.example": [{"A": "192.0.2.9"}],
        "9.2.0.192.in-addr.arpa": [{"PTR": "mx.sender.example"}],
    }
)


async def test_spf_and_iprev_are_about_the_client_behind_the_relay() -> None:
    settings = VerifySettings("mx.example", trusted_relays=RELAYS)
    report = await authenticate(
        envelope(), message(GOOD), _ZONE, settings, lambda: datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert report.spf.result is SpfWord.PASS
    assert (report.iprev.result, report.iprev.name) == (IprevWord.PASS, "mx.sender.example")
    assert report.dmarc.aligned == ("spf",)
    assert "policy.iprev=192.0.2.9" in authentication_results(report, envelope(), "mx.example")


async def test_a_relay_that_cannot_be_read_gives_no_pass() -> None:
    settings = VerifySettings("mx.example", trusted_relays=RELAYS)
    report = await authenticate(
        envelope(),
        message(b"from somewhere", GOOD),
        _ZONE,
        settings,
        lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert report.spf.result is SpfWord.NONE
    assert report.iprev.result is IprevWord.PERMERROR
    assert report.seen_through == SeenThrough(RELAY, None, "")
