"""Who wrote to us: a list, one person, and what they wrote.

A person is an address (`store.thread_signs.address_of`). Held messages tell nothing about anybody:
their From is what somebody claims.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, tuple_

from store import schema
from store.columns import EPOCH, storable
from store.database import Database
from store.fold import fold
from store.page import Page, bounded, cursor_of, id_of
from store.people_rows import WORD_LENGTH, words_for
from store.thread_signs import address_of

_CANDIDATES = 500
"""People whom a search looks at."""

_LOOKED_AT = 1000
"""Messages whose mailboxes are told of a person."""

_people = schema.people
_words = schema.person_words
_wrote = schema.person_messages
_messages = schema.messages
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote. `name` is the display name that they used last; `messages` is how many
    there are of them, without held ones."""

    address: str
    name: str
    first_at: datetime
    last_at: datetime
    messages: int


def get_person(database: Database, address: str) -> Person | None:
    """The person with that address, in any spelling; None where nobody wrote from there."""
    wanted = address_of(address)
    if wanted is None:
        return None
    with database.read() as connection:
        row = connection.execute(select(_people).where(_people.c.address == wanted)).first()
    return None if row is None else _person(row)


def find_people(database: Database, q: str, limit: int, cursor: str | None = None) -> Page[Person]:
    """People, who wrote last first. With `q`, those of whose name or address every word of it
    begins a word: the best of them, without further pages.

    Raises ValueError for a cursor that is not ours.
    """
    limit = bounded(limit)
    pieces = fold(storable(q, 200)).split()
    with database.read() as connection:
        if pieces:
            return Page(_matching(connection, pieces)[:limit], None)
        query = select(_people)
        if cursor is not None:
            query = query.where(tuple_(_people.c.last_at, _people.c.address) < _place(cursor))
        query = query.order_by(_people.c.last_at.desc(), _people.c.address.desc())
        rows = connection.execute(query.limit(limit + 1)).all()
    found = tuple(_person(row) for row in rows[:limit])
    return Page(found, _cursor(found[-1]) if len(rows) > limit else None)


def _matching(connection: Connection, pieces: Sequence[str]) -> tuple[Person, ...]:
    """By the longest piece in the index, by the others here."""
    longest = max(pieces, key=len)[:WORD_LENGTH]
    query = select(_words.c.address).where(
        _words.c.word >= longest, _words.c.word < longest + "\U0010ffff"
    )
    near = query.limit(_CANDIDATES).subquery()
    rows = connection.execute(select(_people).where(_people.c.address.in_(select(near.c.address))))
    others = [piece for piece in pieces if piece[:WORD_LENGTH] != longest]
    found = [_person(row) for row in rows if not others or _fits(row, others)]
    return tuple(sorted(found, key=lambda one: (one.last_at, one.address), reverse=True))


def _fits(row: Any, pieces: Sequence[str]) -> bool:
    words = words_for(row.address, row.name)
    return all(any(word.startswith(piece[:WORD_LENGTH]) for word in words) for piece in pieces)


def mailboxes_of(database: Database, address: str) -> tuple[str, ...]:
    """The ids of the mailboxes that somebody's latest thousand messages lie in."""
    lies = schema.message_mailboxes
    latest = select(_wrote.c.message_id).where(_wrote.c.address == address_of(address))
    some = latest.order_by(_wrote.c.message_id.desc()).limit(_LOOKED_AT).subquery()
    query = select(lies.c.mailbox_id).where(
        lies.c.message_id.in_(select(some.c.message_id)), lies.c.held.is_not(True)
    )
    with database.read() as connection:
        return tuple(sorted(connection.execute(query.distinct()).scalars()))


def written_by(
    database: Database, address: str, limit: int, cursor: str | None = None
) -> Page[str]:
    """The ids of what somebody wrote, newest first, without held messages.

    Raises ValueError for a cursor that is not ours.
    """
    limit = bounded(limit)
    query = select(_wrote.c.message_id).join(_messages, _messages.c.id == _wrote.c.message_id)
    query = query.where(_wrote.c.address == address_of(address), _messages.c.held.is_not(True))
    if cursor is not None:
        query = query.where(_wrote.c.message_id < id_of(cursor))
    query = query.order_by(_wrote.c.message_id.desc()).limit(limit + 1)
    with database.read() as connection:
        found = tuple(connection.execute(query).scalars())
    return Page(found[:limit], cursor_of(found[limit - 1]) if len(found) > limit else None)


def _person(row: Any) -> Person:
    return Person(row.address, row.name, row.first_at, row.last_at, row.messages)


def _cursor(last: Person) -> str:
    place = f"{(last.last_at - EPOCH) // _MICROSECOND} {last.address}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
        at, _, address = text.partition(" ")
        return EPOCH + int(at) * _MICROSECOND, address
    except (ValueError, OverflowError) as error:
        raise ValueError("the cursor is not one of ours") from error
