"""Mail that an older version digested is read anew, without haste and to the end."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from digest.anew import STEP, Anew
from digest.apart.reader import Reader
from digest.digest import VERSION
from digest.worker import Worker
from mail.raw import RawMessage
from store import schema
from store.database import Database
from store.outbox import backlog
from store.people import get_person
from store.threads import read_thread
from store.writer import Writer
from tests.fakes import NOON, FixedClock
from tests.store.samples import envelope, received


@pytest.fixture
def anew(database: Database, clock: FixedClock, reader: Reader) -> Anew:
    return Anew(database, "worker-1", clock, reader)


async def keep(database: Database, clock: FixedClock, reader: Reader, number: int) -> list[str]:
    """So many messages of one conversation, digested by a version that knew of none; the ids."""
    writer = Writer(database, clock)
    writer.start()
    ids = []
    for n in range(number):
        parent = f"In-Reply-To: <m{n - 1}@a.example>\r\n" if n else ""
        content = (
            f"From: Li <li@a.example>\r\nMessage-ID: <m{n}@a.example>\r\n{parent}\r\n".encode()
        )
        letter = envelope(at=NOON + timedelta(seconds=n))
        raw = RawMessage.in_memory(content)
        ids.append((await writer.save_message(received(raw, letter=letter))).id)
    writer.close()
    worker = Worker(database, "old", clock, reader)
    while worker.run_once():
        pass
    forget(database)
    return ids


def forget(database: Database) -> None:
    """What an older schema never knew."""
    with database.write() as connection:
        for table in (
            schema.threads,
            schema.thread_keys,
            schema.people,
            schema.person_messages,
            schema.person_words,
        ):
            connection.execute(delete(table))


async def test_old_mail_gets_its_people_and_conversations(
    database: Database, clock: FixedClock, reader: Reader, anew: Anew
) -> None:
    ids = await keep(database, clock, reader, STEP + 3)
    assert anew.run_once() == STEP
    assert anew.run_once() == 3
    assert anew.run_once() == 0
    thread = read_thread(database, ids[-1], 100)
    assert thread is not None
    assert (thread.id, thread.count) == (ids[0], STEP + 3)
    person = get_person(database, "li@a.example")
    assert person is not None
    assert person.messages == STEP + 3
    assert backlog(database).waiting == 0


async def test_mail_that_this_version_digested_is_left_alone(
    database: Database, clock: FixedClock, reader: Reader, anew: Anew
) -> None:
    await keep(database, clock, reader, 2)
    while anew.run_once():
        pass
    again = Anew(database, "worker-2", clock, reader)
    assert again.run_once() == 0
    with database.write() as connection:
        connection.execute(update(schema.threads).values(version=VERSION - 1))
        connection.execute(
            delete(schema.settings).where(schema.settings.c.name == "digest_version")
        )
    assert Anew(database, "worker-3", clock, reader).run_once() == 2


async def test_bytes_that_are_lost_stop_nothing(
    database: Database,
    clock: FixedClock,
    reader: Reader,
    anew: Anew,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = await keep(database, clock, reader, 3)
    with database.write() as connection:
        lost = schema.messages.c.id == ids[1]
        sha256 = connection.execute(
            schema.messages.select().with_only_columns(schema.messages.c.sha256).where(lost)
        ).scalar_one()
        altered = update(schema.blobs).where(schema.blobs.c.sha256 == sha256)
        connection.execute(altered.values(content=b"altered"))
    with caplog.at_level(logging.WARNING, "postern.digest"):
        assert anew.run_once() == 3
    assert f"id={ids[1]}" in caplog.text
    assert anew.run_once() == 0
    person = get_person(database, "li@a.example")
    assert person is not None
    assert person.messages == 2


async def test_the_worker_gets_to_it_when_nothing_else_is_to_do(
    database: Database, clock: FixedClock, reader: Reader
) -> None:
    await keep(database, clock, reader, 2)
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(database, "worker-1", clock, reader).run(stop))
    while get_person(database, "li@a.example") is None:
        await asyncio.sleep(0.05)
    stop.set()
    await task
