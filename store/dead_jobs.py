"""The dead letters of the outbox: jobs that failed too often and wait for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from store import schema
from store.audit import note
from store.columns import EPOCH
from store.database import Database
from store.page import Page, bounded

_outbox = schema.outbox
_is_dead = _outbox.c.state == "dead"


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed too often, with its last error in one line."""

    id: int
    kind: str
    message_id: str | None
    attempts: int
    error: str
    created_at: datetime


def list_dead(
    database: Database, limit: int = 100, cursor: str | None = None, kind: str | None = None
) -> Page[DeadJob]:
    """Dead jobs, newest first, of one kind or of all.

    Raises ValueError for a cursor that is not ours.
    """
    limit = bounded(limit)
    query = select(_outbox).where(_is_dead)
    if kind is not None:
        query = query.where(_outbox.c.kind == kind)
    if cursor is not None:
        query = query.where(_outbox.c.id < _id_of(cursor))
    with database.read() as connection:
        rows = connection.execute(query.order_by(_outbox.c.id.desc()).limit(limit + 1)).all()
    jobs = tuple(
        DeadJob(row.id, row.kind, row.message_id, row.attempts, row.error or "", row.created_at)
        for row in rows[:limit]
    )
    return Page(jobs, str(jobs[-1].id) if len(rows) > limit else None)


def count_dead(database: Database) -> dict[str, int]:
    """How many dead jobs there are of each kind that has any."""
    query = select(_outbox.c.kind, func.count()).where(_is_dead).group_by(_outbox.c.kind)
    with database.read() as connection:
        rows = connection.execute(query.order_by(_outbox.c.kind)).all()
    return {row[0]: row[1] for row in rows}


def retry_dead(database: Database, ids: Iterable[int], *, by: str, now: datetime) -> int:
    """Try dead jobs again from the beginning; how many of `ids` there were."""
    return _retry(database, _outbox.c.id.in_(list(ids)), by, now)


def retry_kind(database: Database, kind: str, *, by: str, now: datetime) -> int:
    """The same for all dead jobs of a kind."""
    return _retry(database, _outbox.c.kind == kind, by, now)


def drop_dead(database: Database, ids: Iterable[int], *, by: str, now: datetime) -> int:
    """Give dead jobs up for good: what they were to do stays undone. How many there were."""
    with database.write() as connection:
        gone = delete(_outbox).where(_is_dead, _outbox.c.id.in_(list(ids)))
        rows = connection.execute(gone.returning(_outbox.c.id, _outbox.c.kind)).all()
        for row in rows:
            note(connection, by, "job.drop", str(row.id), now, kind=row.kind)
    return len(rows)


def _retry(database: Database, which: ColumnElement[bool], by: str, now: datetime) -> int:
    again = update(_outbox).where(_is_dead, which)
    again = again.values(state="waiting", attempts=0, due_at=EPOCH, owner=None)
    with database.write() as connection:
        found = connection.execute(again.returning(_outbox.c.id)).scalars().all()
        if found:
            note(connection, by, "job.retry", f"{min(found)}-{max(found)}", now, number=len(found))
    return len(found)


def _id_of(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise ValueError("the cursor is not one of ours")
    return int(cursor)
