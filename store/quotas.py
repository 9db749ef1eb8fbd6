"""How much a mailbox may hold, and how full it is.

Numbers come from the tallies, so they cost nothing and are exact. A full mailbox is a warning and
no more, unless the operator said that its recipients shall be deferred: then the sender's server
keeps the mail and tries again. Nothing is lost for a quota in either case.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from mail.errors import SettingsProblem
from store import schema
from store.audit import note
from store.columns import storable
from store.database import Database
from store.keeping_schema import quotas as _quotas
from store.tallies import read_loads
from store.upsert import insert_into

_log = logging.getLogger("postern.store")

LEVELS = (80, 95, 100)
"""Percent at which it is said that a mailbox fills up."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`messages` and `octets` that a mailbox may hold; None for as many as there are. `refuse`:
    its recipients are deferred with 452 4.2.2 when it is full."""

    messages: int | None = None
    octets: int | None = None
    refuse: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """How much lies in a mailbox (an id, with its name), whatever kind of mail."""

    mailbox: str
    name: str
    messages: int
    octets: int
    quota: Quota | None

    @property
    def percent(self) -> int:
        """Of the quota that is nearer to its end; 0 without one."""
        quota = self.quota or Quota()
        pairs = ((self.messages, quota.messages), (self.octets, quota.octets))
        return max((100 * used // most for used, most in pairs if most), default=0)

    @property
    def level(self) -> int:
        """The highest of LEVELS that it has reached; 0 for none."""
        return max((level for level in LEVELS if self.percent >= level), default=0)


def set_quota(database: Database, mailbox: str, quota: Quota, *, by: str, now: datetime) -> None:
    """What a mailbox may hold from now on. Raises SettingsProblem."""
    if quota.messages is None and quota.octets is None:
        raise SettingsProblem("A quota needs a number of messages or of octets")
    if any(most is not None and most < 1 for most in (quota.messages, quota.octets)):
        raise SettingsProblem("A quota needs numbers above 0")
    boxes = schema.mailboxes
    with database.write() as connection:
        if not connection.scalar(select(boxes.c.id).where(boxes.c.id == mailbox)):
            raise SettingsProblem(f"There is no mailbox {mailbox}")
        values = {"messages": quota.messages, "octets": quota.octets, "refuse": quota.refuse}
        row = values | {"set_at": now, "set_by": storable(by)}
        anew = insert_into(connection, _quotas).values(mailbox_id=mailbox, **row)
        connection.execute(
            anew.on_conflict_do_update(index_elements=[_quotas.c.mailbox_id], set_=row)
        )
        note(connection, by, "quota.set", mailbox, now, **values)


def remove_quota(database: Database, mailbox: str, *, by: str, now: datetime) -> bool:
    """Let a mailbox hold as much as there is. False: it had no quota."""
    with database.write() as connection:
        gone = connection.execute(delete(_quotas).where(_quotas.c.mailbox_id == mailbox)).rowcount
        if gone:
            note(connection, by, "quota.remove", mailbox, now)
    return bool(gone)


def list_loads(database: Database) -> tuple[Load, ...]:
    """All mailboxes by name, with what lies in them and their quotas."""
    boxes = schema.mailboxes
    query = select(boxes.c.id, boxes.c.name, _quotas).outerjoin(_quotas).order_by(boxes.c.name)
    with database.read() as connection:
        loads = read_loads(connection)
        return tuple(_load(row, loads) for row in connection.execute(query))


def full_mailboxes(connection: Connection) -> frozenset[str]:
    """The mailboxes that are full and whose recipients shall be deferred therefore."""
    boxes = schema.mailboxes
    query = select(boxes.c.id, boxes.c.name, _quotas).join(_quotas).where(_quotas.c.refuse)
    rows = connection.execute(query).all()
    loads = read_loads(connection) if rows else {}
    found = (_load(row, loads) for row in rows)
    return frozenset(load.mailbox for load in found if load.level == LEVELS[-1])


class QuotaWatch:
    """Says in the log when a mailbox reaches a level, once for each time that it does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: dict[str, int] = {}

    def look(self) -> None:
        """Compare with what was told. Raises StoreProblem."""
        for load in list_loads(self._database):
            if load.level > self._told.get(load.mailbox, 0):
                _log.warning(
                    "event=quota mailbox=%s percent=%d messages=%d octets=%d",
                    load.name,
                    load.percent,
                    load.messages,
                    load.octets,
                )
            self._told[load.mailbox] = load.level


def _load(row: Any, loads: dict[str, tuple[int, int]]) -> Load:
    messages, octets = loads.get(row.id, (0, 0))
    has_one = row.mailbox_id is not None
    quota = Quota(row.messages, row.octets, row.refuse) if has_one else None
    return Load(row.id, row.name, messages, octets, quota)
