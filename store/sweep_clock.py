"""Whether the clock may be believed when it says that time is over for mail.

A clock that jumps ahead by a year would have everything deleted within the hour. The last sweep
is the witness: it was an hour ago, or as long ago as the server was off. What was stored is none,
because a wrong clock stamps new mail with the same wrong time. Where the clock is further from
the last sweep than a person's week of holidays nothing is swept until somebody confirms it: the
only harm is that things stay longer.
"""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from store import schema
from store.audit import note
from store.database import Database
from store.retention import Swept, sweep
from store.small_settings import get_setting, put_setting
from store.turns import UNHURRIED, Pace

_log = logging.getLogger("postern.store")

AHEAD = timedelta(days=7)
"""The clock may be so far ahead of the last sweep."""

BEHIND = timedelta(hours=1)
"""It may be so far behind it: a clock that was set right, or another machine's."""

INTERVAL = timedelta(minutes=50)
"""Where another machine swept so lately, nobody else does."""

_SETTING = "sweep.at"


def clock_problem(database: Database, now: datetime) -> str | None:
    """What is wrong with the clock, in one line that says the cure; None where it is believed."""
    last = last_sweep(database)
    if last is None or last - BEHIND <= now <= last + AHEAD:
        return None
    far = f"{abs(now - last).days} days " + ("ahead of" if now > last else "behind")
    return (
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, {far} the last sweep ({last:%Y-%m-%d %H:%M}), "
        "so nothing is deleted by age: set the clock, or if it is right: "
        "postern retention confirm-clock"
    )


def last_sweep(database: Database) -> datetime | None:
    """When it was last swept, or the clock confirmed; where that never was, when the newest mail
    was stored; None for a store that has none."""
    value = get_setting(database, _SETTING)
    if value is not None:
        return datetime.fromisoformat(value)
    with database.read() as connection:
        return _newest(connection)


def confirm_clock(database: Database, *, by: str, now: datetime) -> None:
    """The clock is right: sweep again from now on."""
    with database.write() as connection:
        note(connection, by, "retention.confirm", "clock", now)
    put_setting(database, _SETTING, now.astimezone(UTC).isoformat())


def sweep_in_time(database: Database, now: datetime, pace: Pace = UNHURRIED) -> Swept | None:
    """Sweep, unless the clock is not to be believed, which is said in the log, or it was done
    lately; None then. Raises StoreProblem."""
    problem = clock_problem(database, now)
    if problem is not None:
        _log.error("event=not-swept reason=%s", problem)
        return None
    value = get_setting(database, _SETTING)
    if value is not None and now < datetime.fromisoformat(value) + INTERVAL:
        return None
    put_setting(database, _SETTING, now.astimezone(UTC).isoformat())
    return sweep(database, now, pace)


def _newest(connection: Connection) -> datetime | None:
    log = schema.transactions
    newest = select(func.max(log.c.id)).scalar_subquery()
    found: datetime | None = connection.scalar(select(log.c.stored_at).where(log.c.id == newest))
    return found
