"""Frozen values become rows: pure, done before any lock is taken.

What a stranger wrote is made storable here (`store.columns.storable`), so that no message can
make a database refuse the batch that it is in.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache
from typing import Any

from mail.answer import answer_of, verdict_of
from mail.envelope import Door, Envelope
from mail.message import Message
from mail.raw import RawMessage
from mail.received import ReceivedMessage, RefusedEnvelope, Trace
from mail.report import DkimWord, DnsEvidence
from mail.verdict import Action, Verdict
from store.blobs import Kept
from store.columns import EPOCH, storable
from store.terms import LARGE_BYTES

Row = dict[str, Any]

OUTCOMES = {
    Action.ACCEPT: "accepted",
    Action.QUARANTINE: "held",
    Action.REJECT: "refused",
    Action.DEFER: "deferred",
}

HEADER_BYTES = 256 * 1024
"""More of a refused message's header block is not kept in the log."""

_SUBJECT = 998
_GB = {"gb2312": "gb18030", "gbk": "gb18030", "unknown-8bit": "utf-8", "us-ascii": "utf-8"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """One transaction, ready for the batch: its rows, and what the batch still has to decide.

    `raw` is None where no bytes are kept; `kept` is how they are, once that is settled.
    `fingerprint` is set for mail of the SMTP door that we take (RFC 1047: it may be sent again by
    a client that never heard our answer). `diagnose`: a signature of it does not match, and
    somebody will ask why.
    """

    envelope: Envelope
    verdict: Verdict
    transaction: Row
    report: Row
    addresses: tuple[Row, ...]
    answers: tuple[Row, ...] = ()
    raw: RawMessage | None = None
    kept: Kept | None = None
    size: int = 0
    sha256: str = ""
    fingerprint: bytes | None = field(default=None)
    diagnose: bool = False


def prepare_message(received: ReceivedMessage) -> Prepared:
    """The rows of a transaction that got as far as its data."""
    envelope, message, verdict = received.envelope, received.message, received.verdict
    raw, keeps = message.raw, verdict.keeps_message
    row = _transaction_row(envelope, verdict, "data", len(envelope.rcpt_to))
    row |= {
        "from_domain": storable(received.report.dmarc.domain) or None,
        "subject": subject_of(message),
        "message_id": storable(message.message_id) if message.message_id else None,
        "size": raw.size,
        "sha256": raw.sha256,
    }
    smtp = envelope.door is Door.SMTP
    return Prepared(
        envelope,
        verdict,
        transaction=row,
        report=_report_row(received),
        addresses=_address_rows(row),
        answers=tuple(_answer_row(one) for one in received.report.evidence),
        raw=None if verdict.action is Action.DEFER else raw,
        size=raw.size,
        sha256=raw.sha256,
        fingerprint=_fingerprint(envelope, raw.sha256) if smtp and keeps else None,
        diagnose=_is_to_diagnose(received),
    )


def _is_to_diagnose(received: ReceivedMessage) -> bool:
    """Whether a signature was broken that would have spoken for the author, or any signature of
    a message that we did not deliver."""
    failed = [one.domain for one in received.report.dkim if one.result is DkimWord.FAIL]
    if received.verdict.action in (Action.REJECT, Action.QUARANTINE):
        return bool(failed)
    author = f".{received.report.dmarc.domain}"
    return any(author.endswith(f".{one}") or f".{one}".endswith(author) for one in failed if one)


def prepare_refusal(refused: RefusedEnvelope) -> Prepared:
    """The rows of a transaction that got no further than its envelope."""
    envelope, verdict = refused.envelope, refused.verdict
    row = _transaction_row(envelope, verdict, refused.stage, refused.recipients)
    row["size"] = refused.announced_size
    report = {
        "transaction_id": envelope.id,
        "report": None,
        "verdict": verdict_of(verdict),
        "evidence": None,
        "header_block": None,
        "received": b"",
        "authentication_results": b"",
        "forged": None,
    }
    return Prepared(envelope, verdict, row, report, _address_rows(row))


def message_row(prepared: Prepared) -> Row:
    """The row of a message that nobody has digested yet."""
    row = prepared.transaction
    return {
        "id": prepared.envelope.id,
        "received_at": prepared.envelope.received_at,
        "held": prepared.verdict.action is Action.QUARANTINE,
        "seen": False,
        "flagged": False,
        "archived": False,
        "category": None,
        "category_by": None,
        "confidence": None,
        "size": prepared.size,
        "sha256": prepared.sha256,
        "subject": row["subject"] or "",
        "from_name": "",
        "from_address": "",
        "date": None,
        "snippet": "",
        "attachments": 0,
        "rule": prepared.verdict.rule,
        "digested": False,
        "bytes_gone_at": None,
    }


def mailbox_rows(prepared: Prepared) -> list[Row]:
    """One row for each mailbox that the message lies in."""
    return [
        {
            "mailbox_id": mailbox,
            "message_id": prepared.envelope.id,
            "held": prepared.verdict.action is Action.QUARANTINE,
            "seen": False,
            "flagged": False,
            "archived": False,
            "category": None,
        }
        for mailbox in dict.fromkeys(prepared.envelope.mailboxes)
    ]


def job_row(kind: str, message_id: str, now: datetime) -> Row:
    """A job of the outbox that is due at once."""
    return {
        "kind": kind,
        "message_id": message_id,
        "payload": None,
        "state": "waiting",
        "due_at": EPOCH,
        "attempts": 0,
        "owner": None,
        "error": None,
        "created_at": now,
    }


def subject_of(message: Message) -> str | None:
    """The subject as a person reads it, near enough for the log; `digest` does it in earnest."""
    header = message.first("subject")
    if header is None:
        return None
    text = header.value[:_SUBJECT].decode("utf-8", "replace")
    if "=?" in text:
        text = _decoded(text)
    return storable(text, _SUBJECT)


def _decoded(text: str) -> str:
    """RFC 2047 encoded words; the text as it is where they cannot be read."""
    try:
        return "".join(
            part if isinstance(part, str) else _in_charset(part, charset)
            for part, charset in decode_header(text)
        )
    except (HeaderParseError, ValueError):
        return text


def _in_charset(octets: bytes, charset: str | None) -> str:
    name = (charset or "utf-8").lower()
    try:
        return octets.decode(_GB.get(name, name), "replace")
    except LookupError:
        return octets.decode("latin-1")


def _transaction_row(envelope: Envelope, verdict: Verdict, stage: str, recipients: int) -> Row:
    client = envelope.client
    return {
        "id": envelope.id,
        "received_at": envelope.received_at,
        "door": envelope.door.value,
        "outcome": OUTCOMES[verdict.action],
        "stage": stage,
        "client_ip": str(client.ip) if client.ip else None,
        "client_port": client.port,
        "helo": storable(client.helo, 1000),
        "extended": client.extended,
        "tls_version": client.tls.version if client.tls else None,
        "tls_cipher": client.tls.cipher if client.tls else None,
        "mail_from": storable(str(envelope.mail_from)) if envelope.mail_from else None,
        "rcpt_to": [storable(str(one)) for one in envelope.rcpt_to],
        "recipients": recipients,
        "body": envelope.body,
        "smtputf8": envelope.smtputf8,
        "from_domain": None,
        "subject": None,
        "message_id": None,
        "size": None,
        "sha256": None,
        "code": verdict.reply.code,
        "enhanced": verdict.reply.enhanced,
        "text": verdict.reply.text,
        "rule": verdict.rule,
        "duplicate_of": None,
        "body_expires_at": None,
    }


def _report_row(received: ReceivedMessage) -> Row:
    report, verdict, trace = received.report, received.verdict, received.trace
    block = received.message.header_block
    return {
        "transaction_id": received.envelope.id,
        "report": answer_of(report, verdict, _one_line(trace)) | {"basis": _basis(received)},
        "verdict": None,
        "evidence": [
            [_answer_hash(one), one.ttl, one.server, one.at.isoformat()] for one in report.evidence
        ],
        "header_block": None if _has_header(received) else block[:HEADER_BYTES],
        "received": trace.received,
        "authentication_results": trace.authentication_results,
        "forged": list(trace.forged) or None,
    }


def _has_header(received: ReceivedMessage) -> bool:
    """Whether the header block is at hand in the message's own bytes. Those of a large one may
    lie far away, and the log is to be read without them."""
    return received.verdict.keeps_message and received.message.raw.size <= LARGE_BYTES


def _basis(received: ReceivedMessage) -> Row:
    """What the verdict rests on besides the DNS, the envelope and the message's own octets."""
    at = received.report.at
    return {
        "at": at.isoformat() if at else None,
        "rules": received.basis.rules,
        "settings": received.basis.settings,
        "bodies": [
            [one.form, one.length, one.sha256, one.octets] for one in received.report.bodies
        ],
    }


def _one_line(trace: Trace) -> str:
    """The value of Authentication-Results without its folding."""
    _, _, value = trace.authentication_results.decode("utf-8", "replace").partition(":")
    return " ".join(value.split())


def _address_rows(transaction: Row) -> tuple[Row, ...]:
    keys = address_keys(transaction["mail_from"], transaction["rcpt_to"])
    return tuple({"address": key, "transaction_id": transaction["id"]} for key in keys)


def address_keys(mail_from: str | None, rcpt_to: Iterable[str]) -> Iterable[str]:
    """What a transaction is found by: lower-case sender, sender's "@domain", recipients; each
    once."""
    keys = [one.lower() for one in rcpt_to]
    if mail_from is not None:
        keys += [mail_from.lower(), mail_from[mail_from.rindex("@") :].lower()]
    return dict.fromkeys(keys)


def _fingerprint(envelope: Envelope, sha256: str) -> bytes:
    sender = str(envelope.mail_from) if envelope.mail_from else ""
    return fingerprint_of(sha256, sender, (str(one) for one in envelope.rcpt_to))


def fingerprint_of(sha256: str, sender: str, recipients: Iterable[str]) -> bytes:
    """What is equal when a client sends the same transaction again."""
    text = "\x00".join((sha256, sender, *sorted(set(recipients))))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:16]


REMEMBERED_OCTETS = 4096
"""Of the records of an answer whose row is remembered, with what a string costs: strangers publish
answers of hundreds of kilobytes, and thousands of rows are remembered."""

_STRING = 50


def _answer_row(one: DnsEvidence) -> Row:
    """The same row for the same answer: whoever counts its uses makes a copy."""
    octets = sum(len(record) + _STRING for record in one.records)
    row_of = _remembered_row if octets <= REMEMBERED_OCTETS else _row_of
    return row_of(one.name, one.rdtype, one.status, one.records)


def _row_of(name: str, rdtype: str, status: str, records: tuple[str, ...]) -> Row:
    return {
        "hash": _hash_of(name, rdtype, status, records),
        "name": storable(name),
        "rdtype": rdtype,
        "status": status,
        "records": list(records),
        "uses": 1,
    }


_remembered_row = lru_cache(maxsize=4096)(_row_of)


def _answer_hash(one: DnsEvidence) -> str:
    found: str = _answer_row(one)["hash"]
    return found


def _hash_of(name: str, rdtype: str, status: str, records: tuple[str, ...]) -> str:
    text = json.dumps([name, rdtype, status, records])
    return hashlib.sha256(text.encode()).hexdigest()
