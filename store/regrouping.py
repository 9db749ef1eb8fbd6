"""Conversations in the database: what a message changes in them when it comes or goes.

Around the message everything is gathered that it could be connected with, whole conversations at
a time, and `store.conversations` says of these anew what belongs together. What it cannot be
connected with it cannot change, so the result is the same as for all messages at once; up to the
bounds, which keep a flood from making this slow.

Runs within `Database.write`, so that what was found stays true until it is committed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, distinct, func, select, update

from store import schema
from store.columns import EPOCH
from store.conversations import SUBJECT_WINDOW, Signs, conversations
from store.page import first_id, last_id
from store.thread_signs import Role, as_json, from_json, keys_of
from store.upsert import insert_into

MANY_MESSAGES = 500
"""A conversation of so many takes no more: what would join it begins another."""

_REACH = 1000
"""Messages that a key leads to at most."""

_NEIGHBOURS = 10_000
"""Messages that are looked at anew at most."""

_CHUNK = 500

_threads = schema.threads
_keys = schema.thread_keys


def write_signs(connection: Connection, signs: Signs, values: dict[str, Any]) -> None:
    """Keep what a message says, in place of what was kept of it; alone in its conversation for
    the time being, or in none where `values` has no `thread_id`."""
    row = values | {"message_id": signs.id, "signs": as_json(signs)}
    insertion = insert_into(connection, _threads).values(**row)
    anew = {name: insertion.excluded[name] for name in row if name != "message_id"}
    connection.execute(
        insertion.on_conflict_do_update(index_elements=[_threads.c.message_id], set_=anew)
    )


def write_keys(connection: Connection, many: Iterable[Signs]) -> None:
    """Let messages be found by what they have in common with others."""
    rows = sorted(
        (key, role.value, one.author, one.id) for one in many for key, role in keys_of(one)
    )
    if rows:
        names = ("key", "role", "author", "message_id")
        insertion = insert_into(connection, _keys).on_conflict_do_nothing()
        connection.execute(insertion, [dict(zip(names, row, strict=True)) for row in rows])


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
    keys = {key for one in changed for key in one.keys}
    owned = {one.own for one in changed if one.own}
    reached = (
        {*_found(connection, _keys.c.role == Role.OWN, _keys.c.key.in_(keys))} if keys else set()
    )
    if owned:
        named = _keys.c.role == Role.REFERENCE, _keys.c.key.in_(owned)
        reached.update(_found(connection, *named))
    for one in changed:
        for where in _shared(one):
            reached.update(_found(connection, *where))
    return reached


def _shared(one: Signs) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Where those are whom it names, with the same ids, or about the same subject lately."""
    if not one.author:
        return
    theirs = _keys.c.author.in_(one.people)
    if keys := set(one.keys):
        yield _keys.c.key.in_(keys), _keys.c.role.in_([Role.OWN, Role.REFERENCE]), theirs
    if one.subject:
        wanted = [Role.SOUGHT_SUBJECT, *([Role.SUBJECT] if one.seeks_by_subject else [])]
        at, window = EPOCH + timedelta(microseconds=one.at), timedelta(microseconds=SUBJECT_WINDOW)
        near = _keys.c.message_id.between(first_id(at - window), last_id(at + window))
        yield _keys.c.key == one.subject, _keys.c.role.in_(wanted), theirs, near


def _found(connection: Connection, *where: ColumnElement[bool]) -> Iterable[str]:
    query = select(_keys.c.message_id).where(*where).limit(_REACH)
    return connection.execute(query).scalars()


def _threads_of(connection: Connection, messages: Collection[str]) -> set[str]:
    found: set[str] = set()
    for chunk in _chunks(sorted(messages)):
        query = select(_threads.c.thread_id).where(_threads.c.message_id.in_(chunk)).distinct()
        found.update(one for one in connection.execute(query).scalars() if one is not None)
    return found


def _open(connection: Connection, threads: Collection[str]) -> set[str]:
    """Those conversations that can take more, as many as can be looked at."""
    found: set[str] = set()
    total = 0
    for chunk in _chunks(sorted(threads)):
        number = func.count().label("number")
        query = select(_threads.c.thread_id, number).where(_threads.c.thread_id.in_(chunk))
        for row in connection.execute(query.group_by(_threads.c.thread_id)):
            total += row.number
            if row.number < MANY_MESSAGES and total <= _NEIGHBOURS:
                found.add(row.thread_id)
    return found


def _members(connection: Connection, threads: Collection[str]) -> list[Any]:
    rows: list[Any] = []
    for chunk in _chunks(sorted(threads)):
        query = select(_threads.c.message_id, _threads.c.thread_id, _threads.c.signs)
        rows += connection.execute(query.where(_threads.c.thread_id.in_(chunk))).all()
    return rows


def _contested(connection: Connection, members: Iterable[Signs]) -> frozenset[str]:
    """The Message-IDs of these under which several people sent something, here or elsewhere."""
    found: set[str] = set()
    for chunk in _chunks(sorted({one.own for one in members if one.own})):
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
        for chunk in _chunks(sorted(messages)):
            change = update(_threads).where(_threads.c.message_id.in_(chunk))
            connection.execute(change.values(thread_id=thread))


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
