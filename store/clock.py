"""One clock for all who share a store.

Leases and heartbeats are compared between machines, whose clocks differ. Where a server keeps the
store, its clock is the one that all of them can see, so it counts; the embedded store is used by
one machine only, which passes its own in. Neither is trusted to go forward: what depends on it is
made so that a clock that was set back costs a pause and nothing else (`store.outbox`).
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select


def now_on(connection: Connection, now: datetime) -> datetime:
    """What time it is for the store; `now` is the caller's own clock."""
    if connection.dialect.name != "postgresql":
        return now
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)
