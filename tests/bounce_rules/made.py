"""Envelopes, messages and reports made by hand, for what the rules make of them."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

from mail.address import parse_address
from mail.envelope import Client, Door, Envelope, PulledFrom
from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)

SPF = SpfResult(SpfWord.NONE, "example.com", "mailfrom", "no record")
DMARC = DmarcResult(DmarcWord.NONE, "example.com", "", DmarcPolicy.NONE, (), "no record")
IPREV = IprevResult(IprevWord.PERMERROR, "", "no name")


def envelope(
    mail_from: str = "li@example.com",
    rcpt_to: tuple[str, ...] = ("wu@reply.example",),
    door: Door = Door.SMTP,
) -> Envelope:
    return Envelope(
        id="0" * 26,
        door=door,
        client=Client(
            ip_address("192.0.2.1") if door is Door.SMTP else None, helo="mx.example.com"
        ),
        mail_from=parse_address(mail_from) if mail_from else None,
        rcpt_to=tuple(parse_address(one) for one in rcpt_to),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        pulled_from=PulledFrom("a", "INBOX", 1, 1) if door is Door.IMAP else None,
    )


def message(header: bytes = b"From: li@example.com\r\n") -> Message:
    return parse_message(RawMessage.in_memory(header + b"\r\nbody\r\n"))


def dkim(word: DkimWord, domain: str = "example.com") -> DkimResult:
    return DkimResult(word, domain, "s1", "rsa-sha256", "as the test says")


def report(
    spf: SpfWord = SpfWord.NONE,
    dkims: tuple[DkimResult, ...] = (),
    dmarc: DmarcResult = DMARC,
    arc: ArcResult | None = None,
    iprev: IprevResult = IPREV,
) -> AuthReport:
    none = ArcResult(ArcWord.NONE, "no chain")
    return AuthReport(replace(SPF, result=spf), dkims, arc or none, dmarc, iprev)


def failed(policy: DmarcPolicy, domain: str = "bank.example") -> DmarcResult:
    return DmarcResult(
        DmarcWord.FAIL, domain, domain, policy, (), "neither passed", f"v=DMARC1; p={policy}"
    )


def passed_iprev(name: str) -> IprevResult:
    return IprevResult(IprevWord.PASS, name)
