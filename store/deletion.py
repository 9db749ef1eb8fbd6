"""The end of messages: many at once, each with everything that hangs on it.

A person's delete, the rules of retention and erasure all come through here. What has to be read
of the bytes is read before the turn to write, so that nobody waits for a disk or an object store.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from mail.errors import StoreProblem
from mail.message import parse_message
from store import schema
from store.audit import note
from store.blobs import let_go
from store.columns import storable
from store.database import Database
from store.evidence import withdraw
from store.holds import require_free
from store.relations import part
from store.rows import HEADER_BYTES
from store.tallies import Changes, Kind

_messages = schema.messages
_lies = schema.message_mailboxes
_reports = schema.reports

_HEADER = (
    update(_reports)
    .where(_reports.c.transaction_id == bindparam("of"))
    .values(header_block=bindparam("block"))
)


@dataclass(frozen=True, slots=True)
class _Doomed:
    """A message, as much of it as its end takes."""

    id: str
    sha256: str
    kind: Kind
    size: int
    has_bytes: bool
    mailboxes: tuple[str, ...]


def delete_message(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """Remove a message and its bytes; its row in the log stays, with its header block (but not
    of a forwarding confirmation: the code in its subject is a key).

    The tombstone keeps it from coming back: what is sent or pulled again is linked to it. False:
    no such message. Raises OnHold.
    """
    blocks = header_blocks(database, [identifier])
    with database.write() as connection:
        require_free(connection, [identifier])
        gone = bury(connection, [identifier], blocks, by=by, now=now)
        if gone:
            withdraw(connection, gone)
            note(connection, by, "message.delete", identifier, now)
    return bool(gone)


def header_blocks(database: Database, identifiers: Sequence[str]) -> dict[str, bytes]:
    """The header blocks of these messages, for the log: it keeps them longer than the message
    lives. Empty where the bytes are missing or altered: that must not keep anything alive. None
    for those that the log has already, among them all that lie far away."""
    query = (
        select(_messages.c.id, _messages.c.sha256)
        .join(_reports, _reports.c.transaction_id == _messages.c.id)
        .where(_messages.c.id.in_(identifiers), _messages.c.bytes_gone_at.is_(None))
        .where(_reports.c.header_block.is_(None))
    )
    blocks = {}
    with database.read() as connection:
        for row in connection.execute(query).all():
            try:
                raw = database.blobs.open_within(connection, row.sha256)
                blocks[row.id] = parse_message(raw).header_block[:HEADER_BYTES]
            except StoreProblem:
                blocks[row.id] = b""
    return blocks


def bury(
    connection: Connection,
    identifiers: Sequence[str],
    blocks: Mapping[str, bytes],
    *,
    by: str,
    now: datetime,
    tallies: Changes | None = None,
) -> tuple[str, ...]:
    """Remove messages with all that hangs on them, and leave tombstones; the ids of those that
    were there. The log keeps of them what `blocks` says. The caller looked for holds; with
    `tallies` it also writes those, after all else: every batch of mail counts up the same rows."""
    doomed = _doomed(connection, identifiers)
    if not doomed:
        return ()
    gone = tuple(one.id for one in doomed)
    _set_tombstones(connection, doomed, by, now)
    closed = _confirmations(connection, gone)
    _forget_subjects(connection, closed)
    _keep_headers(connection, blocks, set(gone) - closed)
    part(connection, gone)
    connection.execute(delete(schema.outbox).where(schema.outbox.c.message_id.in_(gone)))
    connection.execute(delete(_messages).where(_messages.c.id.in_(gone)))
    for one in sorted(doomed, key=lambda one: one.sha256):
        if one.has_bytes:
            let_go(connection, one.sha256)
    fewer = Changes() if tallies is None else tallies
    for one in doomed:
        fewer.add(one.kind, one.mailboxes, one.size if one.has_bytes else 0, -1)
    if tallies is None:
        fewer.write(connection)
    return gone


def shed_bytes(
    connection: Connection, identifiers: Sequence[str], blocks: Mapping[str, bytes], now: datetime
) -> tuple[str, ...]:
    """Remove the exact bytes of messages and nothing else: what was learned of them stays."""
    doomed = [one for one in _doomed(connection, identifiers) if one.has_bytes]
    gone = tuple(one.id for one in doomed)
    lighter = Changes()
    for one in sorted(doomed, key=lambda one: one.sha256):
        lighter.lighten(one.kind, one.mailboxes, one.size)
        let_go(connection, one.sha256)
    _keep_headers(connection, blocks, set(gone) - _confirmations(connection, gone))
    shed = update(_messages).where(_messages.c.id.in_(gone))
    connection.execute(shed.values(bytes_gone_at=now))
    lighter.write(connection)
    return gone


def _doomed(connection: Connection, identifiers: Sequence[str]) -> list[_Doomed]:
    mailboxes: dict[str, list[str]] = {}
    query = select(_lies.c.message_id, _lies.c.mailbox_id)
    for row in connection.execute(query.where(_lies.c.message_id.in_(identifiers))):
        mailboxes.setdefault(row.message_id, []).append(row.mailbox_id)
    rows = connection.execute(select(_messages).where(_messages.c.id.in_(identifiers)))
    return [
        _Doomed(
            row.id,
            row.sha256,
            Kind(row.held, row.archived, row.category or "", row.seen),
            row.size,
            row.bytes_gone_at is None,
            tuple(mailboxes.get(row.id, ())),
        )
        for row in rows
    ]


def _set_tombstones(
    connection: Connection, doomed: Iterable[_Doomed], by: str, now: datetime
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "message_id": one.id,
            "sha256": one.sha256,
            "mailboxes": list(one.mailboxes),
            "deleted_at": now,
            "deleted_by": storable(by),
        }
        for one in doomed
    ]
    connection.execute(insert(schema.tombstones), rows)


def _confirmations(connection: Connection, identifiers: Sequence[str]) -> set[str]:
    """Which of them are forwarding confirmations."""
    digests = schema.digests
    query = select(digests.c.message_id).where(
        digests.c.message_id.in_(identifiers),
        digests.c.digest["confirmation"].as_string().is_not(None),
    )
    return set(connection.execute(query).scalars())


def _forget_subjects(connection: Connection, identifiers: set[str]) -> None:
    """Once the message is gone, nothing would tell the log whom its subject is for."""
    if not identifiers:
        return
    log = schema.transactions
    same = or_(log.c.id.in_(identifiers), log.c.duplicate_of.in_(identifiers))
    connection.execute(update(log).where(same).values(subject=None))
    kept = update(_reports).where(_reports.c.transaction_id.in_(identifiers))
    connection.execute(kept.values(header_block=b""))


def _keep_headers(
    connection: Connection, blocks: Mapping[str, bytes], identifiers: set[str]
) -> None:
    kept = [{"of": one, "block": blocks[one]} for one in sorted(identifiers) if one in blocks]
    if kept:
        connection.execute(_HEADER, kept)
