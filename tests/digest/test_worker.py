"""The outbox worked off: every message gets its digest, and none stands before the next."""

import asyncio
import logging

import pytest
from sqlalchemy import update

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
from digest.worker import SUSPICIOUS_AFTER, Worker
from mail.raw import RawMessage
from store import schema
from store.database import Database
from store.dead_jobs import list_dead
from store.messages import delete_message, get_message
from store.outbox import MAX_ATTEMPTS, backlog
from store.writer import Writer
from tests.digest.messages import message
from tests.digest.test_bounce import POSTFIX, report
from tests.fakes import FixedClock
from tests.store.samples import envelope, received


@pytest.fixture
def worker(database: Database, clock: FixedClock, reader: Reader) -> Worker:
    return Worker(database, "worker-1", clock, reader)


async def save(
    database: Database, clock: FixedClock, content: bytes, mail_from: str | None = "a@example.com"
) -> str:
    """Put one accepted message into the store; its id."""
    raw = RawMessage.in_memory(content)
    writer = Writer(database, clock)
    writer.start()
    stored = await writer.save_message(received(raw, letter=envelope(mail_from=mail_from)))
    writer.close()
    return stored.id


def lose_bytes(database: Database) -> None:
    """What a broken disk does."""
    with database.write() as connection:
        connection.execute(update(schema.blobs).values(content=b"altered"))


async def test_a_new_message_gets_its_digest(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    identifier = await save(database, clock, message("您好".encode(), {"Subject": "Offer"}))
    assert worker.run_once() == 1
    detail = get_message(database, identifier)
    assert detail is not None
    assert detail.digest is not None
    assert (detail.summary.subject, detail.digest["text"]) == ("Offer", "您好")
    assert detail.summary.category == detail.digest["category"] != ""
    assert worker.run_once() == 0
    assert backlog(database).waiting == 0


async def test_the_null_sender_is_known_to_the_rules(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    prose = message(b"550 5.1.1 unknown", {"From": "MAILER-DAEMON@mx.example.net"})
    identifier = await save(database, clock, prose, mail_from=None)
    worker.run_once()
    detail = get_message(database, identifier)
    assert detail is not None
    assert detail.digest is not None
    assert (detail.summary.category, detail.digest["bounce"]["status"]) == ("bounce", "5.1.1")
    assert "null-sender" in detail.digest["why"]


async def test_a_bounce_is_stored_with_its_fields(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    identifier = await save(database, clock, report(POSTFIX), mail_from=None)
    worker.run_once()
    detail = get_message(database, identifier)
    assert detail is not None
    assert detail.digest is not None
    assert detail.digest["bounce"]["status"] == "5.1.1"


async def test_a_message_whose_bytes_are_lost_is_retried_marked_and_at_last_dead(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    identifier = await save(database, clock, message(b"x"))
    lose_bytes(database)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert worker.run_once() == 1
        detail = get_message(database, identifier)
        assert detail is not None
        assert detail.summary.digested == (attempt >= SUSPICIOUS_AFTER)
        clock.advance(3 * 3600)
    assert worker.run_once() == 0
    [dead] = list_dead(database).items
    assert dead.message_id == identifier
    assert dead.error


async def test_one_failure_never_stands_before_the_next_message(
    database: Database, clock: FixedClock, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    lost = await save(database, clock, message(b"one"))
    lose_bytes(database)
    sound = await save(database, clock, message(b"two"))
    with caplog.at_level(logging.WARNING, "postern.digest"):
        assert worker.run_once() == 2
    first, second = get_message(database, lost), get_message(database, sound)
    assert first is not None
    assert second is not None
    assert (first.summary.digested, second.summary.digested) == (False, True)
    assert f"id={lost}" in caplog.text


async def test_a_message_that_breaks_the_reader_is_marked_and_passed_by(
    database: Database,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    hostile: Nursery,
) -> None:
    looping = await save(database, clock, message(b"x", {"Subject": "loop"}))
    crashing = await save(database, clock, message(b"x", {"Subject": "crash"}))
    sound = await save(database, clock, message(b"two"))
    with Reader(Limits(cpu=0.5, wall=20.0, headline=10.0), hostile) as harmed:
        worker = Worker(database, "worker-1", clock, harmed)
        with caplog.at_level(logging.WARNING, "postern.digest"):
            assert worker.run_once() == 3
        assert worker.run_once() == 0
    assert backlog(database).waiting == 0
    for identifier, subject in ((looping, "loop"), (crashing, "crash")):
        detail = get_message(database, identifier)
        assert detail is not None
        assert detail.digest is not None
        assert detail.summary.subject == subject
        assert detail.digest["why"] == ["unreadable"]
        assert "our reader gave up" in detail.digest["defects"][0]
    third = get_message(database, sound)
    assert third is not None
    assert third.digest is not None
    assert third.digest["text"] == "two"
    assert "event=digest-broke" in caplog.text


async def test_a_deleted_message_needs_no_digest(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    identifier = await save(database, clock, message(b"x"))
    delete_message(database, identifier, by="tester", now=clock())
    assert worker.run_once() == 0
    assert backlog(database).waiting == 0


async def test_the_loop_works_until_it_is_told_to_stop(
    database: Database, clock: FixedClock, worker: Worker
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    identifier = await save(database, clock, message(b"later"))
    while (detail := get_message(database, identifier)) is None or not detail.summary.digested:
        await asyncio.sleep(0.02)
    stop.set()
    await running
