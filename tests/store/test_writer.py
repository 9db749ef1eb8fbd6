import asyncio
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mail.errors import StoreProblem
from mail.verdict import Action
from store import schema
from store.database import Database
from store.domains import DomainRow
from store.messages import get_message, open_raw
from store.transactions import get_transaction
from store.writer import Writer
from tests.store.objects import files_of, folder_of, object_of
from tests.store.samples import CONTENT, NOON, envelope, received, refused, spooled


def rows(database: Database, table: str) -> int:
    with database.read() as connection:
        query = select(func.count()).select_from(schema.metadata.tables[table])
        return int(connection.execute(query).scalar_one())


async def test_an_accepted_message_is_all_there(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    letter = envelope(mailboxes=[domain.mailbox])
    stored = await writer.save_message(received(letter=letter))
    assert (stored.id, stored.size, stored.stored_at) == (letter.id, len(CONTENT), NOON)
    assert stored.duplicate_of is None
    detail = get_message(database, stored.id)
    assert detail is not None
    assert detail.summary.mailboxes == (domain.mailbox,)
    assert not detail.summary.held
    assert open_raw(database, stored.id).read() == CONTENT
    log = detail.transaction
    assert (log.summary.outcome, log.summary.stage) == ("accepted", "data")
    assert log.summary.message_id == "<one@example.org>"
    assert log.summary.subject == "Hello"
    assert log.report is not None
    assert log.report["spf"]["result"] == "pass"
    assert log.report["authentication_results"] == "mx.reply.example; spf=pass"
    with database.read() as connection:
        jobs = connection.execute(select(schema.outbox)).all()
    assert [(job.kind, job.message_id) for job in jobs] == [("digest", stored.id)]


async def test_a_held_message_is_a_message_that_is_held(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    letter = envelope(mailboxes=[domain.mailbox])
    stored = await writer.save_message(received(action=Action.QUARANTINE, letter=letter))
    detail = get_message(database, stored.id)
    assert detail is not None
    assert detail.summary.held
    assert detail.transaction.summary.outcome == "held"
    assert rows(database, "outbox") == 1


async def test_a_refused_message_leaves_its_row_and_its_bytes_for_a_week(
    database: Database, writer: Writer
) -> None:
    stored = await writer.save_message(received(action=Action.REJECT))
    assert get_message(database, stored.id) is None
    log = get_transaction(database, stored.id)
    assert log is not None
    assert (log.summary.outcome, log.summary.code) == ("refused", 550)
    assert log.header_block == CONTENT.split(b"\r\n\r\n")[0] + b"\r\n"
    assert log.body_expires_at is not None
    assert (log.body_expires_at - NOON).days == 7
    assert open_raw(database, stored.id).read() == CONTENT
    assert rows(database, "outbox") == 0


async def test_a_deferred_message_leaves_its_row_only(database: Database, writer: Writer) -> None:
    stored = await writer.save_message(received(action=Action.DEFER))
    log = get_transaction(database, stored.id)
    assert log is not None
    assert log.summary.outcome == "deferred"
    assert log.header_block.startswith(b"From: Li Wei")
    assert rows(database, "blobs") == 0
    with pytest.raises(StoreProblem, match="No bytes are kept"):
        open_raw(database, stored.id)


async def test_a_refused_recipient_leaves_a_row(database: Database, writer: Writer) -> None:
    letter = refused("rcpt", recipients=812)
    await writer.save_refusal(letter)
    log = get_transaction(database, letter.envelope.id)
    assert log is not None
    assert (log.summary.stage, log.summary.recipients) == ("rcpt", 812)
    assert log.report is None
    assert log.verdict["rule"] == "unknown-user"
    assert log.header_block == b""


@pytest.mark.sqlite_only  # elsewhere a batch waits for nobody's turn
async def test_many_at_once_share_commits(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    """While somebody else has the turn, all that arrive wait together for one commit."""
    letters = [
        received(CONTENT + b"%d" % number, letter=envelope(mailboxes=[domain.mailbox]))
        for number in range(40)
    ]
    with database.write():
        tasks = [asyncio.create_task(writer.save_message(letter)) for letter in letters]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
    stored = await asyncio.gather(*tasks)
    assert [one.id for one in stored] == [letter.envelope.id for letter in letters]
    assert rows(database, "messages") == 40


async def test_one_poisoned_item_fails_alone(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    good = [
        received(CONTENT + b"%d" % number, letter=envelope(mailboxes=[domain.mailbox]))
        for number in range(5)
    ]
    poison = received(CONTENT + b"!", letter=envelope(mailboxes=["NO-SUCH-MAILBOX"]))
    with database.write():
        waiting = [*good[:3], poison, *good[3:]]
        tasks = [asyncio.create_task(writer.save_message(letter)) for letter in waiting]
        await asyncio.sleep(0.05)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers.pop(3), StoreProblem)
    assert [one.id for one in answers if not isinstance(one, BaseException)] == [
        letter.envelope.id for letter in good
    ]
    assert rows(database, "messages") == 5
    assert rows(database, "transactions") == 5
    assert get_transaction(database, poison.envelope.id) is None


async def test_an_id_that_is_there_already_fails_and_hurts_nobody(
    database: Database, writer: Writer
) -> None:
    first = received()
    await writer.save_message(first)
    second = received(CONTENT + b"other", letter=first.envelope)
    with pytest.raises(StoreProblem):
        await writer.save_message(second)
    assert open_raw(database, first.envelope.id).read() == CONTENT
    assert rows(database, "blobs") == 1


@pytest.mark.sqlite_only  # elsewhere a commit waits for nobody's turn
async def test_a_cancelled_waiter_does_not_undo_the_commit(
    database: Database, writer: Writer
) -> None:
    letter = received()
    with database.write():
        task = asyncio.create_task(writer.save_message(letter))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    writer.close()  # everything in the queue is written by now
    assert get_message(database, letter.envelope.id) is not None


@pytest.mark.sqlite_only
async def test_a_store_that_hangs_is_a_store_problem_and_what_gave_up_is_not_saved(
    database: Database,
) -> None:
    writer = Writer(database, lambda: NOON, patience=0.05)
    writer.start()
    letter = received()
    problem = pytest.raises(StoreProblem, match=r"did not commit within 0\.05 seconds")
    with database.write(), problem:
        await writer.save_message(letter)
    await asyncio.to_thread(writer.close)
    assert get_transaction(database, letter.envelope.id) is None
    assert rows(database, "transactions") == 0


async def test_closing_writes_what_waits_and_takes_nothing_new(database: Database) -> None:
    writer = Writer(database, lambda: NOON)
    writer.start()
    letters = [received(CONTENT + b"%d" % number) for number in range(200)]
    with database.write():
        tasks = [asyncio.create_task(writer.save_message(letter)) for letter in letters]
        await asyncio.sleep(0.1)
    await asyncio.to_thread(writer.close)
    assert len(await asyncio.gather(*tasks)) == 200
    assert rows(database, "messages") == 200
    with pytest.raises(StoreProblem, match="not running"):
        await writer.save_message(received())


async def test_closing_writes_what_has_not_been_handed_to_the_thread_yet(
    database: Database,
) -> None:
    writer = Writer(database, lambda: NOON)
    writer.start()
    task = asyncio.create_task(writer.save_message(received()))
    await asyncio.sleep(0)  # it has been given to the writer, and the loop's turn is not over
    writer.close()
    assert rows(database, "transactions") == 1
    assert (await task).duplicate_of is None


@pytest.mark.sqlite_only
async def test_a_full_disk_is_a_store_problem_and_passes(
    database: Database, writer: Writer, page_limit: "PageLimit"
) -> None:
    before = await writer.save_message(received())
    page_limit.set(database, 8)
    big = received(CONTENT + os.urandom(200_000))
    with pytest.raises(StoreProblem, match="full: free space"):
        await writer.save_message(big)
    assert get_transaction(database, big.envelope.id) is None
    page_limit.lift(database)
    after = await writer.save_message(big)
    assert get_message(database, before.id) is not None
    assert get_message(database, after.id) is not None


@pytest.mark.sqlite_only
async def test_a_store_that_is_gone_is_a_store_problem_and_passes(
    database: Database, writer: Writer
) -> None:
    folder = database.settings.data_dir
    away = folder.with_name("away")
    folder.rename(away)
    with pytest.raises(StoreProblem, match="check that its folder is there"):
        await writer.save_message(received())
    away.rename(folder)
    stored = await writer.save_message(received())
    assert get_message(database, stored.id) is not None


async def test_a_large_message_is_a_file_that_is_there_before_its_row(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    content = b"Subject: large\r\n\r\n" + os.urandom(640_000)
    stored = await writer.save_message(received(spooled(tmp_path, content)))
    path = object_of(database, stored.sha256)
    assert path.read_bytes() == content
    assert files_of(database) == [path]
    raw = open_raw(database, stored.id)
    assert raw.path == path
    assert raw.read() == content


async def test_no_disk_for_a_large_message_is_a_store_problem(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    folder_of(database).write_text("in the way")
    with pytest.raises(StoreProblem):
        await writer.save_message(received(spooled(tmp_path, b"\r\n" + b"x" * 300_000)))
    folder_of(database).unlink()
    await writer.save_message(received(spooled(tmp_path, b"\r\n" + b"x" * 300_000)))
    assert rows(database, "transactions") == 1


async def test_strangers_words_that_no_database_keeps_are_made_fit(
    database: Database, writer: Writer
) -> None:
    content = b"Subject: a\x00b\r\nMessage-ID: <\x00@x>\r\n\r\n"
    letter = envelope()
    letter = replace(letter, client=replace(letter.client, helo="bad\udcffhelo\x00"))
    stored = await writer.save_message(received(content, letter=letter))
    log = get_transaction(database, stored.id)
    assert log is not None
    assert log.summary.subject == "a\ufffdb"
    assert log.summary.helo == "bad\ufffdhelo\ufffd"
    assert open_raw(database, stored.id).read() == content


async def test_encoded_words_of_the_subject_are_readable_in_the_log(
    database: Database, writer: Writer
) -> None:
    content = b"Subject: =?gb2312?B?xOO6ww==?= =?utf-8?q?w=C3=B6rld?=\r\n\r\n"
    stored = await writer.save_message(received(content, Action.REJECT))
    log = get_transaction(database, stored.id)
    assert log is not None
    assert log.summary.subject == "你好wörld"


async def test_a_writer_that_was_not_started_says_so(database: Database) -> None:
    with pytest.raises(StoreProblem, match="not running"):
        await Writer(database, lambda: NOON).save_message(received())


async def test_dns_answers_are_kept_once_for_all_messages(
    database: Database, writer: Writer
) -> None:
    first = await writer.save_message(received())
    second = await writer.save_message(received(CONTENT + b"2"))
    assert rows(database, "dns_answers") == 2
    kept = [get_transaction(database, one.id) for one in (first, second)]
    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[0].evidence == kept[1].evidence
    assert kept[0].evidence[0].records == ("v=spf1 -all",)
    assert kept[0].evidence[1].status == "nxdomain"


class PageLimit:
    """SQLite's own way to make a database full: so many pages and no more."""

    def set(self, database: Database, more: int) -> None:
        connection = sqlite3.connect(database.settings.path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.close()
        self._everywhere(database, pages + more)

    def lift(self, database: Database) -> None:
        self._everywhere(database, 1_000_000)

    def _everywhere(self, database: Database, pages: int) -> None:
        with database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def page_limit() -> Iterator[PageLimit]:
    yield PageLimit()
