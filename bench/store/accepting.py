"""How many messages a second a store takes durably, beside the same bytes without Postern."""

import asyncio
import itertools
import secrets
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.store.mails import letter
from mail.received import ReceivedMessage
from store.database import Database
from store.writer import Writer

OCTETS = 10_240
AT_ONCE = 64
"""Messages that wait for their commit at the same time, and rows of one batch of the plain ones."""

_ROW = 1024
_numbers = itertools.count(500_000_000)


def accept(database: Database, boxes: tuple[str, ...], count: int) -> float:
    """Messages a second through the writer, each answered when it is durable."""
    posted = [_new(boxes) for _ in range(count)]
    return asyncio.run(_accept(database, posted))


def _new(boxes: tuple[str, ...]) -> ReceivedMessage:
    return letter(next(_numbers), datetime.now(UTC), boxes, OCTETS).received


async def _accept(database: Database, posted: list[ReceivedMessage]) -> float:
    writer = Writer(database, lambda: datetime.now(UTC))
    writer.start()
    waiting = iter(posted)

    async def client() -> None:
        for one in waiting:
            await writer.save_message(one)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    rate = len(posted) / (time.perf_counter() - begun)
    await asyncio.to_thread(writer.close)
    return rate


def plain_sqlite(folder: Path) -> Callable[[int], float]:
    """Batches of a row of 1 KB with two indexes and a blob of 10 KB, by the driver alone."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for words in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *_TABLES):
        connection.execute(words.replace("BINARY", "BLOB"))

    def run(count: int) -> float:
        rows, blobs = _plain_rows(count)
        begun = time.perf_counter()
        for start in range(0, count, AT_ONCE):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO plain VALUES (?, ?, ?)", rows[start : start + AT_ONCE]
            )
            connection.executemany(
                "INSERT INTO bytes VALUES (?, ?)", blobs[start : start + AT_ONCE]
            )
            connection.execute("COMMIT")
        return count / (time.perf_counter() - begun)

    return run


def plain_postgresql(url: str) -> Callable[[int], float]:
    """The same on PostgreSQL, whose bytes are not compressed once more."""
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    for words in (*_TABLES, "ALTER TABLE bytes ALTER content SET STORAGE EXTERNAL"):
        connection.execute(words.replace("BINARY", "BYTEA").encode())

    def run(count: int) -> float:
        rows, blobs = _plain_rows(count)
        cursor = connection.cursor()
        begun = time.perf_counter()
        for start in range(0, count, AT_ONCE):
            with connection.transaction():
                cursor.executemany(
                    "INSERT INTO plain VALUES (%s, %s, %s)", rows[start : start + AT_ONCE]
                )
                cursor.executemany(
                    "INSERT INTO bytes VALUES (%s, %s)", blobs[start : start + AT_ONCE]
                )
        return count / (time.perf_counter() - begun)

    return run


_TABLES = (
    "CREATE TABLE plain (id TEXT PRIMARY KEY, sender TEXT, row TEXT)",
    "CREATE INDEX plain_sender ON plain (sender)",
    "CREATE TABLE bytes (id TEXT PRIMARY KEY, content BINARY)",
)


def _plain_rows(count: int) -> tuple[list[tuple[str, str, str]], list[tuple[str, bytes]]]:
    keys = [f"{next(_numbers):026d}" for _ in range(count)]
    rows = [(key, f"person{key[-5:]}@example.org", "x" * _ROW) for key in keys]
    return rows, [(key, secrets.token_bytes(OCTETS)) for key in keys]
