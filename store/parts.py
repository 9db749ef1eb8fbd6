"""Attachments: one row for each, so that a file can be found by its content, type or danger.

What a forwarding confirmation carries is marked, and left out for those who may not see it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select

from store import schema
from store.bulk import Bulk
from store.columns import storable
from store.dangerous import is_dangerous
from store.database import Database
from store.page import Page, bounded, cursor_of, id_of

MANY_PARTS = 1000
"""Attachments of one message that have a row."""

_SAME_FILE = 100
_TYPE_LENGTH = 200
_parts = schema.parts
_ROWS = Bulk(_parts)


@dataclass(frozen=True, slots=True)
class PartFilter:
    """Which attachments: of this content (lower-case hex), of this type (`image/png`), only
    dangerous ones. With `sees_confirmations` False those of a forwarding
    confirmation are left out. Held messages are left out always."""

    sha256: str | None = None
    content_type: str | None = None
    dangerous: bool = False
    sees_confirmations: bool = True


@dataclass(frozen=True, slots=True)
class PartRow:
    """One attachment: the `n`-th of its message, counted from 0."""

    message_id: str
    n: int
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    dangerous: bool


def write_parts(connection: Connection, digests: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the rows of these messages, by id, anew. Runs within a write transaction."""
    connection.execute(delete(_parts).where(_parts.c.message_id.in_(digests)))
    rows = [row for identifier in sorted(digests) for row in _rows(identifier, digests[identifier])]
    _ROWS.insert(connection, rows)


def _rows(identifier: str, digest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    closed = bool(digest.get("confirmation"))
    for n, one in enumerate((digest.get("attachments") or ())[:MANY_PARTS]):
        name, content_type = one.get("name") or "", one.get("content_type") or ""
        yield {
            "message_id": identifier,
            "n": n,
            "name": storable(name, 1000),
            "content_type": storable(content_type, _TYPE_LENGTH).lower(),
            "size": one.get("size") or 0,
            "sha256": (one.get("sha256") or "")[:64],
            "inline": bool(one.get("inline")),
            "dangerous": is_dangerous(name, content_type),
            "closed": closed,
        }


def find_parts(
    database: Database, wanted: PartFilter, limit: int, cursor: str | None = None
) -> Page[PartRow]:
    """A page of attachments, those of the newest message first; a message is never divided
    between two pages. Raises ValueError for a cursor that is not ours."""
    limit, ids = bounded(limit), _messages_with(wanted)
    if cursor is not None:
        ids = ids.where(_parts.c.message_id < id_of(cursor))
    ids = ids.group_by(_parts.c.message_id).order_by(_parts.c.message_id.desc()).limit(limit + 1)
    with database.read() as connection:
        found = list(connection.execute(ids).scalars())
        query = select(_parts).where(_parts.c.message_id.in_(found[:limit]), *_where(wanted))
        query = query.order_by(_parts.c.message_id.desc(), _parts.c.n)
        rows = connection.execute(query).all()
    more = cursor_of(found[limit - 1]) if len(found) > limit else None
    return Page(tuple(_part(row) for row in rows), more)


def same_files(
    database: Database, sha256s: Sequence[str], *, sees_confirmations: bool = True
) -> dict[str, int]:
    """How many messages carry each of these contents, counted up to a hundred; held ones are
    left out."""
    counts = {}
    with database.read() as connection:
        for sha256 in dict.fromkeys(sha256s):
            wanted = PartFilter(sha256=sha256, sees_confirmations=sees_confirmations)
            some = _messages_with(wanted).distinct().limit(_SAME_FILE).subquery()
            counts[sha256] = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return counts


def _messages_with(wanted: PartFilter) -> Any:
    messages = schema.messages
    query = select(_parts.c.message_id).join(messages, messages.c.id == _parts.c.message_id)
    return query.where(messages.c.held.is_not(True), *_where(wanted))


def _where(wanted: PartFilter) -> Iterator[Any]:
    if wanted.sha256 is not None:
        yield _parts.c.sha256 == wanted.sha256
    if wanted.content_type is not None:
        yield _parts.c.content_type == wanted.content_type.lower()
    if wanted.dangerous:
        yield _parts.c.dangerous.is_(True)
    if not wanted.sees_confirmations:
        yield _parts.c.closed.is_not(True)


def _part(row: Any) -> PartRow:
    return PartRow(
        message_id=row.message_id,
        n=row.n,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        inline=row.inline,
        dangerous=row.dangerous,
    )
