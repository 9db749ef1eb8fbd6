"""Forwarded mail that was held and refused, for the page about forwarders."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mail.address import parse_address
from mail.forward import ForwardSigns, Rewriting
from mail.message import parse_message
from mail.raw import RawMessage
from mail.received import ReceivedMessage
from mail.report import ArcResult, ArcWord, DkimWord, DmarcWord, SpfResult, SpfWord
from mail.verdict import Action
from store.database import Database
from store.diagnoses import KIND, save_diagnosis
from store.domains import list_domains
from store.outbox import Job
from store.writer import Writer
from tests.fakes import NOON
from tests.web.samples import DOMAIN, VERDICTS, envelope_of, report, trace_of

SUPPORT = f"support@{DOMAIN}"
CONTOSO = "help@contoso.example"


def fill_forwards(database: Database) -> list[str]:
    """Three messages by contoso.example, one of which is proved to be its author's, and one that
    a provider sealed; the ids."""
    # In a thread of its own: beside a browser test, a loop runs in this one already.
    with ThreadPoolExecutor(1) as thread:
        ids = thread.submit(lambda: asyncio.run(_fill(database))).result()
    found: dict[str, Any] = {
        "signatures": [
            {
                "domain": "bank.example",
                "selector": "s2026",
                "broken": "body",
                "proof": "signature",
                "changes": [],
                "hop": None,
                "complete": True,
                "candidates": 3,
            }
        ]
    }
    save_diagnosis(database, Job(0, KIND, ids[0], {}, 1), found, NOON)
    return ids


async def _fill(database: Database) -> list[str]:
    writer = Writer(database, lambda: NOON)
    writer.start()
    signs = ForwardSigns(Rewriting.MICROSOFT, CONTOSO, "billing@bank.example")
    sealed = ArcResult(
        ArcWord.PASS, "one set", ("google.example",), claims=(("dmarc", "pass", "shop.example"),)
    )
    try:
        return [
            await _save(database, writer, Action.REJECT, 1, "bank.example", signs),
            await _save(database, writer, Action.QUARANTINE, 2, "bank.example", signs),
            await _save(database, writer, Action.REJECT, 3, "bank.example", signs),
            await _save(
                database, writer, Action.REJECT, 50, "shop.example", ForwardSigns(), sealed
            ),
        ]
    finally:
        await asyncio.to_thread(writer.close)


async def _save(
    database: Database,
    writer: Writer,
    action: Action,
    hours: int,
    author: str,
    signs: ForwardSigns,
    arc: ArcResult | None = None,
) -> str:
    content = f"From: <billing@{author}>\r\nSubject: Invoice {hours}\r\n\r\nText\r\n"
    message = parse_message(RawMessage.in_memory(content.encode()))
    sender = "help+SRS=uYpDN=BQ=bank.example=billing@contoso.example"
    mailbox = list_domains(database)[0].mailbox
    brought = envelope_of(sender, NOON - timedelta(hours=hours), "198.51.100.7", mailbox)
    brought = replace(brought, rcpt_to=(parse_address(SUPPORT),))
    found = report(author, spf=SpfWord.NONE, dkim=DkimWord.NONE, dmarc=DmarcWord.FAIL)
    found = replace(found, forward=signs)
    if arc is not None:
        found = replace(found, arc=arc)
    else:
        passed = SpfResult(SpfWord.PASS, "contoso.example", "mailfrom", "198.51.100.7 is listed")
        found = replace(found, spf=passed)
    verdict = VERDICTS[action]
    received = ReceivedMessage(brought, message, found, verdict, trace_of(author, found))
    return (await writer.save_message(received)).id
