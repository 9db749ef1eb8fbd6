"""What one commit of the writer holds: the rows of many transactions, and who is whose duplicate.

Everything here happens within one write transaction. On PostgreSQL other batches are written at
the same time, so what a batch decides by, it locks first: the fingerprints of its messages, which
it claims before it asks who had them, and the accounts that it pulled from. What all batches count
up comes last and in one order, in the same breath as COMMIT (`store.pipeline`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from mail.envelope import PulledFrom
from mail.received import StoredMessage
from mail.verdict import Action
from store import schema
from store.blobs import Kept, ledger
from store.bulk import Bulk
from store.diagnoses import KIND
from store.rows import OUTCOMES, Prepared, Row, job_row, mailbox_rows, message_row
from store.tallies import Changes, Kind

DUPLICATE_DAYS = timedelta(days=5)
"""As long as a client keeps trying (RFC 5321 §4.5.4.1: 4 to 5 days)."""

REFUSED_BODY_DAYS = timedelta(days=7)
"""How long a refused message's bytes are kept, so that its refusal can be explained."""

_PLAIN_TABLES = (
    schema.transactions,
    schema.reports,
    schema.transaction_addresses,
    schema.messages,
    schema.message_mailboxes,
    schema.outbox,
)
_PLAIN = {table: Bulk(table) for table in _PLAIN_TABLES}


def _anew(table: Table, key: str, *renewed: str) -> Bulk:
    """Where the key is there already, its other columns become those of the new row."""
    return Bulk(
        table,
        lambda insertion: insertion.on_conflict_do_update(
            index_elements=[table.c[key]],
            set_={name: insertion.excluded[name] for name in renewed},
        ),
    )


def _once_more(table: Table, key: str) -> Bulk:
    """Where the key is there already, its uses are counted and nothing else is changed."""
    return Bulk(
        table,
        lambda insertion: insertion.on_conflict_do_update(
            index_elements=[table.c[key]],
            set_={"uses": table.c.uses + insertion.excluded.uses},
        ),
    )


_ANSWERS = _once_more(schema.dns_answers, "hash")
_BLOBS = _once_more(schema.blobs, "sha256")
_FINGERPRINTS = _anew(schema.fingerprints, "fingerprint", "transaction_id", "received_at")
_CLAIMS = Bulk(
    schema.fingerprints,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[schema.fingerprints.c.fingerprint],
        set_={"received_at": schema.fingerprints.c.received_at},
    ),
)
"""Where the key is there already nothing changes, but the row is locked until we commit."""


def save_batch(
    connection: Connection, items: Sequence[Prepared], now: datetime
) -> list[StoredMessage]:
    """Write all of `items`, in their order; one answer for each.

    Raises what the database raises; then nothing of the batch must be committed.
    """
    batch = _Batch(connection, items, now)
    stored = [batch.add(item) for item in items]
    batch.flush()
    return stored


class _Batch:
    """Rows collected by table, and what is known of earlier equal messages."""

    def __init__(self, connection: Connection, items: Sequence[Prepared], now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._rows: dict[Table, list[Row]] = {table: [] for table in _PLAIN_TABLES}
        self._blobs: dict[str, Row] = {}
        self._objects: dict[str, tuple[str, str]] = {}
        self._given_up = {item.kept.name for item in items if item.kept and item.kept.name}
        self._answers: dict[str, Row] = {}
        self._fingerprints: dict[bytes, Row] = {}
        self._tallies = Changes()
        self._paths: Counter[str] = Counter()
        _lock_accounts(connection, items)
        self._holders = _claim(connection, items)
        self._taken = _taken_lately(self._holders, items, now)

    def add(self, item: Prepared) -> StoredMessage:
        """Decide what becomes of one transaction, and collect its rows."""
        pulled = item.envelope.pulled_from
        if pulled is not None:
            known = _pulled_before(self._connection, pulled)
            if known is not None:
                return self._stored(item, known, known)
            first = self._link_pulled(item, pulled)
        else:
            first = self._first_of(item)
        self._collect(item, first)
        return self._stored(item, item.envelope.id, first)

    def flush(self) -> None:
        """Write what was collected, table by table."""
        _BLOBS.insert(self._connection, _in_order(self._blobs))
        if self._objects:
            ledger.take_names(self._connection, self._objects)
        ledger.give_up(self._connection, self._given_up)
        for table, bulk in _PLAIN.items():
            bulk.insert(self._connection, self._rows[table])
        _ANSWERS.insert(self._connection, _in_order(self._answers))
        _FINGERPRINTS.insert(self._connection, _in_order(self._fingerprints))
        self._flush_paths()
        self._tallies.write(self._connection)

    def _flush_paths(self) -> None:
        """Count what the trusted paths let in; one that was removed meanwhile is none any more."""
        table = schema.forward_paths
        for path, number in sorted(self._paths.items()):
            counted = update(table).where(table.c.id == path)
            self._connection.execute(counted.values(uses=table.c.uses + number, used_at=self._now))

    def _stored(self, item: Prepared, identifier: str, first: str | None) -> StoredMessage:
        return StoredMessage(
            identifier, item.verdict, item.size, item.sha256, self._now, duplicate_of=first
        )

    def _collect(self, item: Prepared, first: str | None) -> None:
        keeps_body = item.kept is not None and first is None
        refused = item.verdict.action is Action.REJECT
        expires = self._now + REFUSED_BODY_DAYS if refused and keeps_body else None
        self._rows[schema.transactions].append(
            item.transaction
            | {"stored_at": self._now, "duplicate_of": first, "body_expires_at": expires}
        )
        self._rows[schema.reports].append(item.report)
        self._rows[schema.transaction_addresses].extend(item.addresses)
        if item.verdict.path:
            self._paths[item.verdict.path] += 1
        for answer in item.answers:
            known = self._answers.setdefault(answer["hash"], answer | {"uses": 0})
            known["uses"] += 1
        if item.kept is not None and first is None:
            self._use(item.kept)
            if item.diagnose:
                self._rows[schema.outbox].append(job_row(KIND, item.envelope.id, self._now))
        if item.verdict.keeps_message and first is None:
            self._collect_message(item)

    def _use(self, kept: Kept) -> None:
        """One use more of these bytes; equal ones rest on the first of their objects."""
        if kept.name is not None and kept.sha256 not in self._objects:
            self._objects[kept.sha256] = kept.name, kept.coding
            self._given_up.remove(kept.name)
        self._blobs.setdefault(kept.sha256, kept.row(self._now))["uses"] += 1

    def _collect_message(self, item: Prepared) -> None:
        lies = mailbox_rows(item)
        held = item.verdict.action is Action.QUARANTINE
        self._rows[schema.messages].append(message_row(item))
        self._rows[schema.message_mailboxes].extend(lies)
        self._rows[schema.outbox].append(job_row("digest", item.envelope.id, self._now))
        mailboxes = [row["mailbox_id"] for row in lies]
        self._tallies.add(Kind(held, False, "", False), mailboxes, item.size)

    def _first_of(self, item: Prepared) -> str | None:
        """The id of the transaction that this one repeats (RFC 1047), or None.

        What was held is repeated only by what would be held: else it would be hidden with it.
        """
        if item.fingerprint is None:
            return None
        held = item.verdict.action is Action.QUARANTINE
        found = self._taken.get(item.fingerprint)
        if found is not None and (held or not found[1]):
            return found[0]
        self._taken[item.fingerprint] = (item.envelope.id, held)
        if self._holders[item.fingerprint].transaction_id != item.envelope.id:
            self._fingerprints[item.fingerprint] = _fingerprint_row(item)
        return None

    def _link_pulled(self, item: Prepared, pulled: PulledFrom) -> str | None:
        """Remember that this UID was taken. The id of the message that it is, where the account
        gave us these bytes before under another UIDVALIDITY or folder; None for a new one."""
        first = _same_bytes(self._connection, pulled, item.sha256)
        self._connection.execute(
            insert(schema.pulled).values(
                account_id=pulled.account_id,
                folder=pulled.folder,
                uidvalidity=pulled.uidvalidity,
                uid=pulled.uid,
                message_id=first or item.envelope.id,
                sha256=item.sha256,
                linked=first is not None,
                pulled_at=self._now,
            )
        )
        return first


def _in_order(rows: Mapping[Any, Row]) -> list[Row]:
    """By their key: two batches that lock the same rows must not wait for each other."""
    return [row for _, row in sorted(rows.items())]


def _lock_accounts(connection: Connection, items: Sequence[Prepared]) -> None:
    """Two batches must not give one old message to two new UIDs of an account."""
    if connection.dialect.name != "postgresql":
        return
    pulled = (item.envelope.pulled_from for item in items)
    for account in sorted({one.account_id for one in pulled if one is not None}):
        key = func.hashtext(f"pulled {account}")
        connection.execute(select(func.pg_advisory_xact_lock(_PULLED_LOCK, key)))


_PULLED_LOCK = 0x70756C6C


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whom a fingerprint belongs to in the store, since when, and whether that message is held
    now. One that was deleted counts as what it was taken for: mail that would be accepted must
    not vanish with a forged copy that somebody threw away."""

    transaction_id: str
    received_at: datetime
    held: bool


def _fingerprint_row(item: Prepared) -> Row:
    return {
        "fingerprint": item.fingerprint,
        "transaction_id": item.envelope.id,
        "received_at": item.envelope.received_at,
    }


def _claim(connection: Connection, items: Sequence[Prepared]) -> dict[bytes, _Holder]:
    """Claim the fingerprints of this batch; whoever holds each of them from now on.

    A batch elsewhere that has the same message waits here until we commit, and then finds it.
    """
    wanted: dict[bytes, Row] = {}
    for item in items:
        if item.fingerprint is not None:
            wanted.setdefault(item.fingerprint, _fingerprint_row(item))
    if not wanted:
        return {}
    _CLAIMS.insert(connection, _in_order(wanted))
    return {
        row.fingerprint: _Holder(row.transaction_id, row.received_at, bool(row.held))
        for row in connection.execute(_HOLDERS, {"wanted": list(wanted)})
    }


def _taken_lately(
    holders: Mapping[bytes, _Holder], items: Sequence[Prepared], now: datetime
) -> dict[bytes, tuple[str, bool]]:
    """The fingerprints that others took in the last days: id, and whether it is held."""
    ours = {item.envelope.id for item in items}
    return {
        fingerprint: (holder.transaction_id, holder.held)
        for fingerprint, holder in holders.items()
        if holder.received_at > now - DUPLICATE_DAYS and holder.transaction_id not in ours
    }


def _holders_query() -> Select[tuple[bytes, str, datetime, bool]]:
    """The holders of the fingerprints `wanted`; built once, because building it takes longer than
    what it finds."""
    table, messages, log = schema.fingerprints, schema.messages, schema.transactions
    held = func.coalesce(messages.c.held, log.c.outcome == OUTCOMES[Action.QUARANTINE])
    return (
        select(table.c.fingerprint, table.c.transaction_id, table.c.received_at, held.label("held"))
        .outerjoin(messages, messages.c.id == table.c.transaction_id)
        .outerjoin(log, log.c.id == table.c.transaction_id)
        .where(table.c.fingerprint.in_(bindparam("wanted", expanding=True)))
    )


_HOLDERS = _holders_query()


def _pulled_before(connection: Connection, pulled: PulledFrom) -> str | None:
    """The id of the message that this very UID gave us, or None."""
    table = schema.pulled
    query = select(table.c.message_id).where(
        table.c.account_id == pulled.account_id,
        table.c.folder == pulled.folder,
        table.c.uidvalidity == pulled.uidvalidity,
        table.c.uid == pulled.uid,
    )
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def _same_bytes(connection: Connection, pulled: PulledFrom, sha256: str) -> str | None:
    """A message of the account with these bytes that this folder and UIDVALIDITY do not name yet.

    After a change of UIDVALIDITY every message is seen again under a new UID, two equal ones
    twice; each new UID takes one of the old messages, and only what is left over is new.
    """
    table, here = schema.pulled, schema.pulled.alias("here")
    named_here = exists().where(
        and_(
            here.c.account_id == pulled.account_id,
            here.c.folder == pulled.folder,
            here.c.uidvalidity == pulled.uidvalidity,
            here.c.message_id == table.c.message_id,
        )
    )
    query = (
        select(table.c.message_id)
        .where(table.c.account_id == pulled.account_id, table.c.sha256 == sha256, ~named_here)
        .order_by(table.c.message_id)
        .limit(1)
    )
    found = connection.execute(query).scalar()
    return None if found is None else str(found)
