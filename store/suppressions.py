"""Addresses that no mail should go to: read, added and removed by people.

Reports make most entries (`store.evidence`, by the rules of `store.standing`). Those that say
that an address is dead expire with the age `suppressed`; complaints do not expire.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_, update

from mail.errors import SettingsProblem
from store.ages import read_ages
from store.audit import note
from store.columns import EPOCH, Instant, in_utc, storable
from store.database import Database
from store.evidence import settle
from store.page import Page, bounded
from store.standing import State
from store.suppression_schema import suppression_evidence as _evidence
from store.suppression_schema import suppressions as _entries
from store.thread_signs import address_of
from store.upsert import insert_into

_LONGEST_NOTE = 500
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Said:
    """What one report says: the id of its message, when it came, and the remote's words."""

    message_id: str
    at: datetime
    kind: str
    structured: bool
    words: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry. `reason` is hard, complaint, manual or unclear, `source` report, texts, feedback
    or person; `evidence` are message ids. `expires_at` None: never."""

    address: str
    state: State
    reason: str
    source: str
    note: str
    evidence: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    expires_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class SuppressionFilter:
    """Which entries a list shows: `q` is a part of the address, `reason` one of
    SUPPRESSION_REASONS, `state` active or ask; None: any of them."""

    q: str = ""
    reason: str | None = None
    state: State | None = None


def find_suppressions(
    database: Database,
    wanted: SuppressionFilter,
    limit: int,
    cursor: str | None = None,
    *,
    now: datetime,
) -> Page[Suppression]:
    """A page of what holds at `now`, the latest reports first. Raises ValueError for a cursor that
    is not ours."""
    limit = bounded(limit)
    key = tuple_(_entries.c.last_seen, _entries.c.address)
    query = select(_entries).order_by(_entries.c.last_seen.desc(), _entries.c.address.desc())
    if cursor is not None:
        query = query.where(
            key < tuple_(*_key_of(cursor), types=[Instant, _entries.c.address.type])
        )
    with database.read() as connection:
        days = _days(connection, now)
        query = query.where(*_conditions(wanted, days, now)).limit(limit + 1)
        rows = connection.execute(query).all()
    found = tuple(_suppression(row, days) for row in rows[:limit])
    return Page(found, _cursor_of(found[-1]) if len(rows) > limit else None)


def every_suppression(
    database: Database, wanted: SuppressionFilter, *, now: datetime
) -> Iterator[Suppression]:
    """All of them, a page at a time."""
    cursor: str | None = None
    while True:
        page = find_suppressions(database, wanted, 500, cursor, now=now)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def find_suppression(database: Database, address: str, *, now: datetime) -> Suppression | None:
    """The entry of one address that holds at `now`, however the address is written."""
    key = address_of(address)
    if key is None:
        return None
    with database.read() as connection:
        days = _days(connection, now)
        query = select(_entries).where(_entries.c.address == key)
        row = connection.execute(query.where(_holds(days, now))).first()
    return None if row is None else _suppression(row, days)


def what_was_said(database: Database, address: str) -> tuple[Said, ...]:
    """The reports about one address that are counted, the newest first."""
    query = select(_evidence).where(
        _evidence.c.address == (address_of(address) or ""), _evidence.c.counted.is_(True)
    )
    with database.read() as connection:
        rows = connection.execute(query.order_by(_evidence.c.at.desc()).limit(50)).all()
    return tuple(Said(row.message_id, row.at, row.kind, row.structured, row.said) for row in rows)


def add_suppression(
    database: Database,
    address: str,
    words: str,
    *,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> Suppression:
    """A person says that no mail should go there; it stays until a person removes it, or until
    `expires_at`. Raises SettingsProblem for what is no address, or an end that is past."""
    key = _required_address(address)
    if expires_at is not None and expires_at <= now:
        raise SettingsProblem("An entry cannot expire before it begins")
    with database.write() as connection:
        query = select(_entries).where(_entries.c.address == key)
        before = connection.execute(query).first()
        values: dict[str, Any] = {
            "address": key,
            "state": State.ACTIVE.value,
            "reason": "manual",
            "source": "person",
            "note": storable(words.strip(), _LONGEST_NOTE),
            "evidence": before.evidence if before is not None else [],
            "first_seen": before.first_seen if before is not None else now,
            "last_seen": now,
            "expires_at": in_utc(expires_at) if expires_at else None,
            "lifted_at": before.lifted_at if before is not None else None,
            "changed_by": storable(by),
        }
        anew = insert_into(connection, _entries).values(values)
        connection.execute(anew.on_conflict_do_update(index_elements=["address"], set_=values))
        note(connection, by, "suppression.add", key, now, note=values["note"])
        row = connection.execute(query).one()
        return _suppression(row, _days(connection, now))


def remove_suppression(
    database: Database, address: str, words: str = "", *, by: str, now: datetime
) -> bool:
    """Let mail go there again; what was known until now does not count any more. False: there is
    no entry."""
    key = address_of(address)
    ours = _entries.c.address == key
    lifted = update(_entries).where(ours, _entries.c.state != State.LIFTED.value)
    lifted = lifted.values(
        state=State.LIFTED.value,
        reason="unclear",
        lifted_at=now,
        evidence=[],
        expires_at=None,
        note=storable(words.strip(), _LONGEST_NOTE),
        changed_by=storable(by),
    )
    with database.write() as connection:
        if key is None or not connection.execute(lifted).rowcount:
            return False
        note(connection, by, "suppression.remove", key, now, note=words.strip()[:_LONGEST_NOTE])
        settle(connection, [key])
    return True


def _required_address(text: str) -> str:
    key = address_of(text)
    if key is None or any(letter.isspace() or not letter.isprintable() for letter in key):
        raise SettingsProblem(f"{text[:200]!r} is not an address: write it as name@domain")
    return key


def _conditions(
    wanted: SuppressionFilter, days: timedelta, now: datetime
) -> Iterator[ColumnElement[bool]]:
    yield _holds(days, now)
    if wanted.q.strip():
        yield _entries.c.address.contains(wanted.q.strip().lower(), autoescape=True)
    if wanted.reason is not None:
        yield _entries.c.reason == wanted.reason
    if wanted.state is not None:
        yield _entries.c.state == wanted.state.value


def _holds(days: timedelta, now: datetime) -> ColumnElement[bool]:
    """Whether an entry is in force, or asks for a decision."""
    fades = _entries.c.reason.in_(("hard", "unclear"))
    return and_(
        _entries.c.state != State.LIFTED.value,
        or_(~fades, _entries.c.last_seen > max(now - days, EPOCH)),
        or_(_entries.c.expires_at.is_(None), _entries.c.expires_at > now),
    )


def _days(connection: Connection, now: datetime) -> timedelta:
    return timedelta(days=read_ages(connection, now)["suppressed"].in_force)


def _suppression(row: Any, days: timedelta) -> Suppression:
    fades = row.reason in ("hard", "unclear")
    return Suppression(
        address=row.address,
        state=State(row.state),
        reason=row.reason,
        source=row.source,
        note=row.note,
        evidence=tuple(row.evidence),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        expires_at=row.last_seen + days if fades else row.expires_at,
        changed_by=row.changed_by,
    )


def _cursor_of(one: Suppression) -> str:
    moment = (one.last_seen - EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(f"{moment} {one.address}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime, str]:
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        moment, _, address = found.decode().partition(" ")
        if not address or not moment.isascii() or not moment.isdigit():
            raise ValueError
        return EPOCH + int(moment) * _MICROSECOND, address
    except (ValueError, OverflowError):
        raise ValueError("the cursor is not one of ours") from None
