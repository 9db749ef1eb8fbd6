"""What follows from a message, worked off later and at least once.

A job is written in the transaction of what it follows from, so neither is there without the
other. Workers lease jobs; a lease that its owner does not end in time (it died, or hangs) runs
out, and the job is free again, sooner where the owner is known to be dead (`store.nodes`). A job
that fails waits longer each time and never stands in the way of others; after MAX_ATTEMPTS it is
dead and waits for a person (`store.dead_jobs`).

A new job is due at EPOCH: at once, whatever any clock says. Only leases and pauses have a time,
and it is that of the store (`store.clock`). Of what a worker takes at one time a part is for jobs
that come again, so that neither a flood of new ones nor a heap of failing ones keeps the others
waiting; and each kind is looked for by itself, in an index that begins with the kind, so that a
million jobs of one kind are not in the way of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from store import schema
from store.clock import now_on
from store.columns import EPOCH, storable
from store.database import Database
from store.page import bounded

MAX_ATTEMPTS = 10
"""With the pauses below: about two hours."""

_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=2)
_ERROR_LIMIT = 1000

_outbox = schema.outbox
_waits = _outbox.c.state == "waiting"


@dataclass(frozen=True, slots=True)
class Job:
    """One leased job. `attempts` counts this one; it also proves that the lease is still ours."""

    id: int
    kind: str
    message_id: str | None
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is to do: jobs that wait or are leased, dead ones, and since when the oldest
    waits (None: nothing waits)."""

    waiting: int
    dead: int
    oldest: datetime | None


def claim(
    database: Database,
    kinds: Sequence[str],
    owner: str,
    limit: int,
    lease_seconds: float,
    now: datetime,
) -> tuple[Job, ...]:
    """Lease jobs that are due, of each kind its share of `limit`. Empty where there are none.

    `owner` is the `instance` of a node's program, or any other word. A job that was begun
    MAX_ATTEMPTS times without an end (it may kill its workers) is declared dead.
    """
    if not _has_due(database, kinds, now):
        return ()
    share = -(-bounded(limit) // len(kinds))
    with database.write_beside() as connection:
        at = now_on(connection, now)
        found = [row for kind in kinds for row in _pick(connection, kind, share, at)]
        _give_up(connection, [row.id for row in found if row.attempts >= MAX_ATTEMPTS])
        fit = [row.id for row in found if row.attempts < MAX_ATTEMPTS]
        jobs = _lease(connection, fit, owner, at + timedelta(seconds=lease_seconds))
    return tuple(sorted(jobs, key=lambda job: job.id))


def _pick(
    connection: Connection, kind: str, limit: int, at: datetime
) -> list[Row[tuple[int, int]]]:
    """Jobs that are due and that nobody else is taking at this moment, the longest due first."""
    again = _due(connection, kind, max(1, limit // 4), _outbox.c.due_at > EPOCH, at)
    rest = limit - len(again)
    return again + (_due(connection, kind, rest, _outbox.c.due_at <= EPOCH, at) if rest else [])


def _due(
    connection: Connection, kind: str, limit: int, which: ColumnElement[bool], at: datetime
) -> list[Row[tuple[int, int]]]:
    query = (
        select(_outbox.c.id, _outbox.c.attempts)
        .where(_waits, _outbox.c.kind == kind, which, _outbox.c.due_at <= at)
        .order_by(_outbox.c.due_at, _outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(connection.execute(query))


def _give_up(connection: Connection, worn_out: list[int]) -> None:
    if worn_out:
        error = func.coalesce(_outbox.c.error, "no attempt ended")
        dead = update(_outbox).where(_outbox.c.id.in_(worn_out))
        connection.execute(dead.values(state="dead", owner=None, error=error))


def _lease(connection: Connection, ids: list[int], owner: str, until: datetime) -> list[Job]:
    if not ids:
        return []
    leased = (
        update(_outbox)
        .where(_outbox.c.id.in_(ids))
        .values(owner=storable(owner), due_at=until, attempts=_outbox.c.attempts + 1)
        .returning(_outbox)
    )
    return [
        Job(row.id, row.kind, row.message_id, row.payload or {}, row.attempts)
        for row in connection.execute(leased)
    ]


def finish(database: Database, job: Job) -> bool:
    """The job is done. False: the lease ran out and somebody else has it, or had it."""
    with database.write_beside() as connection:
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
    with database.write_beside() as connection:
        failed = update(_outbox).where(
            _outbox.c.id == job.id, _outbox.c.attempts == job.attempts, _waits
        )
        values = {
            "state": "dead" if dead else "waiting",
            "due_at": now_on(connection, now) + pause,
            "owner": None,
            "error": storable(error, _ERROR_LIMIT),
        }
        return bool(connection.execute(failed.values(**values)).rowcount)


def free_leases(connection: Connection, dead: Sequence[str], at: datetime) -> int:
    """Take back what dead owners had leased, and what is due later than any pause is long: a
    clock was set back since. How many jobs are due now that were not."""
    lost = or_(_outbox.c.owner.in_(dead), _outbox.c.due_at > at + _LONGEST_PAUSE)
    freed = update(_outbox).where(_waits, _outbox.c.due_at > at, lost)
    return int(connection.execute(freed.values(due_at=at, owner=None)).rowcount)


def backlog(database: Database) -> Backlog:
    """How much is to do."""
    query = select(
        func.count().filter(_waits),
        func.count().filter(_outbox.c.state == "dead"),
        func.min(_outbox.c.created_at).filter(_waits),
    )
    with database.read() as connection:
        number, dead, oldest = connection.execute(query).one()
    return Backlog(number, dead, oldest)


def _has_due(database: Database, kinds: Sequence[str], now: datetime) -> bool:
    """A look without a turn: an idle worker must not hold up the writers."""
    with database.read() as connection:
        at = now_on(connection, now)
        due = (_waits, _outbox.c.due_at <= at, _outbox.c.kind.in_(kinds))
        return connection.execute(select(_outbox.c.id).where(*due).limit(1)).first() is not None
