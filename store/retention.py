"""What the store forgets, and when: a little at a time, so that nobody waits for it.

First what no rule speaks of: refused bytes, held messages, the log (the rows of messages that are
still here stay with them), the audit log, what was sent and what reports said
of addresses each have an age (`store.ages`);
fingerprints and sessions are over after fixed times. Then messages, by the rules that there are
(`store.retention_rules`). What is under a hold stays. Objects that no row names any more are
removed as well (`store.blobs.orphans`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, select, update

from store import schema
from store.ages import LOG_DAYS, USUAL, read_ages
from store.batch import DUPLICATE_DAYS, REFUSED_BODY_DAYS
from store.blobs import ORPHAN_AGE, let_go
from store.blobs.orphans import remove_orphans
from store.database import Database
from store.deletion import bury, header_blocks, shed_bytes
from store.evidence import settle
from store.holds import leaving_held
from store.log_deletion import forget_transactions
from store.page import last_id
from store.retention_rules import BYTES, Rule, list_rules, matching
from store.turns import UNHURRIED, Pace, in_turns

__all__ = ["HELD_DAYS", "LOG_DAYS", "ORPHAN_AGE", "Swept", "sweep"]

_logger = logging.getLogger("postern.store")

HELD_DAYS = timedelta(days=USUAL["held"])

SWEEPER = "retention"
"""Who deletes what a rule or an age says."""

_log = schema.transactions
_messages = schema.messages


@dataclass(frozen=True, slots=True)
class Swept:
    """How much one sweep removed; `messages` whole ones by rules, `shed` the bytes of others."""

    bodies: int
    held: int
    messages: int
    shed: int
    transactions: int
    audit: int
    campaigns: int
    suppressions: int
    fingerprints: int
    sessions: int
    files: int


def sweep(database: Database, now: datetime, pace: Pace = UNHURRIED) -> Swept:
    """Forget everything whose time is over. Raises StoreProblem; what is done stays done.

    It believes `now`: `store.sweep_clock` says whether that is wise.
    """
    with database.read() as connection:
        ages = {name: age.in_force for name, age in read_ages(connection, now).items()}
    by_rule = _follow_rules(database, now, pace)
    swept = Swept(
        bodies=_forget_bodies(database, now, ages["refused"], pace),
        held=_forget_held(database, now, ages["held"], pace),
        messages=by_rule[0],
        shed=by_rule[1],
        transactions=_forget_log(database, now, ages["log"], pace),
        audit=_forget_audit(database, now, ages["audit"], pace),
        campaigns=_forget_campaigns(database, now, ages["campaigns"], pace),
        suppressions=_forget_suppressions(database, now, ages["suppressed"], pace),
        fingerprints=_forget_fingerprints(database, now, pace),
        sessions=_forget_sessions(database, now),
        files=remove_orphans(database, now),
    )
    _logger.info("event=swept %s", " ".join(f"{key}={getattr(swept, key)}" for key in _KEYS))
    return swept


_KEYS = tuple(Swept.__dataclass_fields__)


def _forget_bodies(database: Database, now: datetime, days: int, pace: Pace) -> int:
    ends = now + REFUSED_BODY_DAYS - timedelta(days=days)
    query = select(_log.c.id).where(_log.c.body_expires_at <= ends)

    def find(last: str | None) -> Sequence[str]:
        """In the order of their index; what was worked on is in it no more."""
        with database.read() as connection:
            due = leaving_held(connection, query).order_by(_log.c.body_expires_at)
            return connection.execute(due.limit(pace.rows)).scalars().all()

    def work(connection: Connection, identifiers: Sequence[str]) -> int:
        still = leaving_held(
            connection, select(_log.c.id, _log.c.sha256).where(_log.c.id.in_(identifiers))
        )
        rows = connection.execute(still.where(_log.c.body_expires_at <= ends)).all()
        for row in sorted(rows, key=lambda row: str(row.sha256)):
            let_go(connection, row.sha256)
        expired = update(_log).where(_log.c.id.in_([row.id for row in rows]))
        connection.execute(expired.values(body_expires_at=None))
        return len(rows)

    return in_turns(database, pace, find, work)


def _forget_held(database: Database, now: datetime, days: int, pace: Pace) -> int:
    ends = now - timedelta(days=days)
    query = select(_log.c.id).join(_messages, _messages.c.id == _log.c.id)
    query = query.where(_messages.c.held.is_(True), _messages.c.received_at < ends)
    return _delete_in_turns(database, query, now, pace)


def _follow_rules(database: Database, now: datetime, pace: Pace) -> tuple[int, int]:
    """Messages that were deleted, and those of which only the bytes were."""
    counts = [0, 0]
    for rule in list_rules(database):
        if rule.effective_at <= now:
            counts[rule.wanted.what == BYTES] += _follow(database, rule, now, pace)
    return counts[0], counts[1]


def _follow(database: Database, rule: Rule, now: datetime, pace: Pace) -> int:
    query = matching(rule.wanted, now, _log.c.id)
    if rule.wanted.what == BYTES:
        return _delete_in_turns(database, query, now, pace, only_bytes=True)
    return _delete_in_turns(database, query, now, pace)


def _delete_in_turns(
    database: Database, query: Select[Any], now: datetime, pace: Pace, *, only_bytes: bool = False
) -> int:
    """End the messages that `query` finds; it selects ids of `transactions`."""
    blocks: dict[str, bytes] = {}

    def find(last: str | None) -> Sequence[str]:
        found = _after(database, pace, query, last)
        blocks.clear()
        blocks.update(header_blocks(database, found))
        return found

    def work(connection: Connection, identifiers: Sequence[str]) -> int:
        still = leaving_held(connection, query.where(_log.c.id.in_(identifiers)))
        free = connection.execute(still).scalars().all()
        if only_bytes:
            return len(shed_bytes(connection, free, blocks, now))
        return len(bury(connection, free, blocks, by=SWEEPER, now=now))

    return in_turns(database, pace, find, work)


def _forget_log(database: Database, now: datetime, days: int, pace: Pace) -> int:
    """Rows of the log that have neither a message nor bytes any more."""
    ends = now - timedelta(days=days)
    query = (
        select(_log.c.id)
        .outerjoin(_messages, _messages.c.id == _log.c.id)
        .where(_log.c.id <= last_id(ends), _log.c.received_at < ends)
        .where(_messages.c.id.is_(None), _log.c.body_expires_at.is_(None))
    )

    def work(connection: Connection, identifiers: Sequence[str]) -> int:
        still = leaving_held(connection, query.where(_log.c.id.in_(identifiers)))
        return forget_transactions(connection, connection.execute(still).scalars().all())

    return in_turns(database, pace, partial(_after, database, pace, query), work)


def _after(database: Database, pace: Pace, query: Select[Any], last: str | None) -> Sequence[str]:
    """The next ids of `transactions` that fit, without what is held."""
    with database.read() as connection:
        wanted = leaving_held(connection, query).order_by(_log.c.id).limit(pace.rows)
        if last is not None:
            wanted = wanted.where(_log.c.id > last)
        return connection.execute(wanted).scalars().all()


def _forget_audit(database: Database, now: datetime, days: int, pace: Pace) -> int:
    table = schema.audit
    ends = now - timedelta(days=days)

    def find(last: int | None) -> Sequence[int]:
        old = select(table.c.id).where(table.c.at < ends).order_by(table.c.at, table.c.id)
        with database.read() as connection:
            return connection.execute(old.limit(pace.rows)).scalars().all()

    def work(connection: Connection, identifiers: Sequence[int]) -> int:
        return connection.execute(delete(table).where(table.c.id.in_(identifiers))).rowcount

    return in_turns(database, pace, find, work)


def _forget_campaigns(database: Database, now: datetime, days: int, pace: Pace) -> int:
    """Message-IDs of campaigns; what answered them stays linked."""
    table = schema.campaign_messages
    old = table.c.sent_at < now - timedelta(days=days)

    def find(last: str | None) -> Sequence[str]:
        query = select(table.c.key).where(old).order_by(table.c.sent_at)
        with database.read() as connection:
            return connection.execute(query.limit(pace.rows)).scalars().all()

    def work(connection: Connection, keys: Sequence[str]) -> int:
        return connection.execute(delete(table).where(table.c.key.in_(keys), old)).rowcount

    return in_turns(database, pace, find, work)


def _forget_suppressions(database: Database, now: datetime, days: int, pace: Pace) -> int:
    """What reports said of addresses, but complaints; the entries of it are over by then."""
    table = schema.suppression_evidence
    old = and_(table.c.kind != "complaint", table.c.at < now - timedelta(days=days))
    keys = (table.c.address, table.c.message_id)

    def find(last: tuple[str, str] | None) -> Sequence[tuple[str, str]]:
        query = select(*keys).where(old).order_by(*keys).limit(pace.rows)
        with database.read() as connection:
            return [(row.address, row.message_id) for row in connection.execute(query)]

    def work(connection: Connection, found: Sequence[tuple[str, str]]) -> int:
        for address, message_id in found:
            this = and_(table.c.address == address, table.c.message_id == message_id)
            connection.execute(delete(table).where(this))
        settle(connection, {address for address, _ in found})
        return len(found)

    return in_turns(database, pace, find, work)


def _forget_fingerprints(database: Database, now: datetime, pace: Pace) -> int:
    table = schema.fingerprints
    old = table.c.received_at <= now - DUPLICATE_DAYS

    def find(last: bytes | None) -> Sequence[bytes]:
        with database.read() as connection:
            query = select(table.c.fingerprint).where(old).order_by(table.c.received_at)
            return connection.execute(query.limit(pace.rows)).scalars().all()

    def work(connection: Connection, prints: Sequence[bytes]) -> int:
        gone = delete(table).where(table.c.fingerprint.in_(prints), old)
        return connection.execute(gone).rowcount

    return in_turns(database, pace, find, work)


def _forget_sessions(database: Database, now: datetime) -> int:
    table = schema.sessions
    with database.write() as connection:
        return int(connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount)
