"""Which objects are on their way in, and which on their way out.

Bytes must be durable before the row that names them, and what no row names must go one day, but
never from under somebody who is about to name it. Waiting "long enough" is no proof: a process
may be stopped for a day between its upload and its commit, and a request to delete may arrive
long after it was given up. So two things are arranged:

- **A name is used once.** An object is called by the hash of its bytes and a random number, and
  nobody ever takes an object that he finds: whoever saves a message makes an object of his own.
  What is acknowledged rests on bytes that were made durable for it just now, and a delete that
  is late, or happens twice, can meet nothing but the object that it was meant for.
- **A name is in one place.** It is written here, `pending`, and committed before the object is
  begun. The transaction that names it in `blobs` takes it out of here; the sweep turns what has
  been pending for ORPHAN_AGE into `doomed`. Both change the same row, under the database's lock
  on that row, and both ask for `pending`: exactly one of them finds it. If it is the sweep, the
  transaction that wanted the name fails (451, and nothing is written), however late it comes. If
  it is the transaction, the sweep finds nothing. Doomed objects are removed and only then
  forgotten; nothing leads back from `doomed`.

Hence the three ways of an object: pending → named; named → doomed (the last message that uses it
goes, in the transaction that removes it, or newer bytes take its place); pending → doomed. At
every moment an object that exists is named by a row of `blobs` or written here, so finding orphans
needs no walk through the bucket, and a crash at any point leaves at worst an object that the
sweep removes. The same holds on SQLite, on PostgreSQL with READ COMMITTED, and for files and S3.

Small bytes need none of this. They are in the row itself: who takes the row out takes them out,
and an insert that meets the deletion of an equal row waits for it and brings its own bytes.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mail.errors import StoreProblem
from store import schema

PENDING, DOOMED = "pending", "doomed"

ORPHAN_AGE = timedelta(days=1)
"""After this time nobody comes any more for what he uploaded."""

READER_AGE = timedelta(hours=1)
"""So long an object stays after it is doomed, for those who are reading it."""

_objects = schema.blob_objects
_blobs = schema.blobs


def announce(connection: Connection, name: str, now: datetime) -> None:
    """An object of this name is going to be made. To be committed before it is begun."""
    connection.execute(insert(_objects).values(name=name, state=PENDING, since=now))


def take_names(connection: Connection, wanted: Mapping[str, tuple[str, str]]) -> None:
    """The rows of `blobs` with these hashes are there, written or met by this transaction: they
    rest on these objects from now on (`wanted`: name and coding by hash).

    An object on which such a row rested before is doomed. Raises StoreProblem where the sweep was
    faster with one of the names.
    """
    names = sorted(name for name, _ in wanted.values())
    taken = delete(_objects).where(_objects.c.name.in_(names), _objects.c.state == PENDING)
    if connection.execute(taken).rowcount != len(names):
        raise StoreProblem(
            "The upload waited so long for its commit that it was given up: look for what held up "
            "the store; the sender will try again"
        )
    query = select(_blobs.c.sha256, _blobs.c.object, _blobs.c.content.is_(None).label("large"))
    for row in connection.execute(query.where(_blobs.c.sha256.in_(sorted(wanted)))).all():
        name, coding = wanted[row.sha256]
        if row.object != name:
            anew = update(_blobs).where(_blobs.c.sha256 == row.sha256)
            connection.execute(anew.values(object=name, coding=coding, content=None))
            if row.large:
                _doom(connection, row.object or row.sha256)


def give_up(connection: Connection, names: Collection[str]) -> None:
    """Nobody is going to name these objects; the sweep need not wait."""
    if names:
        pending = _objects.c.name.in_(sorted(names)), _objects.c.state == PENDING
        connection.execute(update(_objects).where(*pending).values(state=DOOMED, since=None))


def let_go(connection: Connection, sha256: str) -> None:
    """One use of these bytes less; with the last one their row is gone, and their object doomed."""
    of_these = _blobs.c.sha256 == sha256
    connection.execute(update(_blobs).where(of_these).values(uses=_blobs.c.uses - 1))
    unused = select(_blobs.c.object, _blobs.c.content.is_(None).label("large"))
    row = connection.execute(unused.where(of_these, _blobs.c.uses <= 0)).first()
    if row is None:
        return
    connection.execute(delete(_blobs).where(of_these))
    if row.large:
        _doom(connection, row.object or sha256)


def _doom(connection: Connection, name: str) -> None:
    connection.execute(insert(_objects).values(name=name, state=DOOMED, since=None))


def doom_overdue(connection: Connection, now: datetime) -> int:
    """What has been pending too long is doomed. How many there were.

    The time of what others doomed counts from here too: by one clock, that of who sweeps.
    """
    overdue = (
        update(_objects)
        .where(_objects.c.state == PENDING, _objects.c.since < now - ORPHAN_AGE)
        .values(state=DOOMED, since=None)
    )
    number = connection.execute(overdue).rowcount
    unseen = update(_objects).where(_objects.c.state == DOOMED, _objects.c.since.is_(None))
    connection.execute(unseen.values(since=now))
    return int(number)


def doomed(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The names of objects that may be removed now, the longest doomed first."""
    query = (
        select(_objects.c.name)
        .where(_objects.c.state == DOOMED, _objects.c.since <= now - READER_AGE)
        .order_by(_objects.c.since, _objects.c.name)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def forget(connection: Connection, names: Collection[str]) -> None:
    """These objects are gone."""
    if names:
        gone = _objects.c.name.in_(sorted(names)), _objects.c.state == DOOMED
        connection.execute(delete(_objects).where(*gone))


def postpone(connection: Connection, name: str, now: datetime) -> None:
    """This one could not be removed: others first."""
    later = update(_objects).where(_objects.c.name == name, _objects.c.state == DOOMED)
    connection.execute(later.values(since=now))


def unknown(connection: Connection, names: Iterable[str]) -> list[str]:
    """Those of `names` that nobody knows: neither a row of `blobs` nor this ledger.

    One statement, so that a name on its way from the one to the other is seen in either. What it
    finds can never be named any more: names come to `blobs` through the ledger only.
    """
    asked = sorted(set(names))
    known = (
        select(_blobs.c.object.label("name"))
        .where(_blobs.c.object.in_(asked))
        .union_all(
            select(_blobs.c.sha256).where(_blobs.c.sha256.in_(asked), _blobs.c.object.is_(None)),
            select(_objects.c.name).where(_objects.c.name.in_(asked)),
        )
    )
    found: set[Any] = set(connection.execute(known).scalars())
    return [name for name in asked if name not in found]
