"""How the store's values look as JSON. Names are those of the contract with API clients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mail.forward_offer import Offer
from mail.forward_path import ForwardPath
from mail.moment import in_utc, rfc3339
from store.dead_jobs import DeadJob
from store.domains import DomainRow
from store.forward_paths import PathRow
from store.messages import MessageSummary
from store.nodes import Seen
from store.transactions import TransactionDetail, TransactionSummary
from web.diagnosis import diagnosis_of
from web.explain import as_json, explanation_of
from web.reading import OpenMessage


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, or null."""
    return rfc3339(at) if at else None


def summary_of(row: MessageSummary, closed: bool) -> dict[str, Any]:
    """One row of the list of messages; `closed` keeps back what it says. Absent things are null,
    as they are in one message."""
    named = row.from_name or row.from_address
    author = {"name": row.from_name or None, "address": row.from_address or None}
    return _kept(row) | {
        "category": row.category,
        "confidence": row.confidence,
        "subject": None if closed else row.subject or None,
        "from": author if named else None,
        "date": moment(row.date),
        "snippet": None if closed else row.snippet or None,
        "attachment_count": row.attachments,
        "rule": row.rule,
        "digested": row.digested,
    }


def path_of(row: PathRow, now: datetime) -> dict[str, Any]:
    """A trusted forward path; `state` is trusted or expired."""
    return _path(row.id, row.destination, row.path) | {
        "state": "trusted" if row.expires_at > now else "expired",
        "note": row.note,
        "created_at": moment(row.created_at),
        "created_by": row.created_by,
        "expires_at": moment(row.expires_at),
        "uses": row.uses,
        "used_at": moment(row.used_at),
    }


def offer_of(offer: Offer, state: str) -> dict[str, Any]:
    """A forward path that could be trusted; `state` is offered or dismissed."""
    return _path(offer.id, offer.destination, offer.path) | {
        "state": state,
        "held": offer.held,
        "refused": offer.refused,
        "first_at": moment(offer.first_at),
        "last_at": moment(offer.last_at),
        "from_domains": list(offer.from_domains),
        "transactions": list(offer.examples),
        "named": offer.named,
        "genuine": offer.genuine,
        "unproven": [one.value for one in offer.unproven],
    }


def job_of(job: DeadJob) -> dict[str, Any]:
    """A job that failed too often."""
    return {
        "id": job.id,
        "kind": job.kind,
        "message_id": job.message_id,
        "attempts": job.attempts,
        "error": job.error,
        "created_at": moment(job.created_at),
    }


def node_of(seen: Seen) -> dict[str, Any]:
    """A program that uses the store, without what is for other nodes only."""
    member = seen.member
    return {
        "name": member.name,
        "role": member.role,
        "lost": seen.lost,
        "started_at": moment(seen.started_at),
        "seen_at": moment(seen.seen_at),
        "version": member.version,
        "hostname": member.hostname,
        "authserv_id": member.authserv_id,
    }


def _path(identifier: str, destination: str, path: ForwardPath) -> dict[str, Any]:
    return {
        "id": identifier,
        "destination": destination,
        "known_by": path.known_by.value,
        "name": path.name,
        "forwarder": path.forwarder or None,
    }


def message_of(opened: OpenMessage, thread: Mapping[str, Any]) -> dict[str, Any]:
    """One message: what `postern digest` prints, and what we know of it besides. The category is
    the one that a person chose, where somebody did."""
    row, transaction = opened.detail.summary, opened.detail.transaction
    told = dict(opened.digest)
    told["date"] = in_utc(told["date"]) if told["date"] else None
    told["from"] = _person(told["from"])
    told["to"] = [_person(one) for one in told["to"]]
    if (told.get("calendar") or {}).get("start"):
        told["calendar"] = {**told["calendar"], "start": in_utc(told["calendar"]["start"])}
    if row.category is not None:
        told["category"], told["confidence"] = row.category, row.confidence
    return (
        told
        | _kept(row)
        | {
            "digested": opened.is_sorted,
            "authentication": transaction.report,
            "envelope": envelope_of(transaction.summary),
            "thread": thread,
        }
    )


def _person(one: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A name or an address that is not there is null."""
    return None if one is None else {key: value or None for key, value in one.items()}


def _kept(row: MessageSummary) -> dict[str, Any]:
    return {
        "id": row.id,
        "mailboxes": list(row.mailboxes),
        "received_at": moment(row.received_at),
        "held": row.held,
        "flags": {
            "seen": row.flags.seen,
            "flagged": row.flags.flagged,
            "archived": row.flags.archived,
        },
        "size": row.size,
        "sha256": row.sha256,
    }


def envelope_of(row: TransactionSummary) -> dict[str, Any]:
    """`mail_from` is "" for the null sender, as on all JSON of ours."""
    return {
        "mail_from": row.mail_from or "",
        "rcpt": list(row.rcpt_to),
        "ip": row.client_ip,
        "helo": row.helo,
    }


def transaction_summary_of(row: TransactionSummary, closed: bool) -> dict[str, Any]:
    """One row of the log; `closed` keeps back the subject."""
    return {
        "id": row.id,
        "received_at": moment(row.received_at),
        "outcome": row.outcome,
        "door": row.door,
        "envelope": envelope_of(row),
        "recipients": row.recipients,
        "from_domain": row.from_domain,
        "subject": None if closed else row.subject,
        "message_id": row.message_id,
        "size": row.size,
        "reply": {"code": row.code, "enhanced": row.enhanced, "text": row.text},
        "rule": row.rule,
        "stage": row.stage,
        "duplicate_of": row.duplicate_of,
    }


def transaction_of(detail: TransactionDetail, language: str, closed: bool) -> dict[str, Any]:
    """One transaction with its report, and the report in words in the client's language;
    `closed` keeps back the header block, which has the subject."""
    words = explanation_of(detail, language, closed)
    tls = {"version": detail.tls_version, "cipher": detail.tls_cipher}
    return transaction_summary_of(detail.summary, closed) | {
        "verdict": detail.verdict,
        "authentication": detail.report,
        "explanation": as_json(words),
        "diagnosis": diagnosis_of(detail.diagnosis, closed),
        "tls": tls if detail.tls_version else None,
        "client_port": detail.client_port,
        "body": detail.body,
        "smtputf8": detail.smtputf8,
        "sha256": detail.sha256,
        "headers": "" if closed else detail.header_block.decode("utf-8", "replace"),
        "received": detail.received.decode("utf-8", "replace"),
        "authentication_results": detail.authentication_results.decode("utf-8", "replace"),
        "evidence": [
            {
                "name": one.name,
                "type": one.rdtype,
                "status": one.status,
                "records": list(one.records),
                "ttl": one.ttl,
                "server": one.server,
                "at": moment(one.at),
            }
            for one in detail.evidence
        ],
    }


def domain_of(row: DomainRow) -> Mapping[str, Any]:
    """One reply domain. `accept` is all, signed, or a list of local parts."""
    accept: str | list[str] = row.accept
    if row.accept not in ("all", "signed"):
        accept = row.accept.split(",")
    return {"name": row.name, "accept": accept, "source": row.source, "mailbox": row.mailbox}
