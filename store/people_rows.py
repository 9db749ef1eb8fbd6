"""Who wrote to us, kept as digests are saved and messages go: the writing half of `store.people`.

Runs within `Database.write`; rows are taken in the order of their addresses.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from store import schema
from store.bulk import Bulk
from store.fold import fold
from store.page import chunks

MANY_WORDS = 12
"""Words by which a person can be found, of address and name together."""

WORD_LENGTH = 64

_people = schema.people
_words = schema.person_words
_wrote = schema.person_messages
_LINKS = Bulk(_wrote, lambda insertion: insertion.on_conflict_do_nothing())
_WORDS = Bulk(_words, lambda insertion: insertion.on_conflict_do_nothing())
_PEOPLE = Bulk(
    _people,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[_people.c.address],
        set_={
            name: insertion.excluded[name] for name in ("name", "first_at", "last_at", "messages")
        },
    ),
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Written:
    """One message and who wrote it. Nobody hears of it while it is held."""

    message_id: str
    address: str
    name: str
    at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A person's row, without the address."""

    name: str
    first_at: datetime
    last_at: datetime
    messages: int


def words_for(address: str, name: str) -> tuple[str, ...]:
    """By what somebody is found: the whole address, and the folded words of name and address."""
    found = [address, *_WORD.findall(fold(name)), *_WORD.findall(fold(address))]
    return tuple(dict.fromkeys(one[:WORD_LENGTH] for one in found))[:MANY_WORDS]


def add_written(connection: Connection, many: Iterable[Written]) -> None:
    """Count messages for those who wrote them: each is new to its author."""
    new = sorted(many, key=lambda one: (one.address, one.message_id))
    links = [{"address": one.address, "message_id": one.message_id} for one in new]
    _LINKS.insert(connection, links)
    counted = [one for one in new if not one.held]
    before = _known(connection, {one.address for one in counted})
    after = dict(before)
    for one in counted:
        after[one.address] = _with(after.get(one.address), one)
    _write(connection, before, {one.address: after[one.address] for one in counted})


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
        _remember_words(connection, {one.address: one.name})


def remove_written(connection: Connection, many: Iterable[tuple[str, str, bool]]) -> None:
    """The reverse of `add_written`, for address, message id, and whether it was counted."""
    for address, message_id, counted in sorted(many):
        gone = delete(_wrote).where(_wrote.c.address == address, _wrote.c.message_id == message_id)
        connection.execute(gone)
        if counted:
            _discount(connection, address)


def _known(connection: Connection, addresses: Collection[str]) -> dict[str, _Entry]:
    """What is known of these people."""
    found = {}
    for chunk in chunks(sorted(addresses)):
        query = select(_people).where(_people.c.address.in_(chunk))
        for row in connection.execute(query):
            found[row.address] = _Entry(row.name, row.first_at, row.last_at, row.messages)
    return found


def _with(before: _Entry | None, one: Written) -> _Entry:
    """A person and one message more."""
    if before is None:
        return _Entry(one.name, one.at, one.at, 1)
    newer = bool(one.name) and (one.at >= before.last_at or not before.name)
    return _Entry(
        one.name if newer else before.name,
        min(before.first_at, one.at),
        max(before.last_at, one.at),
        before.messages + 1,
    )


def _write(
    connection: Connection, before: Mapping[str, _Entry], after: Mapping[str, _Entry]
) -> None:
    """The rows of these people, and the words of those who are new or have another name."""
    renamed = {
        address: one.name
        for address, one in after.items()
        if address not in before or before[address].name != one.name
    }
    for address in sorted(renamed.keys() & before.keys()):
        _forget_words(connection, address, before[address].name)
    _PEOPLE.insert(
        connection,
        [
            {
                "address": address,
                "name": one.name,
                "first_at": one.first_at,
                "last_at": one.last_at,
                "messages": one.messages,
            }
            for address, one in sorted(after.items())
        ],
    )
    _remember_words(connection, renamed)


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


def _remember_words(connection: Connection, names: Mapping[str, str]) -> None:
    rows = sorted(
        (word, address) for address, name in names.items() for word in words_for(address, name)
    )
    _WORDS.insert(connection, [{"word": word, "address": address} for word, address in rows])


def _forget_words(connection: Connection, address: str, name: str) -> None:
    gone = delete(_words).where(_words.c.address == address)
    connection.execute(gone.where(_words.c.word.in_(words_for(address, name))))
