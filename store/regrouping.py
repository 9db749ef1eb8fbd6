"""Conversations in the database: what a message changes in them when it comes or goes.

Around the message everything is gathered that it could be connected with, whole conversations at
a time, and `store.conversations` says of these anew what belongs together. What it cannot be
connected with it cannot change, so the result is the same as for all messages at once; up to the
bounds, which keep a flood from making this slow.

Runs within `Database.write`, so that what was found stays true until it is committed.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, delete, distinct, func, select, text, update

from store import schema
from store.bulk import Bulk
from store.columns import EPOCH
from store.conversations import SUBJECT_WINDOW, Signs, conversations
from store.page import chunks, first_id, last_id
from store.thread_signs import Role, as_json, from_json, keys_of

MANY_MESSAGES = 500
"""A conversation of so many takes no more: what would join it begins another."""

_REACH = 20_000
"""Messages that are reached at most."""

_NEIGHBOURS = 10_000
"""Messages that are looked at anew at most."""

_threads = schema.threads
_keys = schema.thread_keys
_KEYS = Bulk(_keys, lambda insertion: insertion.on_conflict_do_nothing())
_ROWS = Bulk(
    _threads,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[_threads.c.message_id],
        set_={
            name: insertion.excluded[name] for name in ("thread_id", "person", "version", "signs")
        },
    ),
)

# A CROSS JOIN, so that SQLite walks the places and not the table.
_SQLITE = (
    "SELECT k.message_id FROM json_each(:places) w CROSS JOIN thread_keys k"
    " ON k.key = json_extract(w.value, '$[0]') AND k.role = json_extract(w.value, '$[1]')"
)
_POSTGRESQL = (
    "SELECT k.message_id FROM jsonb_array_elements(CAST(:places AS jsonb)) w JOIN thread_keys k"
    " ON k.key = w.value ->> 0 AND k.role = CAST(w.value ->> 1 AS integer)"
)
_SQLITE_AUTHOR = (
    " AND k.author = json_extract(w.value, '$[2]') AND k.message_id"
    " BETWEEN json_extract(w.value, '$[3]') AND json_extract(w.value, '$[4]')"
)
_POSTGRESQL_AUTHOR = (
    " AND k.author = w.value ->> 2 AND k.message_id BETWEEN w.value ->> 3 AND w.value ->> 4"
)
_BY_KEY = {
    "sqlite": text(f"{_SQLITE} LIMIT :limit"),
    "postgresql": text(f"{_POSTGRESQL} LIMIT :limit"),
}
_BY_AUTHOR = {
    "sqlite": text(f"{_SQLITE}{_SQLITE_AUTHOR} LIMIT :limit"),
    "postgresql": text(f"{_POSTGRESQL}{_POSTGRESQL_AUTHOR} LIMIT :limit"),
}


def write_signs(connection: Connection, many: Iterable[tuple[Signs, dict[str, Any]]]) -> None:
    """Keep what messages say, in place of what was kept of them, with the other columns of their
    rows; alone in their conversations for the time being, or in none."""
    rows = [values | {"message_id": one.id, "signs": as_json(one)} for one, values in many]
    _ROWS.insert(connection, sorted(rows, key=lambda row: str(row["message_id"])))


def write_keys(connection: Connection, many: Iterable[Signs]) -> None:
    """Let messages be found by what they have in common with others."""
    rows = sorted(
        {(key, role.value, one.author, one.id) for one in many for key, role in keys_of(one)}
    )
    names = ("key", "role", "author", "message_id")
    _KEYS.insert(connection, [dict(zip(names, row, strict=True)) for row in rows])


def remove_keys(connection: Connection, one: Signs) -> None:
    """The reverse of `write_keys`."""
    keys = [key for key, _ in keys_of(one)]
    if keys:
        ours = _keys.c.key.in_(keys), _keys.c.author == one.author, _keys.c.message_id == one.id
        connection.execute(delete(_keys).where(_keys.c.role.in_(list(Role)), *ours))


def regroup(
    connection: Connection,
    changed: Sequence[Signs],
    fresh: Collection[str] = (),
    broken: Collection[str] = (),
) -> None:
    """Find the conversations of messages that came or went.

    `changed` are the signs by which others are reached, those of messages that went too; `fresh`
    the ids of those that came, and `broken` the conversations that somebody left.
    """
    reached = _threads_of(connection, _reachable(connection, changed)) - set(broken)
    threads = {*broken, *fresh, *_open(connection, reached)}
    rows = _members(connection, threads)
    if len(rows) > 1 or broken:
        members = [from_json(row.message_id, row.signs) for row in rows]
        found = conversations(members, _contested(connection, members))
        _write(connection, rows, found)


def _reachable(connection: Connection, changed: Sequence[Signs]) -> set[str]:
    """The messages that may belong together with one of these."""
    shared = sorted({place for one in changed for place in _shared(one)})
    named = {(key, Role.OWN.value) for one in changed for key in one.keys}
    named |= {(one.own, Role.REFERENCE.value) for one in changed if one.own}
    found = _look_up(connection, _BY_AUTHOR, shared)
    return found | _look_up(connection, _BY_KEY, sorted(named))


def _shared(one: Signs) -> Iterator[tuple[str, int, str, str, str]]:
    """Where those are whom it names, with the same ids, or about the same subject lately: key,
    role, author, and between which message ids."""
    if not one.author:
        return
    places = [(key, role, "", "~") for key in one.keys for role in (Role.OWN, Role.REFERENCE)]
    if one.subject:
        at, window = EPOCH + timedelta(microseconds=one.at), timedelta(microseconds=SUBJECT_WINDOW)
        near = first_id(at - window), last_id(at + window)
        places.append((one.subject, Role.SOUGHT_SUBJECT, *near))
        if one.seeks_by_subject:
            places.append((one.subject, Role.SUBJECT, *near))
    for key, role, first, last in places:
        for person in one.people:
            yield key, role.value, person, first, last


def _look_up(
    connection: Connection, words: Mapping[str, TextClause], places: Sequence[Sequence[Any]]
) -> set[str]:
    """The messages at these places, all asked for in one statement: its one value is JSON."""
    if not places:
        return set()
    values = {"places": json.dumps(places), "limit": _REACH}
    return set(connection.execute(words[connection.dialect.name], values).scalars())


def _threads_of(connection: Connection, messages: Collection[str]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(sorted(messages)):
        query = select(_threads.c.thread_id).where(_threads.c.message_id.in_(chunk)).distinct()
        found.update(one for one in connection.execute(query).scalars() if one is not None)
    return found


def _open(connection: Connection, threads: Collection[str]) -> set[str]:
    """Those conversations that can take more, as many as can be looked at."""
    found: set[str] = set()
    total = 0
    for chunk in chunks(sorted(threads)):
        number = func.count().label("number")
        query = select(_threads.c.thread_id, number).where(_threads.c.thread_id.in_(chunk))
        for row in connection.execute(query.group_by(_threads.c.thread_id)):
            total += row.number
            if row.number < MANY_MESSAGES and total <= _NEIGHBOURS:
                found.add(row.thread_id)
    return found


def _members(connection: Connection, threads: Collection[str]) -> list[Any]:
    rows: list[Any] = []
    for chunk in chunks(sorted(threads)):
        query = select(_threads.c.message_id, _threads.c.thread_id, _threads.c.signs)
        rows += connection.execute(query.where(_threads.c.thread_id.in_(chunk))).all()
    return rows


def _contested(connection: Connection, members: Iterable[Signs]) -> frozenset[str]:
    """The Message-IDs of these under which several people sent something, here or elsewhere."""
    found: set[str] = set()
    for chunk in chunks(sorted({one.own for one in members if one.own})):
        query = select(_keys.c.key).where(_keys.c.key.in_(chunk), _keys.c.role == Role.OWN)
        query = query.group_by(_keys.c.key).having(func.count(distinct(_keys.c.author)) > 1)
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def _write(connection: Connection, rows: Iterable[Any], found: dict[str, str]) -> None:
    """Only what is different now."""
    moved: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if found[row.message_id] != row.thread_id:
            moved[found[row.message_id]].append(row.message_id)
    for thread, messages in sorted(moved.items()):
        for chunk in chunks(sorted(messages)):
            change = update(_threads).where(_threads.c.message_id.in_(chunk))
            connection.execute(change.values(thread_id=thread))
