"""What follows from a message, worked off later and at least once.

A job is written in the transaction of what it follows from, so neither is there without the
other. Workers lease jobs; a lease that its owner does not end in time (it died, or hangs) runs
out, and the job is free again. A job that fails waits longer each time and never stands in the
way of others; after MAX_ATTEMPTS it is dead and waits for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from store import schema
from store.audit import note
from store.columns import storable
from store.database import Database
from store.page import bounded

MAX_ATTEMPTS = 10
"""With the pauses below: about five hours."""

_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=2)
_ERROR_LIMIT = 1000

_outbox = schema.outbox


@dataclass(frozen=True, slots=True)
class Job:
    """One leased job. `attempts` counts this one; it also proves that the lease is still ours."""

    id: int
    kind: str
    message_id: str | None
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed too often, with its last error in one line."""

    id: int
    kind: str
    message_id: str | None
    attempts: int
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is to do: jobs that wait or are leased, dead ones, and since when the oldest
    waits (None: nothing waits)."""

    waiting: int
    dead: int
    oldest: datetime | None


def add_job(
    database: Database, kind: str, message_id: str | None, payload: dict[str, Any], now: datetime
) -> None:
    """Ask for work that does not follow from a new message."""
    with database.write() as connection:
        connection.execute(
            insert(_outbox).values(
                kind=kind,
                message_id=message_id,
                payload=payload,
                state="waiting",
                due_at=now,
                attempts=0,
                created_at=now,
            )
        )


def claim(
    database: Database,
    kinds: Sequence[str],
    owner: str,
    limit: int,
    lease_seconds: float,
    now: datetime,
) -> tuple[Job, ...]:
    """Lease jobs that are due, the longest waiting first. Empty where there are none.

    A lease is a due time in the future, so one that ran out needs nobody to notice. A job that
    was begun MAX_ATTEMPTS times without an end (it may kill its workers) is declared dead.
    """
    if not _has_due(database, kinds, now):
        return ()
    due = (_outbox.c.state == "waiting", _outbox.c.due_at <= now, _outbox.c.kind.in_(kinds))
    with database.write() as connection:
        worn_out = update(_outbox).where(*due, _outbox.c.attempts >= MAX_ATTEMPTS)
        connection.execute(
            worn_out.values(state="dead", error=func.coalesce(_outbox.c.error, "no attempt ended"))
        )
        free = (
            select(_outbox.c.id)
            .where(*due)
            .order_by(_outbox.c.due_at, _outbox.c.id)
            .limit(bounded(limit))
            .with_for_update(skip_locked=True)
        )
        leased = (
            update(_outbox)
            .where(_outbox.c.id.in_(free))
            .values(
                owner=storable(owner),
                due_at=now + timedelta(seconds=lease_seconds),
                attempts=_outbox.c.attempts + 1,
            )
            .returning(_outbox)
        )
        jobs = [
            Job(row.id, row.kind, row.message_id, row.payload or {}, row.attempts)
            for row in connection.execute(leased)
        ]
    return tuple(sorted(jobs, key=lambda job: job.id))


def finish(database: Database, job: Job) -> bool:
    """The job is done. False: the lease ran out and somebody else has it, or had it."""
    with database.write() as connection:
        return finish_within(connection, job)


def finish_within(connection: Connection, job: Job) -> bool:
    """`finish` in the transaction of what the job did, so that it is done exactly once."""
    done = delete(_outbox).where(_outbox.c.id == job.id, _outbox.c.attempts == job.attempts)
    return bool(connection.execute(done).rowcount)


def retry(database: Database, job: Job, error: str, now: datetime) -> bool:
    """The job failed; it is due again after a pause, or dead. False as for `finish`.

    `error` is one line for a person.
    """
    dead = job.attempts >= MAX_ATTEMPTS
    pause = min(_FIRST_PAUSE * 2 ** (job.attempts - 1), _LONGEST_PAUSE)
    with database.write() as connection:
        failed = update(_outbox).where(
            _outbox.c.id == job.id,
            _outbox.c.attempts == job.attempts,
            _outbox.c.state == "waiting",
        )
        values = {
            "state": "dead" if dead else "waiting",
            "due_at": now + pause,
            "owner": None,
            "error": storable(error, _ERROR_LIMIT),
        }
        return bool(connection.execute(failed.values(**values)).rowcount)


def backlog(database: Database) -> Backlog:
    """How much is to do."""
    waiting = _outbox.c.state == "waiting"
    query = select(
        func.count().filter(waiting),
        func.count().filter(_outbox.c.state == "dead"),
        func.min(_outbox.c.created_at).filter(waiting),
    )
    with database.read() as connection:
        number, dead, oldest = connection.execute(query).one()
    return Backlog(number, dead, oldest)


def list_dead(database: Database, limit: int = 100) -> tuple[DeadJob, ...]:
    """The jobs that wait for a person, newest first."""
    query = select(_outbox).where(_outbox.c.state == "dead")
    query = query.order_by(_outbox.c.id.desc()).limit(bounded(limit))
    with database.read() as connection:
        return tuple(
            DeadJob(row.id, row.kind, row.message_id, row.attempts, row.error, row.created_at)
            for row in connection.execute(query)
        )


def revive(database: Database, job_id: int, *, by: str, now: datetime) -> bool:
    """Try a dead job again from the beginning. False: no such dead job."""
    with database.write() as connection:
        again = update(_outbox).where(_outbox.c.id == job_id, _outbox.c.state == "dead")
        again = again.values(state="waiting", attempts=0, due_at=now, owner=None)
        if not connection.execute(again).rowcount:
            return False
        note(connection, by, "job.revive", str(job_id), now)
    return True


def _has_due(database: Database, kinds: Sequence[str], now: datetime) -> bool:
    """A look without a turn: an idle worker must not hold up the writers."""
    query = (
        select(_outbox.c.id)
        .where(_outbox.c.state == "waiting", _outbox.c.due_at <= now, _outbox.c.kind.in_(kinds))
        .limit(1)
    )
    with database.read() as connection:
        return connection.execute(query).first() is not None
