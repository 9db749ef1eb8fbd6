"""Mail to fill a store with: made up, no two alike, and always the same for one seed.

Words are drawn as in language, few of them often and most of them seldom; a third of the messages
is Chinese. Each message carries one word that no other has. Senders are 100,000 people of 2,000
organisations, and a third of the messages answers an earlier one.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from itertools import accumulate
from typing import Any

from mail.address import parse_address
from mail.envelope import Client, Door, Envelope, Tls
from mail.identifier import new_id
from mail.lineage import Lineage
from mail.message import parse_message
from mail.raw import RawMessage
from mail.received import ReceivedMessage, Trace
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

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=300)
ORGANISATIONS = 2_000
PEOPLE = 100_000
CATEGORIES = ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice")
_SHARES = (30, 8, 6, 25, 20, 1, 10)

_SYLLABLES = [
    *("ba", "ce", "di", "fo", "gu", "ha", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wa"),
    *("xe", "zi", "co", "den", "lar", "min", "sto", "tra", "ver"),
]
_CHARACTERS = "价格合同订单样品质量交货付款发票运费客户公司产品数量规格包装港口时间报价确认回复谢谢"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as the store gets it, and what the digest would learn of it."""

    received: ReceivedMessage
    digest: dict[str, Any]
    lineage: Lineage


def _vocabulary(parts: list[str], number: int, length: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(parts, k=length)) for _ in range(number)]


ENGLISH = _vocabulary(_SYLLABLES, 20_000, 3, 1)
CHINESE = _vocabulary(list(_CHARACTERS), 2_000, 2, 2)
COMMON = ENGLISH[0]


def _falling(number: int) -> list[float]:
    return list(accumulate(1 / (rank + 2) for rank in range(number)))


_WEIGHTS = {"en": _falling(len(ENGLISH)), "zh": _falling(len(CHINESE))}


def unique_word(number: int) -> str:
    """The word that only message `number` has."""
    return f"ref{number:08d}"


def message_id(number: int) -> str:
    """The Message-ID of message `number`, with its brackets."""
    return f"<{number}.reply@{_domain(number)}>"


def letters(first: int, count: int, total: int, mailboxes: tuple[str, ...]) -> Iterator[Letter]:
    """Messages `first` to `first` + `count` of `total`, which are spread evenly over the span."""
    for number in range(first, first + count):
        yield letter(number, BEGIN + SPAN * (number / total), mailboxes)


def letter(number: int, at: datetime, mailboxes: tuple[str, ...], octets: int = 0) -> Letter:
    """Message `number`, received `at`; filled up to about so many `octets`."""
    chance = random.Random(number)
    subject, text = _words(chance, 6), f"{_words(chance, 110)} {unique_word(number)}"
    answers = message_id(number - chance.randrange(1, 1000)) if number % 3 == 0 else ""
    sender, name = _person(chance.randrange(PEOPLE))
    box = mailboxes[chance.randrange(len(mailboxes))]
    raw = _raw(number, (sender, name), subject, text, answers, octets)
    return Letter(
        _received(number, at, sender, box, raw),
        _digest(number, at, (sender, name), subject, text, chance),
        _lineage(number, answers, sender, subject),
    )


def _lineage(number: int, answers: str, sender: str, subject: str) -> Lineage:
    people = (sender, "sales@reply.example")
    return Lineage(
        message_id(number), (answers,) if answers else (), people, subject, bool(answers)
    )


def _words(chance: random.Random, number: int) -> str:
    language = "zh" if chance.random() < 0.33 else "en"
    words = CHINESE if language == "zh" else ENGLISH
    drawn = chance.choices(words, cum_weights=_WEIGHTS[language], k=number)
    return "，".join(drawn) if language == "zh" else " ".join(drawn)


def _domain(number: int) -> str:
    return f"org{number % ORGANISATIONS}.example"


def _person(number: int) -> tuple[str, str]:
    return f"person{number}@{_domain(number)}", f"Person {ENGLISH[number % len(ENGLISH)]} {number}"


def _raw(
    number: int, person: tuple[str, str], subject: str, text: str, answers: str, octets: int
) -> RawMessage:
    sender, name = person
    reference = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else ""
    header = (
        f"From: {name} <{sender}>\r\nTo: sales@reply.example\r\nSubject: {subject}\r\n"
        f"Message-ID: {message_id(number)}\r\n{reference}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    body = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76)) + "\r\n"
    whole = (header + body).encode()
    missing = max(0, octets - len(whole))
    filling = (f"{number:08d} " + ENGLISH[number % 997] * 8)[:70].encode() + b"\r\n"
    return RawMessage.in_memory(whole + filling * (missing // len(filling)))


def _received(number: int, at: datetime, sender: str, box: str, raw: RawMessage) -> ReceivedMessage:
    domain = _domain(number)
    client = Client(
        ip_address(0xC6120000 + number % 60_000),
        30_000 + number % 20_000,
        f"mx.{domain}",
        True,
        Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"),
    )
    envelope = Envelope(
        id=new_id(at),
        door=Door.SMTP,
        client=client,
        mail_from=parse_address(sender),
        rcpt_to=(parse_address(f"sales+{number}@reply.example"),),
        received_at=at,
        mailboxes=(box,),
    )
    verdict = Verdict(Action.ACCEPT, "deliver", Reply(250, "2.0.0", "accepted"), reasons=("pass",))
    trace = Trace(
        b"Received: from mx.%s\r\n\tby mx.reply.example; now\r\n" % domain.encode(),
        b"Authentication-Results: mx.reply.example;\r\n\tspf=pass; dkim=pass; dmarc=pass\r\n",
    )
    return ReceivedMessage(envelope, parse_message(raw), _report(domain, at), verdict, trace)


def _report(domain: str, at: datetime) -> AuthReport:
    return AuthReport(
        spf=SpfResult(SpfWord.PASS, domain, "mailfrom", "the client is permitted"),
        dkim=(DkimResult(DkimWord.PASS, domain, "s1", "rsa-sha256", "good signature"),),
        arc=ArcResult(ArcWord.NONE, "no chain"),
        dmarc=DmarcResult(
            DmarcWord.PASS, domain, domain, DmarcPolicy.REJECT, ("spf", "dkim"), "aligned"
        ),
        iprev=IprevResult(IprevWord.PASS, f"mx.{domain}"),
        evidence=_evidence(domain),
        at=at,
    )


@lru_cache(maxsize=ORGANISATIONS)
def _evidence(domain: str) -> tuple[DnsEvidence, ...]:
    return tuple(
        DnsEvidence(f"{name}{domain}.", "TXT", "ok", (text,), 300, "192.0.2.53", BEGIN)
        for name, text in (
            ("", "v=spf1 ip4:198.18.0.0/15 -all"),
            ("_dmarc.", "v=DMARC1; p=reject"),
            ("s1._domainkey.", f"v=DKIM1; k=rsa; p={domain * 16}"),
        )
    )


def _digest(
    number: int,
    at: datetime,
    person: tuple[str, str],
    subject: str,
    text: str,
    chance: random.Random,
) -> dict[str, Any]:
    sender, name = person
    attached: dict[str, object] = {
        "name": f"{ENGLISH[number % 5000]}.pdf",
        "content_type": "application/pdf",
    }
    attached |= {"size": 1000, "sha256": f"{number:064x}", "inline": False}
    return {
        "category": chance.choices(CATEGORIES, _SHARES)[0],
        "confidence": 0.9,
        "why": ["words"],
        "subject": subject,
        "from": {"name": name, "address": sender},
        "to": [{"name": "", "address": "sales@reply.example"}],
        "date": at.isoformat(),
        "message_id": message_id(number),
        "text": text,
        "reply_text": text,
        "html": None,
        "attachments": [attached] if number % 10 == 0 else [],
        "charset_notes": [],
        "defects": [],
        "confirmation": None,
    }
