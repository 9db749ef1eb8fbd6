"""Processes that save, delete and sweep the same large messages at one time, with no mercy: here
the sweep waits for nobody, which it does for a day in earnest."""

import asyncio
import itertools
import multiprocessing
import os
import random
from collections import Counter
from datetime import timedelta
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import pytest
from sqlalchemy import select

from mail.errors import StoreProblem
from store import schema
from store.blobs import Blobs, ledger
from store.blobs.orphans import remove_orphans
from store.database import Database, StoreSettings, open_database
from store.messages import delete_message, open_raw
from store.writer import Writer
from tests.store.objects import files_of, ledger_of
from tests.store.samples import NOON, pulled

LETTERS = [b"\r\n" + bytes([number]) + os.urandom(300_000) for number in range(3)]
ROUNDS = 20
LATER = NOON + 2 * (ledger.ORPHAN_AGE + ledger.READER_AGE)
"""For this sweep all that there is has waited for long."""


def save_and_delete(settings: StoreSettings, who: int, letters: list[bytes], said: Path) -> None:
    """Save letters that others save too, and delete some of them; `said` gets the ids of those
    that were acknowledged and not deleted."""
    database = open_database(settings)
    chance = random.Random(who)
    writer = Writer(database, lambda: NOON)
    writer.start()
    mine: list[str] = []
    refused = 0
    for number in itertools.count():
        if number >= ROUNDS and mine:
            break
        letter = pulled(number, content=chance.choice(letters), account=f"A{who}")
        try:
            mine.append(asyncio.run(writer.save_message(letter)).id)
        except StoreProblem as problem:
            assert "it was given up" in str(problem)
            refused += 1
        if len(mine) > 2:
            gone = mine.pop(chance.randrange(len(mine)))
            delete_message(database, gone, by="li", now=NOON)
    writer.close()
    database.close()
    said.write_text("\n".join([str(refused), *mine]))


def sweep_without_mercy(settings: StoreSettings, stop: Signal) -> None:
    database = open_database(settings)
    chance = random.Random(0)
    while not stop.is_set():
        remove_orphans(database, LATER)
        stop.wait(chance.random() / 20)  # so that some uploads reach their commit
    database.close()


def test_no_removal_takes_what_somebody_is_about_to_use(database: Database, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    sweeper = context.Process(target=sweep_without_mercy, args=(database.settings, stop))
    savers = [
        context.Process(
            target=save_and_delete, args=(database.settings, who, LETTERS, tmp_path / f"{who}")
        )
        for who in range(2)
    ]
    for process in (sweeper, *savers):
        process.start()
    for process in savers:
        process.join()
    stop.set()
    sweeper.join()
    assert [process.exitcode for process in (sweeper, *savers)] == [0, 0, 0]
    said = [(tmp_path / f"{who}").read_text().split("\n") for who in range(2)]
    kept = [one for lines in said for one in lines[1:] if one]
    assert kept
    for identifier in kept:
        assert open_raw(database, identifier).read() in LETTERS
    remove_orphans(database, LATER)
    remove_orphans(database, LATER + ledger.READER_AGE)
    assert ledger_of(database) == {}
    with database.read() as connection:
        rows = connection.execute(select(schema.blobs.c.object, schema.blobs.c.uses)).all()
    assert sorted(path.name for path in files_of(database)) == sorted(row.object for row in rows)
    assert sum(row.uses for row in rows) == len(kept)


def name_and_wait(
    settings: StoreSettings, name: str, named: Signal, go_on: Signal, said: Path
) -> None:
    """A transaction that names the object, and is not committed for a while."""
    database = open_database(settings)
    try:
        with database.write_beside() as connection:
            connection.execute(
                schema.blobs.insert().values(
                    sha256="0" * 64, size=1, coding="identity", uses=1, stored_at=NOON, object=name
                )
            )
            ledger.take_names(connection, {"0" * 64: (name, "identity")})
            named.set()
            go_on.wait()
        said.write_text("saved")
    except StoreProblem:
        named.set()
        said.write_text("refused")
    database.close()


def doom(settings: StoreSettings) -> None:
    database = open_database(settings)
    with database.write() as connection:
        ledger.doom_overdue(connection, LATER)
    database.close()


@pytest.mark.parametrize("first", ["the commit", "the sweep"])
def test_of_a_commit_and_the_sweep_exactly_one_finds_the_name(
    database: Database, tmp_path: Path, first: str
) -> None:
    """The moment itself: the transaction has named the object and is not over."""
    context = multiprocessing.get_context("spawn")
    named, go_on = context.Event(), context.Event()
    with database.write() as connection:
        ledger.announce(connection, "name", NOON)
    if first == "the sweep":
        doom(database.settings)
    said = tmp_path / "said"
    process = context.Process(
        target=name_and_wait, args=(database.settings, "name", named, go_on, said)
    )
    process.start()
    named.wait()
    sweeper = context.Process(target=doom, args=(database.settings,))
    sweeper.start()  # waits for the transaction, on either database
    go_on.set()
    for one in (process, sweeper):
        one.join()
    if first == "the commit":
        assert said.read_text() == "saved"
        assert ledger_of(database) == {}
    else:
        assert said.read_text() == "refused"
        assert ledger_of(database) == {"name": "doomed"}


def test_who_reads_while_the_object_is_replaced_finds_the_new_one(
    database: Database, writer: Writer
) -> None:
    first = asyncio.run(writer.save_message(pulled(1, content=LETTERS[0])))
    found = Counter[str]()

    class Between(Blobs):
        """Its first look at the row is followed by another message with the same bytes."""

        def _row(self, sha256: str):  # type: ignore[no-untyped-def]
            row = super()._row(sha256)
            found["looks"] += 1
            if found["looks"] == 1:
                asyncio.run(writer.save_message(pulled(2, content=LETTERS[0])))
                remove_orphans(database, NOON)
                assert remove_orphans(database, NOON + timedelta(hours=2)) == 1
            return row

    between = Between(database, database.settings.data_dir)
    assert between.open(first.sha256).read() == LETTERS[0]
    assert found["looks"] == 2
