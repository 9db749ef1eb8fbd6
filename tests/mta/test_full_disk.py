"""A disk without space and a store that is away: the client hears to come again, nothing is
stored by half, and when the trouble is over, mail goes on by itself."""

import asyncio
import base64
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.database import Database
from store.messages import MessageFilter, find_messages, open_raw
from tests.mta.serving import House, house
from tests.services import require
from tests.wire import Wire

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

KILOBYTE = 1024
IN_MEMORY: dict[str, Any] = {
    "memory_threshold_bytes": 16_777_216,
    "memory_budget_bytes": 67_108_864,
}
"""So that the spool is not what gets full first."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 20 MB of our own."""
    mount, umount = require("mount"), require("umount")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        sentence = f"cannot mount a small disk (root can): {mounted.stderr.strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int = 0) -> Path:
    """Take all space but `left` octets; the file that has it."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - left, 1))
    return filler


def content(size: int, mark: str) -> bytes:
    """A first line with the mark, and others that no compression makes smaller."""
    first = mark.encode().ljust(76, b".") + b"\r\n"
    noise = base64.encodebytes(os.urandom(size * 3 // 4)).replace(b"\n", b"\r\n")
    return b"From: <alice@sender.example>\r\n\r\n" + first + noise


async def say(served: House, size: int, mark: str) -> str:
    """Send a message; the codes of its reply."""

    def send() -> str:
        with Wire(served.port) as wire:
            wire.say("EHLO client.example")
            reply = wire.deliver("alice@sender.example", "bob@reply.example", content(size, mark))
            return reply[:10]

    return await asyncio.to_thread(send)


def marks(database: Database) -> list[str]:
    """What is stored, the newest first; every message's bytes are whole, or this fails."""
    found = find_messages(database, MessageFilter(), 500, None)
    bodies = [open_raw(database, one.id).read().split(b"\r\n\r\n")[1] for one in found.items]
    return [body[:76].rstrip(b".").decode() for body in bodies]


def is_sound(folder: Path) -> bool:
    """What SQLite itself says of the database."""
    with closing(sqlite3.connect(folder / "postern.db")) as database:
        (said,) = database.execute("PRAGMA integrity_check").fetchone()
        return str(said) == "ok"


def leftovers(folder: Path) -> list[str]:
    """What lies in a folder besides whole blobs."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if len(path.name) != 64]


NO_SPACE = "452 4.3.1 "
INLINE, LARGE = 200 * KILOBYTE, 2048 * KILOBYTE


@pytest.mark.parametrize("left", [0, 4, 20, 60, 150])
async def test_no_space_for_the_database(disk: Path, left: int) -> None:
    async with house(disk, **IN_MEMORY) as served:
        assert await say(served, INLINE, "before") == "250 2.0.0 "
        filler = fill(disk, left * KILOBYTE)
        assert await say(served, INLINE, "full") == NO_SPACE
        filler.unlink()
        assert await say(served, INLINE, "after") == "250 2.0.0 "
        assert marks(served.database) == ["after", "before"]
        assert is_sound(disk)


async def test_no_space_for_a_large_message(disk: Path) -> None:
    async with house(disk, **IN_MEMORY) as served:
        filler = fill(disk, 1024 * KILOBYTE)
        assert await say(served, LARGE, "full") == NO_SPACE
        assert leftovers(disk / "blobs") == []
        filler.unlink()
        assert await say(served, LARGE, "after") == "250 2.0.0 "
        assert marks(served.database) == ["after"]


async def test_no_space_for_the_spool(disk: Path) -> None:
    async with house(disk) as served:
        filler = fill(disk, 100 * KILOBYTE)
        assert await say(served, LARGE, "full") == NO_SPACE
        assert list((disk / "spool").iterdir()) == []
        filler.unlink()
        assert await say(served, LARGE, "after") == "250 2.0.0 "
        assert marks(served.database) == ["after"]


async def test_a_disk_that_fills_up_keeps_all_that_was_acknowledged(disk: Path) -> None:
    async with house(disk) as served:
        acknowledged = []
        filler = fill(disk, 5 * 1024 * KILOBYTE)
        for number in range(100):
            size = (INLINE, 400 * KILOBYTE)[number % 2]
            reply = await say(served, size, f"n{number}")
            if reply == NO_SPACE:
                break
            acknowledged.append(f"n{number}")
        assert reply == NO_SPACE
        filler.unlink()
        assert await say(served, INLINE, "after") == "250 2.0.0 "
        assert sorted(marks(served.database)) == sorted([*acknowledged, "after"])
        assert is_sound(disk)


async def test_the_store_is_away_for_a_while(tmp_path: Path) -> None:
    async with house(tmp_path) as served:
        away = tmp_path / "away.db"
        (tmp_path / "postern.db").rename(away)
        assert await say(served, INLINE, "away") == "451 4.3.0 "
        away.rename(tmp_path / "postern.db")
        assert await say(served, INLINE, "after") == "250 2.0.0 "
        assert marks(served.database) == ["after"]


async def test_another_program_holds_the_store_for_a_while(tmp_path: Path) -> None:
    async with house(tmp_path, patience=0.5) as served:
        with closing(sqlite3.connect(tmp_path / "postern.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await say(served, INLINE, "held") == "451 4.3.0 "
            other.execute("ROLLBACK")
        while (reply := await say(served, INLINE, "after")) != "250 2.0.0 ":
            assert reply == "451 4.3.0 "  # the writer may still be asleep in SQLite's own waiting
        assert marks(served.database) == ["after"]


async def test_the_spool_folder_is_away_for_a_while(tmp_path: Path) -> None:
    async with house(tmp_path) as served:
        (tmp_path / "spool").rmdir()
        assert await say(served, LARGE, "away") == "451 4.3.0 "
        (tmp_path / "spool").mkdir()
        assert await say(served, LARGE, "after") == "250 2.0.0 "
        assert marks(served.database) == ["after"]
