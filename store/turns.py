"""Work on many rows in many short turns, so that mail is never kept waiting for it.

Whoever writes keeps all other writers away. A turn takes few rows and little time, and as long as
it took, nobody of us asks for the next. On PostgreSQL mail is written beside: there a turn may lock
rows the other way round than a batch of mail does, and where the server stops the turn for that, it
is tried again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from store.database import Database
from store.problems import Conflict

T = TypeVar("T")

_SLICE = 20
"""Rows between two looks at the clock."""

_ATTEMPTS = 5
"""Of a turn that gets into the way of mail."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`rows` are looked up at once; no turn begins another slice of work after `seconds`. `pause`
    sleeps; `is_stopped` ends the work between two turns."""

    rows: int = 200
    seconds: float = 0.02
    pause: Callable[[float], object] = time.sleep
    is_stopped: Callable[[], bool] = lambda: False


UNHURRIED = Pace()
"""What mail does not notice."""


def in_turns(
    database: Database,
    pace: Pace,
    find: Callable[[T | None], Sequence[T]],
    work: Callable[[Connection, Sequence[T]], int],
) -> int:
    """Do `work` on all that `find` finds, and add up what it returns.

    `find` gets the last row that was worked on, or None, and returns those after it in order,
    `pace.rows` at most. `work` is in the turn: it must look again whether they still fit, and
    what it does besides writing may be done again.
    """
    total, last = 0, None
    while not pace.is_stopped():
        rows = list(find(last))
        if not rows:
            break
        last = rows[-1]
        while rows and not pace.is_stopped():
            done, rows, held = _turn_at_last(database, pace, rows, work)
            total += done
            pace.pause(held)
    return total


def _turn_at_last(
    database: Database,
    pace: Pace,
    rows: list[T],
    work: Callable[[Connection, Sequence[T]], int],
) -> tuple[int, list[T], float]:
    for _ in range(_ATTEMPTS - 1):
        try:
            return _turn(database, pace, rows, work)
        except Conflict:
            pace.pause(pace.seconds)
    return _turn(database, pace, rows, work)


def _turn(
    database: Database,
    pace: Pace,
    rows: list[T],
    work: Callable[[Connection, Sequence[T]], int],
) -> tuple[int, list[T], float]:
    """One turn: how much was done, what is left of the rows, and for how long it was held. One
    slice is done at least, or nothing ever would be."""
    total, at = 0, 0
    with database.write() as connection:
        began = time.monotonic()
        while at < len(rows) and (not at or time.monotonic() - began < pace.seconds):
            total += work(connection, rows[at : at + _SLICE])
            at += _SLICE
    return total, rows[at:], time.monotonic() - began
