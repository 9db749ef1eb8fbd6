"""Who changed what, and when: one row for every administrative write, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from store import schema
from store.columns import storable
from store.database import Database
from store.page import bounded


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`by` is an operator's name or the program's; `what` is a word such as `domain.add`."""

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
    table = schema.audit
    query = select(table).order_by(table.c.id.desc()).limit(bounded(limit))
    with database.read() as connection:
        return tuple(
            AuditEntry(row.at, row.by, row.what, row.subject, row.detail)
            for row in connection.execute(query)
        )
