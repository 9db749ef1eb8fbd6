"""What the store forgets, and when: a little at a time, so that nobody waits for it.

Refused bytes after a week, held messages after thirty days, the log after ninety (the rows of
messages that are still here stay with them), fingerprints and sessions when they are over. Files
of large blobs that no row names are removed when they are old enough that no writer can be about
to name them.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store import schema
from store.batch import DUPLICATE_DAYS
from store.blobs import let_go
from store.changes import delete_message
from store.database import Database
from store.page import last_id
from store.rows import address_keys

_logger = logging.getLogger("postern.store")

HELD_DAYS = timedelta(days=30)
LOG_DAYS = timedelta(days=90)

ORPHAN_AGE = timedelta(days=1)
"""A file without a row is younger than this only while its row is on its way."""

CHUNK = 200
"""Rows that one transaction removes at most."""

_log = schema.transactions


@dataclass(frozen=True, slots=True)
class Swept:
    """How much one sweep removed."""

    bodies: int
    held: int
    transactions: int
    fingerprints: int
    sessions: int
    files: int


def sweep(database: Database, now: datetime) -> Swept:
    """Forget everything whose time is over. Raises StoreProblem; what is done stays done."""
    swept = Swept(
        bodies=_all(lambda: _forget_bodies(database, now)),
        held=_all(lambda: _forget_held(database, now)),
        transactions=_all(lambda: _forget_transactions(database, now)),
        fingerprints=_all(lambda: _forget_fingerprints(database, now)),
        sessions=_forget_sessions(database, now),
        files=_remove_orphans(database, now),
    )
    _logger.info("event=swept %s", " ".join(f"{key}={getattr(swept, key)}" for key in _KEYS))
    return swept


_KEYS = tuple(Swept.__dataclass_fields__)


def _all(chunk: Callable[[], int]) -> int:
    """Chunk after chunk, until one is not full."""
    total = 0
    while True:
        number = chunk()
        total += number
        if number < CHUNK:
            return total


def _forget_bodies(database: Database, now: datetime) -> int:
    query = select(_log.c.id, _log.c.sha256).where(_log.c.body_expires_at <= now).limit(CHUNK)
    with database.write() as connection:
        rows = connection.execute(query).all()
        for row in rows:
            let_go(connection, row.sha256)
        expired = update(_log).where(_log.c.id.in_([row.id for row in rows]))
        connection.execute(expired.values(body_expires_at=None))
    return len(rows)


def _forget_held(database: Database, now: datetime) -> int:
    table = schema.messages
    query = select(table.c.id).where(table.c.held.is_(True), table.c.received_at < now - HELD_DAYS)
    with database.read() as connection:
        old = connection.execute(query.order_by(table.c.id).limit(CHUNK)).scalars().all()
    for identifier in old:
        delete_message(database, identifier, by="retention", now=now)
    return len(old)


def _forget_transactions(database: Database, now: datetime) -> int:
    """Rows of the log that have neither a message nor bytes any more."""
    messages = schema.messages
    query = (
        select(_log.c.id, _log.c.mail_from, _log.c.rcpt_to)
        .outerjoin(messages, messages.c.id == _log.c.id)
        .where(_log.c.id <= last_id(now - LOG_DAYS), _log.c.received_at < now - LOG_DAYS)
        .where(messages.c.id.is_(None), _log.c.body_expires_at.is_(None))
        .order_by(_log.c.id)
        .limit(CHUNK)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    if rows:
        with database.write() as connection:
            for row in rows:
                _forget_transaction(connection, row)
    return len(rows)


def _forget_transaction(connection: Connection, row: Any) -> None:
    addresses, reports, answers = (
        schema.transaction_addresses,
        schema.reports,
        schema.dns_answers,
    )
    connection.execute(
        delete(addresses).where(
            addresses.c.address.in_(list(address_keys(row.mail_from, row.rcpt_to))),
            addresses.c.transaction_id == row.id,
        )
    )
    query = select(reports.c.evidence).where(reports.c.transaction_id == row.id)
    for hash_, *_ in connection.execute(query).scalar() or ():
        less = update(answers).where(answers.c.hash == hash_)
        connection.execute(less.values(uses=answers.c.uses - 1))
        connection.execute(delete(answers).where(answers.c.hash == hash_, answers.c.uses <= 0))
    diagnoses = schema.diagnoses
    connection.execute(delete(diagnoses).where(diagnoses.c.transaction_id == row.id))
    connection.execute(delete(reports).where(reports.c.transaction_id == row.id))
    connection.execute(delete(_log).where(_log.c.id == row.id))


def _forget_fingerprints(database: Database, now: datetime) -> int:
    table = schema.fingerprints
    old = select(table.c.fingerprint).where(table.c.received_at <= now - DUPLICATE_DAYS)
    with database.write() as connection:
        gone = delete(table).where(table.c.fingerprint.in_(old.limit(CHUNK)))
        return int(connection.execute(gone).rowcount)


def _forget_sessions(database: Database, now: datetime) -> int:
    table = schema.sessions
    with database.write() as connection:
        return int(connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount)


def _remove_orphans(database: Database, now: datetime) -> int:
    """Files of blobs that no row names, and what a crash left half written."""
    removed = 0
    files = _old_files(database.blob_folder, now)
    while chunk := list(islice(files, CHUNK)):
        removed += sum(_remove_orphan(database, path, now) for path in _unnamed(database, chunk))
    return removed


def _unnamed(database: Database, files: list[Path]) -> list[Path]:
    table = schema.blobs
    query = select(table.c.sha256).where(table.c.sha256.in_([path.name for path in files]))
    with database.read() as connection:
        named = set(connection.execute(query).scalars())
    return [path for path in files if path.name not in named]


def _remove_orphan(database: Database, path: Path, now: datetime) -> bool:
    """Looks again while no writer can commit: one that uses the file once more makes it young
    before it comes to write its row."""
    with database.write():
        if _unnamed(database, [path]) and _is_old(path, now):
            path.unlink(missing_ok=True)
            return True
    return False


def _is_old(path: Path, now: datetime) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < (now - ORPHAN_AGE).timestamp()
    except FileNotFoundError:
        return False


def _old_files(folder: Path, now: datetime) -> Iterator[Path]:
    return (path for path in folder.glob("??/??/*") if _is_old(path, now))
