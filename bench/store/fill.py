"""Fill a store with generated messages, through the store's own functions."""

import sys
import time
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import delete, func, select

from bench.store.mails import BEGIN, SPAN, Letter, letters
from digest.digest import VERSION
from store import schema
from store.batch import save_batch
from store.changes import save_digests
from store.database import Database
from store.domains import add_domain, list_domains
from store.rows import prepare_message

BATCH = 500
BOXES = 8


def fill(database: Database, wanted: int) -> tuple[str, ...]:
    """Bring the store to `wanted` digested messages; the ids of its mailboxes. One that was
    interrupted goes on where it was."""
    boxes = mailboxes(database)
    first, begun = _stored(database), time.perf_counter()
    posted = letters(first, wanted - first, wanted, boxes)
    done = 0
    for batch in _batches(posted):
        _save(database, batch)
        done += len(batch)
        if done % (40 * BATCH) == 0:
            rate = done / (time.perf_counter() - begun)
            sys.stderr.write(f"filled {first + done:,} of {wanted:,}: {rate:,.0f} a second\n")
    return boxes


def mailboxes(database: Database) -> tuple[str, ...]:
    """The ids of the mailboxes, which are made where there are none."""
    if not list_domains(database):
        for number in range(BOXES):
            add_domain(database, f"reply{number}.example", "all", "cli", BEGIN)
    return tuple(one.mailbox for one in list_domains(database))


def _stored(database: Database) -> int:
    with database.read() as connection:
        found = connection.execute(select(func.count()).select_from(schema.digests))
        return int(found.scalar_one())


def _batches(posted: Iterator[Letter]) -> Iterator[list[Letter]]:
    while batch := list(islice(posted, BATCH)):
        yield batch


def _save(database: Database, batch: list[Letter]) -> None:
    """Rows, then digests, as the server does; nothing is left to do for a worker."""
    items = [prepare_message(one.received) for one in batch]
    with database.write([BATCH * 16 * 1024]) as connection:
        save_batch(connection, items, BEGIN + SPAN)
        connection.execute(delete(schema.outbox))
    digests = {one.received.envelope.id: one.digest for one in batch}
    lineages = {one.received.envelope.id: one.lineage for one in batch}
    save_digests(database, digests, lineages=lineages, version=VERSION)
