from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.address import Address, Domain, parse_address
from mail.envelope import Client, Door, Envelope
from mail.forward import ForwardSigns, Rewriting, forward_signs
from mail.message import parse_message
from mail.raw import RawMessage


def signs(mail_from: str, header: bytes = b"") -> ForwardSigns:
    envelope = _envelope(parse_address(mail_from) if mail_from else None)
    raw = RawMessage.in_memory(header + b"From: <li@bank.example>\r\n\r\nHello\r\n")
    return forward_signs(envelope, parse_message(raw))


def _envelope(mail_from: Address | None) -> Envelope:
    return Envelope(
        "0" * 26, Door.SMTP, Client(None), mail_from, (), datetime(2026, 1, 1, tzinfo=UTC)
    )


_SENDERS = {
    "SRS0=Hs8a=T3=bank.example=li@fwd.example": (
        Rewriting.SRS0,
        "fwd.example",
        "li@bank.example",
        "",
    ),
    "srs0+hs8a=t3=bank.example=li+tag=x@fwd.example": (
        Rewriting.SRS0,
        "fwd.example",
        "li+tag=x@bank.example",
        "",
    ),
    "SRS1=JJ=first.example==Hs8a=T3=bank.example=li@second.example": (
        Rewriting.SRS1,
        "second.example",
        "li@bank.example",
        "",
    ),
    "support+SRS=uYpDN=BQ=bank.example=li@contoso.example": (
        Rewriting.MICROSOFT,
        "support@contoso.example",
        "li@bank.example",
        "",
    ),
    "bounces+SRS=uYpDN=BQ@contoso.example": (
        Rewriting.NONE,
        "",
        "",
        "",
    ),
    "Wang+caf_=support=reply.example@gmail.com": (
        Rewriting.CAF,
        "wang@gmail.com",
        "",
        "support@reply.example",
    ),
    "wang+caf_=sup=port=reply.example@gmail.com": (
        Rewriting.CAF,
        "wang@gmail.com",
        "",
        "sup=port@reply.example",
    ),
    "prvs=1234abcdef=SRS0=Hs8a=T3=bank.example=li@fwd.example": (
        Rewriting.SRS0,
        "fwd.example",
        "li@bank.example",
        "",
    ),
    "li@bank.example": (Rewriting.NONE, "", "", ""),
    "": (Rewriting.NONE, "", "", ""),
}


@pytest.mark.parametrize(("mail_from", "wanted"), _SENDERS.items(), ids=list(_SENDERS))
def test_the_rewritten_sender_says_who_forwarded(
    mail_from: str, wanted: tuple[Rewriting, str, str, str]
) -> None:
    found = signs(mail_from)
    assert (
        found.rewriting,
        found.forwarder,
        found.original_sender,
        found.destination,
    ) == wanted
    assert found.seen == (wanted[0] is not Rewriting.NONE)


def test_batv_is_taken_off() -> None:
    found = signs("prvs=1234abcdef=wu@fwd.example", b"X-Forwarded-For: a@b.example c@d.example\r\n")
    assert found.batv
    assert found.forwarder == "wu@fwd.example"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (b"X-Forwarded-To: support@reply.example\r\n", "x-forwarded-to"),
        (b"x-forwarded-for: wang@gmail.com support@reply.example\r\n", "x-forwarded-for"),
        (b"Resent-From: <wang@fwd.example>\r\n", "resent-from"),
        (b"X-MS-Exchange-Inbox-Rules-Loop: wang@fwd.example\r\n", "x-ms-exchange-inbox-rules-loop"),
        (b"Delivered-To: a@b.example\r\nDelivered-To: c@d.example\r\n", "delivered-to"),
    ],
)
def test_header_fields_are_signs(header: bytes, field: str) -> None:
    found = signs("wang@fwd.example", header)
    assert found.fields == (field,)
    assert found.forwarder == "wang@fwd.example"
    assert found.seen


def test_addresses_of_the_fields_are_kept() -> None:
    found = signs(
        "wang@gmail.com",
        b"X-Forwarded-For: Wang@gmail.com support@reply.example\r\n"
        b"X-Forwarded-To: <support@reply.example>\r\n"
        b"Delivered-To: one@gmail.com\r\nDelivered-To: two@gmail.com\r\n",
    )
    assert found.forwarded_for == ("wang@gmail.com", "support@reply.example")
    assert found.forwarded_to == ("support@reply.example",)
    assert found.delivered_to == ("one@gmail.com", "two@gmail.com")


def test_one_delivered_to_or_a_seal_alone_is_no_forward() -> None:
    found = signs("li@bank.example", b"Delivered-To: a@b.example\r\nARC-Seal: i=1; a=x\r\n")
    assert found.arc
    assert not found.seen


@given(st.text(max_size=200), st.binary(max_size=400))
def test_nothing_makes_it_fail(local: str, value: bytes) -> None:
    envelope = _envelope(Address(local, Domain("x.example")))
    for name in (b"X-Forwarded-For", b"Delivered-To", b"Resent-From"):
        raw = RawMessage.in_memory(name + b": " + value + b"\r\n\r\n")
        forward_signs(envelope, parse_message(raw))
