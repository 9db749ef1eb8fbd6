"""Everything that is peculiar to SQLite: the file, its pragmas, its locks, its error words.

Write-ahead log with `synchronous=FULL`: a commit is on stable storage when it returns.
Automatic checkpoints are off, because they would run outside the turnstile: several writers
would then let the log grow without end, and a checkpoint of one connection could meet a write
of another. We checkpoint ourselves, while we still hold our turn.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from mail.errors import StoreFull, StoreProblem
from store.columns import dump_json
from store.turnstile import Turnstile

_log = logging.getLogger("postern.store")

CHECKPOINT_BYTES = 8 * 1024 * 1024
"""About so much is written to the log between two checkpoints of one process."""

SMALL_WRITE = 32 * 1024
"""What a write is taken to add to the log where nobody said how much it was."""

READER_KILOBYTES = 8 * 1024
WRITER_KILOBYTES = 64 * 1024
"""How much of the file a connection keeps in memory. There are many readers in a process, and one
writer at a time, which in a store of a million messages writes to thousands of places."""

STATEMENTS = 256
"""Prepared statements that a connection keeps."""

ROOM_TO_WORK = 65536
"""Octets that SQLite needs beside what it writes: its index of the log grows by half of it."""

_ALARM_BYTES = 256 * 1024 * 1024
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA temp_store=MEMORY",
)


class Sqlite:
    """One database file: connections to it, and turns to write."""

    writers = 1
    errors: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turnstile = Turnstile(path)
        self._unchecked = 0
        self._opened: tuple[int, int] | None = None
        self.engine = _make_engine(path, READER_KILOBYTES, connections=8)
        self._writer = _make_engine(path, WRITER_KILOBYTES, connections=1)

    @property
    def place(self) -> str:
        """Where the store is, for a person."""
        return str(self.path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the store throughout; not for writing."""
        self._require_same_file()
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """A connection in a transaction of its own, once it is our turn; commits at the end.

        `volume` may be filled by the block with the numbers of bytes that it wrote.
        """
        with self._turnstile.held(), self._connected() as connection:
            connection = connection.execution_options(postern_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
            self._unchecked += SMALL_WRITE + sum(volume or ())
            if self._unchecked >= CHECKPOINT_BYTES:
                self._checkpoint(connection)

    def writing_beside(self, volume: list[int] | None = None) -> AbstractContextManager[Connection]:
        """The same: SQLite lets one connection write."""
        return self.writing(volume)

    def migrating(self) -> AbstractContextManager[Connection]:
        """The same: nothing here ends a write that takes long."""
        return self.writing()

    def problem_of(self, error: BaseException) -> StoreProblem:
        """One line for a person; StoreFull where there is no room."""
        return problem_of(error, self.path)

    def prepare(self) -> None:
        """Create the file where it is missing, and put it into write-ahead mode (it stays so)."""
        with self._turnstile.held():
            connection = sqlite3.connect(self.path, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
            self.path.chmod(0o600)

    def compact(self) -> None:
        """Write the file anew without what was deleted, and empty the log."""
        with self._turnstile.held(), self._connected() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._writer.dispose()

    def _connected(self) -> Connection:
        self._require_same_file()
        return self._writer.connect()

    def _require_same_file(self) -> None:
        """The file that we have open must still be the one at its path. What is written into one
        that was moved away, or deleted, would be acknowledged and never be seen again."""
        status = self.path.stat()
        found = status.st_dev, status.st_ino
        if self._opened is None:
            self._opened = found
        if self._opened != found:
            raise OSError("replaced while open")

    def _checkpoint(self, connection: Connection) -> None:
        """Copy what is in the log into the file. A reader in the way makes it incomplete; the
        next one makes up for it."""
        self._unchecked = 0
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            busy, pages, done = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:  # what was committed is safe in the log all the same
            _log.warning("event=checkpoint-failed reason=%s", explain(error, self.place))
            return
        size = pages * 4096
        if size > _ALARM_BYTES:
            _log.warning(
                "event=wal-large bytes=%d checkpointed=%d busy=%d: something reads for very long",
                size,
                done * 4096,
                busy,
            )


def _make_engine(path: Path, kilobytes: int, connections: int) -> Engine:
    uri = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
        try:
            for pragma in (*_PRAGMAS, f"PRAGMA cache_size=-{kilobytes}"):
                connection.execute(pragma)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        json_serializer=dump_json,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=7 * connections,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver is told to begin nothing by itself; a write must take its lock at the start.
    connection.exec_driver_sql(connection.get_execution_options().get("postern_begin", "BEGIN"))


def explain(error: BaseException, place: str) -> str:
    """One line for a person: what is wrong with the store, and what to do."""
    text = str(error).split("\n", 1)[0]
    for sign, words in _WORDS:
        if sign in text:
            return words.format(place=place)
    return f"The store {place} failed: {text}"


def problem_of(error: BaseException, path: Path) -> StoreProblem:
    """What is wrong at `path` as the exception for it: full, or anything else.

    SQLite says that it is full only where a write fails; what it cannot enlarge otherwise, or
    for a quota, is an I/O error to it.
    """
    if "disk I/O error" in str(error) and _has_no_room(path):
        error = OSError("database or disk is full")
    full = any(sign in str(error) for sign in _SIGNS_OF_FULL)
    return (StoreFull if full else StoreProblem)(explain(error, str(path)))


def _has_no_room(path: Path) -> bool:
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < ROOM_TO_WORK


_SIGNS_OF_FULL = ("database or disk is full", "No space left", "Disk quota")

_WORDS = (
    ("database or disk is full", "The store {place} is full: free space on its disk."),
    ("No space left", "The disk of the store {place} is full: free space on it."),
    ("Disk quota", "The disk quota of the store {place} is used up: raise it or free space."),
    ("readonly database", "The store {place} cannot be written: check its owner and rights."),
    ("Read-only file system", "The file system of the store {place} is read-only: mount it anew."),
    ("unable to open", "The store {place} cannot be opened: check that its folder is there."),
    ("replaced while open", "The store {place} was replaced by another: start Postern again."),
    ("No such file", "The store {place} is gone: check that its folder is there."),
    ("not a database", "{place} is not a database of Postern: move it away or set store.url."),
    ("malformed", "The store {place} is damaged: restore it from a backup."),
    ("disk I/O error", "The disk of the store {place} fails to read or write: check the disk."),
    ("is locked", "The store {place} is locked by another program: close it there."),
    ("Permission denied", "The store {place} cannot be written: check its owner and rights."),
)
