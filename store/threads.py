"""Conversations, read: all of one, the part around a message, and how long they are.

Each is walked along an index, a page at a time, so a long one costs no more than a short one. A
message that is in none (nobody digested it yet, or it is held) is shown as a conversation alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from store import schema
from store.database import Database
from store.page import Page, bounded, cursor_of, id_of

_messages = schema.messages
_threads = schema.threads


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One message of a conversation; `date` is its own claim."""

    id: str
    received_at: datetime
    date: datetime | None
    subject: str
    from_name: str
    from_address: str
    snippet: str
    category: str | None
    seen: bool
    attachments: int


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation, or a page of it, oldest first. `id` is that of its first message, and
    `count` the number of all its messages."""

    id: str
    count: int
    page: Page[ThreadMessage]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around one message of a conversation, oldest first; `earlier` and `later`
    count the messages of it that are not among `messages`."""

    thread_id: str
    count: int
    earlier: int
    later: int
    messages: tuple[ThreadMessage, ...]


def read_thread(
    database: Database, identifier: str, limit: int, cursor: str | None = None
) -> Thread | None:
    """A page of the conversation that a message is in, oldest first; None for no such message.

    Raises ValueError for a cursor that is not ours.
    """
    limit = bounded(limit)
    with database.read() as connection:
        thread = _thread_of(connection, identifier)
        if thread is None:
            return _alone(connection, identifier)
        query = _in_thread(thread)
        if cursor is not None:
            query = query.where(_threads.c.message_id > id_of(cursor))
        rows = connection.execute(query.order_by(_threads.c.message_id).limit(limit + 1)).all()
        found = tuple(_message(row) for row in rows[:limit])
        more = cursor_of(found[-1].id) if len(rows) > limit else None
        return Thread(thread, _count(connection, thread), Page(found, more))


def read_surroundings(
    database: Database, identifier: str, before: int, after: int
) -> Surroundings | None:
    """A message with so many before and after it; None for no such message."""
    with database.read() as connection:
        thread = _thread_of(connection, identifier)
        if thread is None:
            alone = _alone(connection, identifier)
            return None if alone is None else Surroundings(alone.id, 1, 0, 0, alone.page.items)
        key = _threads.c.message_id
        older = _in_thread(thread).where(key < identifier).order_by(key.desc()).limit(before)
        newer = _in_thread(thread).where(key >= identifier).order_by(key).limit(after + 1)
        rows = [*reversed(connection.execute(older).all()), *connection.execute(newer).all()]
        count = _count(connection, thread)
        earlier = _count(connection, thread, key < rows[0].id)
        shown = tuple(_message(row) for row in rows)
    return Surroundings(thread, count, earlier, count - earlier - len(shown), shown)


def count_in_threads(database: Database, identifiers: Sequence[str]) -> dict[str, int]:
    """How many messages there are in the conversation of each of these that is not alone."""
    ours = select(_threads.c.message_id, _threads.c.thread_id).where(
        _threads.c.message_id.in_(identifiers), _threads.c.thread_id.is_not(None)
    )
    number = func.count().label("number")
    with database.read() as connection:
        threads = {row.message_id: row.thread_id for row in connection.execute(ours)}
        query = select(_threads.c.thread_id, number).group_by(_threads.c.thread_id)
        query = query.where(_threads.c.thread_id.in_(set(threads.values())))
        counts = {row.thread_id: row.number for row in connection.execute(query)}
    return {one: counts[thread] for one, thread in threads.items() if counts.get(thread, 0) > 1}


def _thread_of(connection: Connection, identifier: str) -> str | None:
    query = select(_threads.c.thread_id).where(_threads.c.message_id == identifier)
    return connection.execute(query).scalar()


def _in_thread(thread: str) -> Select[Any]:
    query = select(_messages).join(_threads, _threads.c.message_id == _messages.c.id)
    return query.where(_threads.c.thread_id == thread)


def _count(connection: Connection, thread: str, *where: Any) -> int:
    query = select(func.count()).select_from(_threads).where(_threads.c.thread_id == thread, *where)
    return connection.execute(query).scalar_one()


def _alone(connection: Connection, identifier: str) -> Thread | None:
    row = connection.execute(select(_messages).where(_messages.c.id == identifier)).first()
    return None if row is None else Thread(row.id, 1, Page((_message(row),), None))


def _message(row: Any) -> ThreadMessage:
    return ThreadMessage(
        id=row.id,
        received_at=row.received_at,
        date=row.date,
        subject=row.subject,
        from_name=row.from_name,
        from_address=row.from_address,
        snippet=row.snippet,
        category=row.category,
        seen=row.seen,
        attachments=row.attachments,
    )
