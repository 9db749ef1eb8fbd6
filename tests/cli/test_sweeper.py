"""The worker's housekeeping: what was asked to be erased is, and a jump of the clock is told."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from cli.main import main
from cli.sweeper import finish_erasures, index_old_mail, sweep_hourly
from digest.worker import Worker
from store import schema
from store.database import Database, StoreSettings, open_database
from store.erasure import ask_erasure, list_erasures
from store.messages import MessageFilter, find_messages, get_message, save_digest
from store.search.index import is_indexed
from store.secrets import SecretBox
from store.small_settings import get_setting, put_setting
from store.writer import Writer
from tests.fakes import NOON, FixedClock
from tests.store.samples import envelope, received
from tests.stores import new_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(new_store(tmp_path / "data"))
    yield opened
    opened.close()


async def test_what_was_asked_for_is_erased_by_the_worker(
    database: Database, tmp_path: Path
) -> None:
    writer = Writer(database, lambda: NOON)
    writer.start()
    stored = await writer.save_message(received(letter=envelope(at=NOON)))
    writer.close()
    assert Worker(database, "worker", lambda: NOON).run_once() == 1  # who wrote it, is known then
    ask_erasure(database, "li@example.org", by="console", now=NOON)
    stop, box = asyncio.Event(), SecretBox(tmp_path / "keys")
    running = asyncio.create_task(finish_erasures(database, box, FixedClock(), stop))
    while list_erasures(database)[0].receipt is None:
        assert not running.done()
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert get_message(database, stored.id) is None
    assert list_erasures(database)[0].address is None


async def test_the_worker_sweeps_once_it_is_started(database: Database) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(sweep_hourly(database, FixedClock(), stop))
    while get_setting(database, "sweep.at") is None:
        assert not running.done()
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 30)


def test_the_doctor_tells_of_a_clock_that_jumped(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    put_setting(database, "sweep.at", (NOON - timedelta(days=4000)).isoformat())
    main(["check", "--json"])
    findings = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert "ahead of the last sweep" in findings["clock"]["found"]
    assert main(["retention", "confirm-clock"]) == 0
    capsys.readouterr()
    main(["check", "--json"])
    findings = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert "clock" not in findings


async def test_the_worker_indexes_old_mail_until_all_is_found(database: Database) -> None:
    writer = Writer(database, lambda: NOON)
    writer.start()
    stored = await writer.save_message(received(letter=envelope(at=NOON)))
    writer.close()
    save_digest(database, stored.id, {"subject": "zebra", "category": "notice"})
    with database.write() as connection:
        connection.execute(delete(schema.search))
    assert find_messages(database, MessageFilter(q="zebra"), 9).items == ()
    stop = asyncio.Event()
    task = asyncio.create_task(index_old_mail(database, stop))
    while not is_indexed(database):
        await asyncio.sleep(0.01)
    stop.set()
    await task
    assert [row.id for row in find_messages(database, MessageFilter(q="zebra"), 9).items] == [
        stored.id
    ]


def test_migrate_indexes_at_once_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    assert main(["migrate", "--index"]) == 0
    assert "up to date" in capsys.readouterr().out
    with contextlib.closing(open_database(StoreSettings("", tmp_path / "data"))) as opened:
        assert is_indexed(opened)
