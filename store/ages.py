"""How long things are kept of which no rule speaks, in days: some have a usual age, which an
administrator may change.

A shorter age deletes what a longer one keeps, so it takes effect a day after it was set, unless
somebody confirms it: until then the longer one holds, and a typing error harms nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from mail.errors import SettingsProblem
from store.audit import note
from store.columns import storable
from store.database import Database
from store.keeping_schema import retention_ages as _ages
from store.upsert import insert_into

DRY = timedelta(hours=24)
"""What deletes more than before does nothing for so long, unless somebody confirms it."""

USUAL = {
    "refused": 7,
    "held": 30,
    "log": 90,
    "audit": 730,
    "campaigns": 400,
    "suppressed": 180,
}
"""The bytes of refused mail, held messages, the log of what is here no more, the audit log, and the
Message-IDs of campaigns: holidays and fairs come once a year, and so do answers to them;
and addresses that reports say are dead."""

LOG_DAYS = timedelta(days=USUAL["log"])

MOST_DAYS = 36500


@dataclass(frozen=True, slots=True)
class Age:
    """`days` is what was set; `in_force` what holds now. They differ until `effective_at`.
    `set_at` is None where it is the usual one."""

    name: str
    days: int
    in_force: int
    usual: int
    set_at: datetime | None
    set_by: str | None
    effective_at: datetime | None


def list_ages(database: Database, now: datetime) -> tuple[Age, ...]:
    """All of them."""
    with database.read() as connection:
        return tuple(read_ages(connection, now).values())


def read_ages(connection: Connection, now: datetime) -> dict[str, Age]:
    """All of them by name."""
    rows = {row.name: row for row in connection.execute(select(_ages))}
    return {name: _age(name, rows.get(name), now) for name in USUAL}


def set_age(database: Database, name: str, days: int, *, by: str, now: datetime) -> Age:
    """Keep something for so many days. A shorter age than now begins in a day. Raises
    SettingsProblem for a name that there is not, or days that cannot be."""
    if name not in USUAL:
        raise SettingsProblem(f"{name!r} has no age of its own: use one of {', '.join(USUAL)}")
    check_days(days)
    with database.write() as connection:
        before = read_ages(connection, now)[name].in_force
        row = {
            "name": name,
            "days": days,
            "before": before,
            "set_at": now,
            "set_by": storable(by),
            "effective_at": now if days >= before else now + DRY,
        }
        anew = insert_into(connection, _ages).values(row)
        connection.execute(anew.on_conflict_do_update(index_elements=[_ages.c.name], set_=row))
        note(connection, by, "retention.age", name, now, days=days, before=before)
        return read_ages(connection, now)[name]


def confirm_age(database: Database, name: str, *, by: str, now: datetime) -> bool:
    """Let an age take effect at once. False: it has already, or there is none of that name."""
    with database.write() as connection:
        waiting = update(_ages).where(_ages.c.name == name, _ages.c.effective_at > now)
        if not connection.execute(waiting.values(effective_at=now)).rowcount:
            return False
        note(connection, by, "retention.confirm", name, now)
    return True


def check_days(days: int) -> None:
    """Raises SettingsProblem where nothing can be kept for so many days."""
    if not 1 <= days <= MOST_DAYS:
        raise SettingsProblem(f"{days} days cannot be: use 1 to {MOST_DAYS}")


def _age(name: str, row: object, now: datetime) -> Age:
    usual = USUAL[name]
    if row is None:
        return Age(name, usual, usual, usual, None, None, None)
    days, before = int(row.days), int(row.before)  # type: ignore[attr-defined]
    effective: datetime = row.effective_at  # type: ignore[attr-defined]
    in_force = days if effective <= now else max(days, before)
    return Age(name, days, in_force, usual, row.set_at, row.set_by, effective)  # type: ignore[attr-defined]
