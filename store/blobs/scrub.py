"""Reads everything that is kept again, slowly, and compares it with its hash.

A disk that loses a sector tells nobody until the sector is read, and then the backup may be too
old. Hashes are spread evenly, so a month is cut into as many slices as the hashes are, and which
slice is due follows from the clock: nothing has to be remembered but who of many nodes took it.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from mail.errors import StoreProblem
from store import schema
from store.blobs import ledger
from store.blobs.place import BytesAltered, BytesMissing
from store.small_settings import put_within

if TYPE_CHECKING:
    from store.database import Database

_log = logging.getLogger("postern.store")

PERIOD = timedelta(days=30)
"""In this time everything is read once."""

PAUSE = timedelta(minutes=10)
"""From one slice to the next."""

SLICES = PERIOD // PAUSE
_PREFIX = 8
_TAKEN = "scrub"
"""The setting that has the slice that was taken last."""
_CHUNK = 100
_blobs = schema.blobs


class Soundness(StrEnum):
    """How bytes were found."""

    SOUND = "sound"
    MISSING = "missing"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
    """Their place did not answer, so nobody knows."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One message's bytes, of `size`, and the one line that says what is wrong with them."""

    sha256: str
    size: int
    soundness: Soundness
    problem: str = ""


def slice_at(now: datetime) -> int:
    """The slice that is due."""
    return int(now.timestamp() // PAUSE.total_seconds()) % SLICES


def take_slice(database: "Database", number: int) -> bool:
    """Whether no other node took this slice; then it is ours."""
    settings = schema.settings
    with database.write() as connection:
        query = select(settings.c.value).where(settings.c.name == _TAKEN)
        if connection.execute(query).scalar() == number:
            return False
        put_within(connection, _TAKEN, number)
    return True


def scrub(database: "Database", number: int) -> Counter[Soundness]:
    """Look through one slice; what is not sound is written to the log. Raises StoreProblem where
    the database itself does not answer."""
    found: Counter[Soundness] = Counter()
    for looked in look_through(database, _bound(number) or "", _bound(number + 1)):
        found[looked.soundness] += 1
        if looked.soundness is not Soundness.SOUND:
            _log.error(
                "event=bytes-%s sha256=%s reason=%s",
                looked.soundness,
                looked.sha256,
                looked.problem,
            )
    return found


def look_through(database: "Database", first: str = "", end: str | None = None) -> Iterator[Looked]:
    """Look at all bytes whose hash is more than `first` and less than `end`, one after the other:
    a hash is never as short as a bound."""
    query = select(_blobs.c.sha256, _blobs.c.size).order_by(_blobs.c.sha256).limit(_CHUNK)
    if end is not None:
        query = query.where(_blobs.c.sha256 < end)
    while True:
        with database.read() as connection:
            rows = connection.execute(query.where(_blobs.c.sha256 > first)).all()
        for row in rows:
            soundness, problem = _look_at(database, row.sha256)
            if soundness is Soundness.MISSING and not _is_kept(database, row.sha256):
                continue  # deleted since
            yield Looked(row.sha256, row.size, soundness, problem)
        if len(rows) < _CHUNK:
            return
        first = rows[-1].sha256


def strays(database: "Database", now: datetime) -> Iterator[str]:
    """What lies in the place of large messages and belongs to no message of this store, told for
    a person. In a bucket it may be another store's. Raises StoreProblem."""
    place, names = database.blobs.place, list[str]()
    for name in place.names(now - ledger.ORPHAN_AGE):
        names.append(name)
        if len(names) == _CHUNK:
            yield from _unknown(database, names)
            names.clear()
    yield from _unknown(database, names)


def _unknown(database: "Database", names: list[str]) -> list[str]:
    with database.read() as connection:
        found = ledger.unknown(connection, names)
    return [database.blobs.place.called(name) for name in found]


def _look_at(database: "Database", sha256: str) -> tuple[Soundness, str]:
    try:
        database.blobs.open(sha256)
    except BytesMissing as problem:
        return Soundness.MISSING, str(problem)
    except BytesAltered as problem:
        return Soundness.ALTERED, str(problem)
    except StoreProblem as problem:
        return Soundness.UNREADABLE, str(problem)
    return Soundness.SOUND, ""


def _is_kept(database: "Database", sha256: str) -> bool:
    with database.read() as connection:
        query = select(_blobs.c.sha256).where(_blobs.c.sha256 == sha256)
        return connection.execute(query).first() is not None


def _bound(number: int) -> str | None:
    """What all hashes of a slice begin with or come after; None behind the last slice."""
    return f"{number * 16**_PREFIX // SLICES:0{_PREFIX}x}" if number < SLICES else None
