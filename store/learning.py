"""What digests say of many messages at once, in few statements: the worker holds the turn to write
meanwhile, and mail waits for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from store import schema
from store.bulk import Bulk, BulkUpdate
from store.outbox import Job
from store.tallies import Changes, Kind
from store.thread_signs import shown_author

SNIPPET_CHARACTERS = 200

_messages = schema.messages
_lies = schema.message_mailboxes
_outbox = schema.outbox

_SHOWN = ("subject", "from_name", "from_address", "date", "snippet", "attachments", "digested")
_GUESSED = BulkUpdate(_messages, "id", "category", "confidence", *_SHOWN)
_CHOSEN = BulkUpdate(_messages, "id", *_SHOWN)
_COPIES = BulkUpdate(_lies, "message_id", "category")
_DIGESTS = Bulk(
    schema.digests,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[schema.digests.c.message_id], set_={"digest": insertion.excluded.digest}
    ),
)


def keep_learned(
    connection: Connection, digests: Mapping[str, Mapping[str, Any]], tallies: Changes
) -> frozenset[str]:
    """Write digests, and what lists show of them; the ids of the messages that are there.

    A category that a person chose stays. Within `Database.write`, whose caller writes the
    `tallies` last: mail waits for their rows.
    """
    ids = sorted(digests)
    query = select(_messages).where(_messages.c.id.in_(ids)).order_by(_messages.c.id)
    rows = connection.execute(query).all()
    boxes = _mailboxes(connection, ids)
    guessed, chosen = [], []
    for row in rows:
        values = {"id": row.id, **_learned(digests[row.id])}
        if row.category_by:
            chosen.append(values)
            continue
        guessed.append(values)
        before = Kind(row.held, row.archived, row.category or "", row.seen)
        octets = row.size if row.bytes_gone_at is None else 0
        tallies.add(before, boxes.get(row.id, ()), octets, -1)
        after = replace(before, category=values["category"] or "")
        tallies.add(after, boxes.get(row.id, ()), octets)
    _GUESSED.update(connection, guessed)
    _CHOSEN.update(connection, chosen)
    copies = [{"message_id": one["id"], "category": one["category"]} for one in guessed]
    _COPIES.update(connection, copies)
    kept = [{"message_id": row.id, "digest": digests[row.id]} for row in rows]
    _DIGESTS.insert(connection, kept)
    return frozenset(row.id for row in rows)


def finish_all(connection: Connection, jobs: Iterable[Job]) -> None:
    """The jobs are done, in the transaction of what they did; leases that ran out are others'."""
    ours: dict[int, list[int]] = {}
    for job in jobs:
        ours.setdefault(job.attempts, []).append(job.id)
    for attempts, ids in sorted(ours.items()):
        done = _outbox.c.id.in_(ids), _outbox.c.attempts == attempts
        connection.execute(delete(_outbox).where(*done))


def _mailboxes(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    query = select(_lies.c.message_id, _lies.c.mailbox_id).where(_lies.c.message_id.in_(ids))
    found: dict[str, list[str]] = {}
    for message_id, mailbox_id in connection.execute(query):
        found.setdefault(message_id, []).append(mailbox_id)
    return found


def _learned(digest: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that lists show."""
    name, address = shown_author(digest)
    attachments = digest.get("attachments") or []
    return {
        "category": digest.get("category"),
        "confidence": digest.get("confidence"),
        "subject": digest.get("subject") or "",
        "from_name": name,
        "from_address": address,
        "date": _moment(digest.get("date")),
        "snippet": _snippet(digest),
        "attachments": sum(not one.get("inline") for one in attachments),
        "digested": True,
    }


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _snippet(digest: Mapping[str, Any]) -> str:
    """The first words. A forwarding confirmation shows none: its code is a key."""
    if digest.get("confirmation"):
        return ""
    text = digest.get("reply_text") or digest.get("text") or ""
    return " ".join(text[: 4 * SNIPPET_CHARACTERS].split())[:SNIPPET_CHARACTERS]
