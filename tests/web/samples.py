"""A store with mail in it, for looking at pages: what a small exporter gets in a day.

Everything goes in through the store's own writer, and the digests are made by the real reader;
only what no sample can teach it (an absence's dates, a forwarding code) is written by hand.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from digest.digest import digest_message
from mail.address import parse_address
from mail.envelope import Client, Door, Envelope, Tls
from mail.identifier import new_id
from mail.message import parse_message
from mail.raw import RawMessage
from mail.received import ReceivedMessage, RefusedEnvelope, Trace
from mail.reply import Reply
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    DnsEvidence,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.verdict import Action, Verdict
from store.database import Database
from store.domains import add_domain
from store.messages import save_digests, set_flags
from store.writer import Writer
from tests.fakes import NOON

DOMAIN = "reply.acme.example"

TO_REPLY = {"category": "to_reply", "confidence": 0.5, "why": ["nothing-else"]}
"""What lists are tested with must not hang on what the category model says."""

_LETTERS = Path(__file__).with_name("letters")


@dataclass(frozen=True, slots=True)
class Sample:
    """One message to be stored: the letter of that name, which came `ago` before noon; `learned`
    is laid over its digest."""

    name: str
    mail_from: str | None
    ago: timedelta
    action: Action = Action.ACCEPT
    report: AuthReport | None = None
    seen: bool = False
    learned: dict[str, Any] | None = None


def report(
    domain: str,
    *,
    spf: SpfWord = SpfWord.PASS,
    dkim: DkimWord = DkimWord.PASS,
    dmarc: DmarcWord = DmarcWord.PASS,
    policy: DmarcPolicy = DmarcPolicy.REJECT,
    ip: str = "192.0.2.1",
) -> AuthReport:
    """A report about mail of `domain`."""
    aligned = tuple(
        name for name, word in (("spf", spf.value), ("dkim", dkim.value)) if word == "pass"
    )
    signature = DkimResult(dkim, domain, "s2026", "rsa-sha256", f"signature is {dkim.value}")
    if dkim is DkimWord.NONE:
        signature = DkimResult(dkim, "", "", "", "the message is not signed")
    record = f"v=DMARC1; p={policy.value}; rua=mailto:dmarc@{domain}"
    return AuthReport(
        spf=SpfResult(spf, domain, "mailfrom", f"{ip} against the record of {domain}"),
        dkim=(signature,),
        arc=ArcResult(ArcWord.NONE, "no chain"),
        dmarc=DmarcResult(
            dmarc,
            domain,
            domain if dmarc is not DmarcWord.NONE else "",
            policy if dmarc is not DmarcWord.NONE else DmarcPolicy.NONE,
            aligned if dmarc is DmarcWord.PASS else (),
            f"aligned: {', '.join(aligned) or 'nothing'}",
            record if dmarc is not DmarcWord.NONE else "",
        ),
        iprev=IprevResult(IprevWord.PASS, f"mail.{domain}", "forward-confirmed"),
        evidence=(DnsEvidence(f"_dmarc.{domain}", "TXT", "ok", (record,), 300, "zone", NOON),),
    )


FORGED = report(
    "bank.example", spf=SpfWord.FAIL, dkim=DkimWord.NONE, dmarc=DmarcWord.FAIL, ip="203.0.113.9"
)

VERDICTS = {
    Action.ACCEPT: Verdict(
        Action.ACCEPT,
        "accept",
        Reply(250, "2.0.0", "accepted"),
        reasons=("Nothing speaks against it.",),
    ),
    Action.QUARANTINE: Verdict(
        Action.QUARANTINE,
        "dmarc-quarantine",
        Reply(250, "2.0.0", "accepted"),
        reasons=("The author's domain asks to treat unauthenticated mail as suspicious.",),
    ),
    Action.REJECT: Verdict(
        Action.REJECT,
        "dmarc-reject",
        Reply(
            550,
            "5.7.26",
            "Unauthenticated email from bank.example is not accepted due to domain's DMARC "
            "policy. Please contact the administrator of bank.example domain.",
        ),
        reasons=("The author's domain asks to refuse unauthenticated mail.",),
    ),
    Action.DEFER: Verdict(
        Action.DEFER,
        "dns-trouble",
        Reply(451, "4.7.24", "The DNS of slow.example does not answer; try again later"),
        reasons=("A missing DNS answer could change what is done.",),
    ),
}


def samples() -> list[Sample]:
    """What lies in the store, newest first; the letters are files beside this module."""
    minutes, hours, days = _ago("minutes"), _ago("hours"), _ago("days")
    return [
        Sample("reply", "m.keller@pumpen-nord.example", minutes(12), learned=TO_REPLY),
        Sample(
            "chinese",
            "wangfang@huadong-yeya.example",
            minutes(47),
            learned={
                "category": "inquiry",
                "confidence": 0.94,
                "why": ["price-question", "quantity"],
            },
        ),
        Sample(
            "html",
            "hello@studio-lumen.example",
            hours(2),
            learned=TO_REPLY,
            report=report("studio-lumen.example", dmarc=DmarcWord.NONE),
        ),
        Sample(
            "held",
            "billing@bank.example",
            hours(3),
            action=Action.QUARANTINE,
            report=replace(FORGED, dmarc=replace(FORGED.dmarc, policy=DmarcPolicy.QUARANTINE)),
        ),
        Sample(
            "away",
            "jl.moreau@eaux-sud.example",
            hours(4),
            seen=True,
            learned={
                "away": {
                    "back_on": "2026-12-01",
                    "substitute": "claire.petit@eaux-sud.example",
                    "left": False,
                }
            },
        ),
        Sample(
            "bounce",
            None,
            hours(5),
            report=report("mx.tubes.example", dkim=DkimWord.NONE, dmarc=DmarcWord.NONE),
        ),
        Sample(
            "rejection",
            "tom@barker-plumbing.example",
            hours(7),
            seen=True,
            learned={"category": "rejection", "confidence": 0.88, "why": ["remove-me"]},
        ),
        Sample("blank", "scan@office.example", hours(26), learned=TO_REPLY),
        Sample(
            "second-chinese",
            "chenming@nanfang-bengye.example",
            hours(29),
            seen=True,
            learned=TO_REPLY,
        ),
        Sample(
            "confirmation",
            "forwarding-noreply@google.com",
            days(2),
            learned={
                "category": "notice",
                "confidence": 0.99,
                "confirmation": {
                    "provider": "gmail",
                    "code": "304298959",
                    "link": "https://mail-settings.google.com/mail/vf-abc",
                    "requested_by": "li@gmail.example",
                },
            },
        ),
        Sample(
            "long",
            "procurement.office.water@municipal-waterworks.example",
            days(3),
            seen=True,
            learned={"category": "inquiry", "confidence": 0.97, "why": ["quotation"]},
        ),
        Sample(
            "complaint",
            "fbl@provider.example",
            days(4),
            seen=True,
            learned={"category": "complaint", "confidence": 0.99, "why": ["feedback-report"]},
        ),
    ]


def _ago(unit: str) -> Callable[[int], timedelta]:
    return lambda n: timedelta(**{unit: n})


def envelope_of(mail_from: str | None, at: datetime, ip: str, mailbox: str = "") -> Envelope:
    helo = f"mail.{mail_from.rpartition('@')[2]}" if mail_from else "mx.tubes.example"
    return Envelope(
        id=new_id(at),
        door=Door.SMTP,
        client=Client(ip_address(ip), 40213, helo, True, Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
        mail_from=parse_address(mail_from) if mail_from else None,
        rcpt_to=(parse_address(f"sales@{DOMAIN}"),),
        received_at=at,
        mailboxes=(mailbox,) if mailbox else (),
        body="8BITMIME",
    )


async def fill(database: Database, now: datetime = NOON) -> dict[str, str]:
    """Put everything into the store; returns the ids by the samples' names."""
    domain = add_domain(database, DOMAIN, "all", "console", now)
    writer = Writer(database, lambda: now)
    writer.start()
    ids = {}
    try:
        for sample in reversed(samples()):
            content = (_LETTERS / f"{sample.name}.eml").read_bytes()
            ids[sample.name] = await _store(database, writer, sample, content, domain.mailbox, now)
        await _refuse(writer, now)
    finally:
        await asyncio.to_thread(writer.close)
    return ids


async def store_one(
    database: Database,
    content: bytes,
    *,
    mail_from: str | None = "li@example.org",
    action: Action = Action.ACCEPT,
    learned: dict[str, Any] | None = None,
    digested: bool = True,
    at: datetime = NOON,
) -> str:
    """One message of these bytes in the store; its id."""
    domain = add_domain(database, DOMAIN, "all", "console", at)
    writer = Writer(database, lambda: at)
    writer.start()
    sample = Sample("one", mail_from, timedelta(0), action, learned=learned)
    try:
        return await _store(database, writer, sample, content, domain.mailbox, at, digested)
    finally:
        await asyncio.to_thread(writer.close)


async def store_many(database: Database, number: int, at: datetime = NOON) -> None:
    """So many small messages, saved together and not digested."""
    domain = add_domain(database, DOMAIN, "all", "console", at)
    writer = Writer(database, lambda: at)
    writer.start()
    one = Sample("many", "li@example.org", timedelta(0))
    contents = [f"Subject: number {n}\r\n\r\n".encode() for n in range(number)]
    await asyncio.gather(
        *(_store(database, writer, one, content, domain.mailbox, at, False) for content in contents)
    )
    await asyncio.to_thread(writer.close)


async def _store(
    database: Database,
    writer: Writer,
    sample: Sample,
    content: bytes,
    mailbox: str,
    now: datetime,
    digested: bool = True,
) -> str:
    at = now - sample.ago
    raw = RawMessage.in_memory(content)
    domain = sample.mail_from.rpartition("@")[2] if sample.mail_from else "mx.tubes.example"
    envelope = envelope_of(sample.mail_from, at, "192.0.2.1", mailbox)
    verdict = VERDICTS[sample.action]
    found = sample.report or report(domain)
    stored = await writer.save_message(
        ReceivedMessage(envelope, parse_message(raw), found, verdict, trace_of(domain, found))
    )
    if digested:
        learned = digest_message(raw, sample.mail_from or "", [f"sales@{DOMAIN}"])
        await asyncio.to_thread(
            save_digests,
            database,
            {stored.id: learned.as_json() | (sample.learned or {})},
            lineages={stored.id: learned.lineage},
        )
    if sample.seen:
        await asyncio.to_thread(set_flags, database, stored.id, seen=True, by="sample", now=now)
    return stored.id


async def _refuse(writer: Writer, now: datetime) -> None:
    """A forged message, an unknown user, a relay attempt, and one that was put off."""
    slow = report(
        "slow.example", spf=SpfWord.TEMPERROR, dkim=DkimWord.NONE, dmarc=DmarcWord.TEMPERROR
    )
    await _examined(writer, "billing@bank.example", FORGED, Action.REJECT, now, minutes=25)
    await _examined(writer, "info@slow.example", slow, Action.DEFER, now, minutes=70)
    unknown = Reply(550, "5.1.1", f"No such user here: <nobody@{DOMAIN}>")
    relay = Reply(550, "5.7.1", "Relaying denied: example.net is not served here")
    await _early_no(writer, Verdict(Action.REJECT, "unknown-user", unknown), 14, now, minutes=33)
    await _early_no(writer, Verdict(Action.REJECT, "relaying", relay), 1, now, minutes=190)


async def _examined(
    writer: Writer, sender: str, found: AuthReport, action: Action, now: datetime, minutes: int
) -> None:
    """A message that was refused or put off after it was read."""
    content = f"From: Accounts <{sender}>\r\nSubject: Your account is blocked\r\n\r\nSign in.\r\n"
    message = parse_message(RawMessage.in_memory(content.encode()))
    envelope = envelope_of(sender, now - timedelta(minutes=minutes), "203.0.113.9")
    trace = trace_of(sender.rpartition("@")[2], found)
    await writer.save_message(ReceivedMessage(envelope, message, found, VERDICTS[action], trace))


async def _early_no(
    writer: Writer, verdict: Verdict, recipients: int, now: datetime, minutes: int
) -> None:
    """A recipient that was refused before there was a message."""
    at = now - timedelta(minutes=minutes)
    envelope = envelope_of("spam@botnet.example", at, "198.51.100.77")
    await writer.save_refusal(RefusedEnvelope(envelope, verdict, "rcpt", recipients))


def trace_of(domain: str, found: AuthReport) -> Trace:
    """Trace fields of ours, shortened."""
    received = f"Received: from mail.{domain} ([192.0.2.1])\r\n\tby mx.acme.example\r\n"
    results = f"mx.acme.example;\r\n\tdmarc={found.dmarc.result.value}\r\n"
    return Trace(received.encode(), f"Authentication-Results: {results}".encode())
