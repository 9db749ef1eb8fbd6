"""Who changed what, and when: one row for every administrative write, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from store import schema
from store.columns import storable
from store.database import Database
from store.page import Page, bounded


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`by` is an operator's name or the program's; `what` is a word such as `domain.add`."""

    id: int
    at: datetime
    by: str
    what: str
    subject: str
    detail: dict[str, Any]


def note(
    connection: Connection, by: str, what: str, subject: str, now: datetime, **detail: Any
) -> None:
    """Write one row. Never give it a secret."""
    connection.execute(
        insert(schema.audit).values(
            at=now,
            by=storable(by),
            what=what,
            subject=storable(subject),
            detail=detail,
        )
    )


def list_audit(database: Database, limit: int = 100) -> tuple[AuditEntry, ...]:
    """The latest rows, newest first."""
    return find_audit(database, limit).items


def find_audit(
    database: Database, limit: int, cursor: str | None = None, *, by: str = "", what: str = ""
) -> Page[AuditEntry]:
    """A page of the audit log, newest first: all of it, or what `by` did, or what begins with
    `what` (`hold` finds `hold.set` and `hold.lift`). Raises ValueError for a cursor that is not
    ours."""
    table = schema.audit
    limit = bounded(limit)
    query = select(table).order_by(table.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(table.c.id < _key_of(cursor))
    if by:
        query = query.where(table.c.by == by)
    if what:
        query = query.where(table.c.what.startswith(what, autoescape=True))
    with database.read() as connection:
        rows = connection.execute(query).all()
    found = tuple(
        AuditEntry(row.id, row.at, row.by, row.what, row.subject, row.detail)
        for row in rows[:limit]
    )
    return Page(found, str(found[-1].id) if len(rows) > limit else None)


def _key_of(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise ValueError("the cursor is not one of ours")
    return int(cursor)
