"""Removes the objects that nobody names: a crash, a refusal and a deletion leave some.

The ledger knows them (`store.blobs.ledger`), so the bucket is not searched. Files are looked
through besides, for what a version before the ledger left.
"""

import logging
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from mail.errors import StoreProblem
from store.blobs import ledger
from store.blobs.files import Files

if TYPE_CHECKING:
    from store.database import Database

_log = logging.getLogger("postern.store")

CHUNK = 200
"""Objects that are looked up at once."""


def remove_orphans(database: "Database", now: datetime) -> int:
    """Doom what is overdue, and remove what was doomed long enough ago. How many objects that
    were. Never removes within a transaction: a slow object store holds up nobody."""
    with database.write() as connection:
        ledger.doom_overdue(connection, now)
    return _remove_doomed(database, now) + _remove_strays(database, now)


def _remove_doomed(database: "Database", now: datetime) -> int:
    removed = 0
    while True:
        with database.read() as connection:
            names = ledger.doomed(connection, now, CHUNK)
        gone, failed = _remove(database, names)
        if gone or failed:
            with database.write() as connection:
                ledger.forget(connection, gone)
                for name in failed:
                    ledger.postpone(connection, name, now)
        removed += len(gone)
        if failed or len(names) < CHUNK:
            return removed


def _remove(database: "Database", names: list[str]) -> tuple[list[str], list[str]]:
    """Those that are gone, and the one at which it failed: the next sweep begins with others."""
    gone: list[str] = []
    for name in names:
        try:
            database.blobs.remove(name)
        except StoreProblem as problem:
            _log.warning("event=orphan-not-removed name=%s reason=%s", name, problem)
            return gone, [name]
        gone.append(name)
    return gone, []


def _remove_strays(database: "Database", now: datetime) -> int:
    """Old files whose names nobody knows, which therefore nobody can ever name. A bucket may have
    objects of other stores in it, so there such names are only told (`store.blobs.scrub`)."""
    place = database.blobs.place
    if not isinstance(place, Files):
        return 0
    removed = 0
    names = place.names(now - ledger.ORPHAN_AGE)
    while chunk := list(islice(names, CHUNK)):
        with database.read() as connection:
            strays = ledger.unknown(connection, chunk)
        gone, _ = _remove(database, strays)
        removed += len(gone)
    return removed
