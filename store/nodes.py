"""The programs that use this store, on one machine or on many, and what they do not agree on.

Each long-running program enters a row at its start, renews it while it lives, and takes it away
when it ends. So an owner of leases that died is found in seconds (`store.outbox`), and machines
that must share more than the database (the key file, the name in Authentication-Results, the
place of the large blobs) find out when they do not.

The times are by the clock of the store (`store.clock`).
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from store import schema
from store.clock import now_on
from store.database import Database
from store.outbox import free_leases
from store.upsert import insert_into

BEAT_SECONDS = 5.0
"""How often a program says that it lives, where machines share a store."""

EMBEDDED_BEAT_SECONDS = 60.0
"""The same on the embedded store: nobody else waits for it, and each is a write to the disk."""

_MISSED = 4
_FORGOTTEN = timedelta(days=1)

_nodes = schema.nodes


@dataclass(frozen=True, slots=True)
class Member:
    """One long-running program, as it introduces itself.

    `instance` is its own id and the owner of its leases; `serve` is the id of the `postern serve`
    that it belongs to; `machine` is equal where two programs can see each other's process ids.
    `keys` tells key files apart without saying a key; "" where there is none yet. `blobs` says
    where large messages lie: "local", or a place that all nodes reach.
    """

    instance: str
    name: str
    role: str
    serve: str
    machine: str
    pid: int
    version: str
    hostname: str
    authserv_id: str
    keys: str
    blobs: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A program as the store knows it. `lost`: it did not say for some time that it lives."""

    member: Member
    started_at: datetime
    seen_at: datetime
    lost: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What nodes of one store must agree on and do not.

    `what` is `name` (two nodes have one), `blobs`, `authserv_id`, `keys` or `version`; `values`
    are pairs of a node's name and what it has.
    """

    what: str
    values: tuple[tuple[str, str], ...]


def beat_seconds(database: Database) -> float:
    """How often a program should call `beat`."""
    return EMBEDDED_BEAT_SECONDS if database.settings.is_embedded else BEAT_SECONDS


def enter(database: Database, member: Member, now: datetime) -> None:
    """A program has started. What its dead predecessor of the same name and role had leased is
    free. Raises StoreProblem."""
    with database.write() as connection:
        at = now_on(connection, now)
        before = [
            one.member.instance
            for one in _read(connection, at)
            if _succeeds(member, one.member) or _is_surely_dead(one.member, member.machine)
        ]
        connection.execute(delete(_nodes).where(_nodes.c.instance.in_(before)))
        connection.execute(delete(_nodes).where(_nodes.c.seen_at < at - _FORGOTTEN))
        free_leases(connection, before, at)
        _renew(connection, member, at)


def beat(database: Database, member: Member, now: datetime) -> tuple[Member, ...]:
    """The program lives. Those that were lost since the last look; their leases are free.

    Raises StoreProblem.
    """
    with database.write_beside() as connection:
        at = now_on(connection, now)
        _renew(connection, member, at)
        silent = _nodes.c.seen_at < _silent_since(database, at)
        found = update(_nodes).where(silent, _nodes.c.lost.is_(False)).values(lost=True)
        lost = [_member(row) for row in connection.execute(found.returning(_nodes))]
        if lost:
            free_leases(connection, [one.instance for one in lost], at)
    return tuple(lost)


def leave(database: Database, member: Member, now: datetime) -> None:
    """The program ends. Raises StoreProblem."""
    with database.write_beside() as connection:
        free_leases(connection, [member.instance], now_on(connection, now))
        connection.execute(delete(_nodes).where(_nodes.c.instance == member.instance))


def list_members(database: Database, now: datetime) -> tuple[Seen, ...]:
    """All that are known, by name and role. Raises StoreProblem."""
    with database.read() as connection:
        return tuple(_read(connection, _silent_since(database, now_on(connection, now))))


def rivals(seen: Iterable[Seen], member: Member) -> tuple[Seen, ...]:
    """Members of another `postern serve` that have the name and a role of `member` and may be
    alive: not lost, and not known to be dead from here."""
    return tuple(
        one
        for one in seen
        if (one.member.name, one.member.role) == (member.name, member.role)
        and one.member.serve != member.serve
        and not one.lost
        and not _is_surely_dead(one.member, member.machine)
    )


def disagreements(seen: Iterable[Seen]) -> tuple[Disagreement, ...]:
    """What the living nodes do not agree on, the gravest first."""
    alive = [one.member for one in seen if not one.lost]
    found = [
        Disagreement("name", _values(_namesakes(alive), "hostname")),
        Disagreement("blobs", _values(alive, "blobs") if _blobs_are_apart(alive) else ()),
        *(Disagreement(what, _differing(alive, what)) for what in _SHARED),
    ]
    return tuple(one for one in found if one.values)


_SHARED = ("authserv_id", "keys", "version")


def _values(members: Iterable[Member], what: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(one.name, getattr(one, what)) for one in members}))


def _differing(members: Sequence[Member], what: str) -> tuple[tuple[str, str], ...]:
    """Pairs of name and value where there is more than one value."""
    values = {getattr(one, what) for one in members}
    return _values(members, what) if len(values) > 1 else ()


def _namesakes(members: Sequence[Member]) -> list[Member]:
    """Members of one name and role that belong to different `postern serve`."""
    return [
        one
        for one in members
        if any(
            (one.name, one.role) == (other.name, other.role) and one.serve != other.serve
            for other in members
        )
    ]


def _blobs_are_apart(members: Sequence[Member]) -> bool:
    """Whether one node has large messages where another does not find them."""
    places = {(one.blobs, one.name if one.blobs == "local" else "") for one in members}
    return len(places) > 1


def _succeeds(member: Member, other: Member) -> bool:
    return (other.name, other.role, other.serve) == (member.name, member.role, member.serve)


def _is_surely_dead(one: Member, machine: str) -> bool:
    """Its process would be visible from here, and is not there."""
    if one.machine != machine:
        return False
    try:
        os.kill(one.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _silent_since(database: Database, at: datetime) -> datetime:
    """Who was not seen since then is taken for lost."""
    return at - _MISSED * timedelta(seconds=beat_seconds(database))


def _renew(connection: Connection, member: Member, at: datetime) -> None:
    """Renewed even where it was taken for lost and forgotten: it lives."""
    row = asdict(member) | {"started_at": at, "seen_at": at, "lost": False}
    anew = insert_into(connection, _nodes).values(row)
    changed = {name: anew.excluded[name] for name in ("seen_at", "keys", "lost")}
    connection.execute(anew.on_conflict_do_update(index_elements=["instance"], set_=changed))


def _read(connection: Connection, silent: datetime) -> list[Seen]:
    query = select(_nodes).order_by(_nodes.c.name, _nodes.c.role, _nodes.c.instance)
    return [
        Seen(_member(row), row.started_at, row.seen_at, row.lost or row.seen_at < silent)
        for row in connection.execute(query)
    ]


def _member(row: Row[Any]) -> Member:
    return Member(**{name: getattr(row, name) for name in Member.__dataclass_fields__})
