"""The SQLite database as of one moment, copied while others write.

SQLite's backup reads page by page. By itself it begins anew whenever somebody commits, and under
steady mail would never end; but a connection that is in a read transaction already sees one state
of the write-ahead log for as long as that lasts, so the copy is made within one. Readers of a
write-ahead log hold up no writer. What they do hold up is the log's reuse: it grows by what is
written meanwhile, and shrinks to its use again afterwards.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

PAGES = 1024
"""Pages that are copied in one step: between two steps a person can be told, or interrupt."""


def copy_database(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Make `target` a copy of the database `source`, on stable storage. `tell` hears how many
    pages are done of how many. Raises sqlite3.Error and OSError.

    The programs that work on the source are not in the copy: on what is restored from it they
    do not work, and there they would be taken for nodes that live.
    """
    target.unlink(missing_ok=True)
    with contextlib.closing(_open(source, "rw")) as reader:
        reader.execute("PRAGMA query_only=ON")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the moment is now
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with contextlib.closing(_open(target, "rw")) as writer:
                writer.execute("PRAGMA synchronous=OFF")  # fsynced once, below
                reader.backup(
                    writer,
                    pages=PAGES,
                    progress=lambda _, left, total: tell(total - left, total),
                )
                writer.execute("DELETE FROM nodes")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def large_ones(copy: Path) -> Iterator[tuple[str, int, str, str]]:
    """Hash, size, coding and object name of each large message that the copy names."""
    with contextlib.closing(_open(copy, "ro")) as connection:
        yield from connection.execute(
            "SELECT sha256, size, coding, coalesce(object, sha256) FROM blobs"
            " WHERE content IS NULL ORDER BY sha256"
        )


def revision(copy: Path) -> str:
    """The schema of the copy."""
    with contextlib.closing(_open(copy, "ro")) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0])


def damage(copy: Path) -> str | None:
    """What SQLite finds wrong with it, in one line; None for nothing."""
    try:
        with contextlib.closing(_open(copy, "ro")) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return None if found == "ok" else str(found)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    """A copy is read as it lies: `immutable` makes no log and no lock beside it."""
    options = "mode=rw" if mode == "rw" else "mode=ro&immutable=1"
    uri = f"file:{quote(str(path))}?{options}"
    return sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)
