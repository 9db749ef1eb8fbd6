"""Messages of the kinds that the digest tells more of than their text: garbled, blank, away,
bounced, forwarded, confirmation, answers of a campaign."""

from datetime import timedelta
from typing import Any

from store.campaigns import SentMessage, add_campaign, register_messages
from store.database import Database
from tests.fakes import NOON
from tests.web.samples import store_one

CAMPAIGN = "spring-26"
SENT = "<1@acme.example>"


def letter(author: str, subject: str, *lines: str, head: tuple[str, ...] = ()) -> bytes:
    fields = [f"From: {author}", "To: Acme <sales@reply.acme.example>", f"Subject: {subject}"]
    more = ["Content-Type: text/plain; charset=utf-8", *head, "", *lines]
    return "\r\n".join([*fields, *more]).encode()


ORDER = "Grüße aus München, wir brauchen 20 Stück für das Werk in Köln."


def misread(text: str) -> str:
    """UTF-8 that somebody read as windows-1252."""
    return text.encode().decode("cp1252")


LEARNED: dict[str, tuple[bytes, dict[str, Any]]] = {
    "garbled": (
        letter("Hans Weiß <hans@kunde.example>", misread("Anfrage für Ventile"), misread(ORDER)),
        {"repair": "UTF-8 read as windows-874, twice; 3 characters were lost",
         "subject": "Anfrage für Ventile", "text": ORDER, "category": "inquiry"},
    ),
    "sound": (letter("hans@kunde.example", "Noch eine", "Alles gut."), {}),
    "empty": (
        letter("scan@office.example", "Scan"),
        {"blank": "only attachments: scan-1.pdf, scan-2.pdf", "text": "", "reply_text": ""},
    ),
    "gone": (
        letter("Li Wei <li@kunde.example>", "Automatic reply: Catalogue", "I am away."),
        {"category": "ooo", "confidence": 0.98,
         "away": {"back_on": "2026-12-01", "substitute": "zhang@kunde.example", "left": False}},
    ),
    "monday": (
        letter("Anna <anna@kunde.example>", "Abwesenheit", "Ab Montag wieder da."),
        {"category": "ooo", "away": {"back_on": "2026-11-23", "substitute": None, "left": False}},
    ),
    "left": (
        letter("Zhou <zhou@kunde.example>", "I have left", "I have left the company."),
        {"category": "ooo",
         "away": {"back_on": None, "substitute": "chen@kunde.example", "left": True}},
    ),
    "returned": (
        letter("Mail Delivery System <mailer-daemon@mx.example>", "Undelivered Mail", "Sorry."),
        {"category": "bounce", "confidence": 0.99, "why": ["dsn-failed"],
         "bounce": {"kind": "hard", "permanent": True, "recipient": "wang@kunde.example",
                    "status": "5.1.1", "diagnostic": "550 5.1.1 <wang@kunde.example>: user unknown",
                    "original_message_id": SENT, "reporter": "mx.kunde.example",
                    "others": [{"recipient": f"{name}@kunde.example", "kind": "quota",
                                "permanent": True, "status": "5.2.2", "diagnostic": None}
                               for name in ("sun", "zhao")]}},
    ),
    "moved": (
        letter("Helen Fisher <helen@acme.example>", "Fwd: Price of valves", "see below"),
        {"category": "inquiry", "confidence": 0.9, "reply_text": "see below",
         "text": "see below\n\nFrom: Kim@buyer.example\n\nPrice of 20 valves?",
         "forward": {"kind": "manual_inline", "forwarder": "helen@acme.example",
                     "original_sender": "Kim@buyer.example",
                     "original_recipient": "helen@acme.example", "original_message_id": None}},
    ),
    "pretended": (
        letter("Mallory <mallory@stranger.example>", "Our order", "A new bank account.",
               head=("X-Forwarded-For: kim@buyer.example", "X-Original-From: kim@buyer.example")),
        {"category": "inquiry", "confidence": 0.9,
         "forward": {"kind": "native", "forwarder": "helen@acme.example",
                     "original_sender": "kim@buyer.example",
                     "original_recipient": "helen@acme.example", "original_message_id": None}},
    ),
    "answer": (
        letter("Sun <sun@kunde.example>", "Re: Catalogue", "We take five.",
               head=("In-Reply-To: <2@acme.example>",)),
        {"category": "to_reply", "confidence": 0.93},
    ),
}  # fmt: skip
"""Their bytes, and what a digest says of them."""


async def fill_learned(database: Database) -> dict[str, str]:
    """Put them into the store, with a campaign that some of them answer; their ids by name."""
    add_campaign(database, CAMPAIGN, "Spring catalogue", NOON)
    add_campaign(database, "quiet", None, NOON - timedelta(days=3))
    sent = [SentMessage(f"<{n}@acme.example>", f"p{n}@kunde.example", NOON) for n in (1, 2, 3)]
    register_messages(database, CAMPAIGN, sent, NOON)
    ids = {}
    for number, (name, (content, learned)) in enumerate(LEARNED.items()):
        at = NOON - timedelta(minutes=len(LEARNED) - number)
        ids[name] = await store_one(database, content, learned=learned, at=at)
    return ids
