"""Who wrote to us, kept as digests are saved and messages go: the writing half of `store.people`.

Runs within `Database.write`; rows are taken in the order of their addresses.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store import schema
from store.fold import fold
from store.upsert import insert_into

MANY_WORDS = 12
"""Words by which a person can be found, of address and name together."""

WORD_LENGTH = 64

_people = schema.people
_words = schema.person_words
_wrote = schema.person_messages
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Written:
    """One message and who wrote it. Nobody hears of it while it is held."""

    message_id: str
    address: str
    name: str
    at: datetime
    held: bool


def words_for(address: str, name: str) -> tuple[str, ...]:
    """By what somebody is found: the whole address, and the folded words of name and address."""
    found = [address, *_WORD.findall(fold(name)), *_WORD.findall(fold(address))]
    return tuple(dict.fromkeys(one[:WORD_LENGTH] for one in found))[:MANY_WORDS]


def add_written(connection: Connection, many: Iterable[Written]) -> None:
    """Count messages for those who wrote them; one that was counted already is not again."""
    for one in sorted(many, key=lambda one: (one.address, one.message_id)):
        _insert(connection, _wrote, address=one.address, message_id=one.message_id)
        if not one.held:
            _count(connection, one)


def rename(connection: Connection, one: Written) -> None:
    """A message that is counted was read anew: perhaps the name was read better."""
    query = select(_people.c.name).where(
        _people.c.address == one.address, _people.c.last_at <= one.at
    )
    before = connection.execute(query).scalar()
    if before is not None and one.name and before != one.name:
        _forget_words(connection, one.address, before)
        named = update(_people).where(_people.c.address == one.address)
        connection.execute(named.values(name=one.name))
        _remember_words(connection, one.address, one.name)


def remove_written(connection: Connection, many: Iterable[tuple[str, str, bool]]) -> None:
    """The reverse of `add_written`, for address, message id, and whether it was counted."""
    for address, message_id, counted in sorted(many):
        gone = delete(_wrote).where(_wrote.c.address == address, _wrote.c.message_id == message_id)
        connection.execute(gone)
        if counted:
            _discount(connection, address)


def _count(connection: Connection, one: Written) -> None:
    before = connection.execute(select(_people).where(_people.c.address == one.address)).first()
    if before is None:
        values = {"first_at": one.at, "last_at": one.at, "messages": 1}
        connection.execute(
            insert_into(connection, _people).values(address=one.address, name=one.name, **values)
        )
        _remember_words(connection, one.address, one.name)
        return
    name = one.name if one.name and (one.at >= before.last_at or not before.name) else before.name
    counted = update(_people).where(_people.c.address == one.address)
    connection.execute(
        counted.values(
            name=name,
            first_at=min(before.first_at, one.at),
            last_at=max(before.last_at, one.at),
            messages=_people.c.messages + 1,
        )
    )
    if name != before.name:
        _forget_words(connection, one.address, before.name)
        _remember_words(connection, one.address, name)


def _discount(connection: Connection, address: str) -> None:
    ours = _people.c.address == address
    fewer = update(_people).where(ours).values(messages=_people.c.messages - 1)
    left = connection.execute(fewer.returning(_people.c.messages, _people.c.name)).first()
    if left is None:
        return
    if left.messages <= 0:
        _forget_words(connection, address, left.name)
        connection.execute(delete(_people).where(ours))
        return
    first, last = (_edge(connection, address, newest=newest) for newest in (False, True))
    if first is not None and last is not None:
        connection.execute(update(_people).where(ours).values(first_at=first, last_at=last))


def _edge(connection: Connection, address: str, *, newest: bool) -> datetime | None:
    """When the first or the last of somebody's messages came."""
    messages = schema.messages
    query = select(messages.c.received_at).join(_wrote, _wrote.c.message_id == messages.c.id)
    query = query.where(_wrote.c.address == address, messages.c.held.is_not(True))
    key = _wrote.c.message_id
    return connection.execute(query.order_by(key.desc() if newest else key).limit(1)).scalar()


def _remember_words(connection: Connection, address: str, name: str) -> None:
    for word in sorted(words_for(address, name)):
        _insert(connection, _words, word=word, address=address)


def _forget_words(connection: Connection, address: str, name: str) -> None:
    gone = delete(_words).where(_words.c.address == address)
    connection.execute(gone.where(_words.c.word.in_(words_for(address, name))))


def _insert(connection: Connection, table: Any, **values: str) -> None:
    insertion = insert_into(connection, table).values(**values)
    connection.execute(insertion.on_conflict_do_nothing())
