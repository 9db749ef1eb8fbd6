"""The exact bytes of messages, kept once each under their SHA-256.

Small ones lie in the database, in the same commit as the row that names them. Large ones are
files `blobs/ab/cd/abcd…`: written to a temporary name, fsynced, renamed, and their folder
fsynced, all before the row is written. Whoever reads bytes back gets them only if their hash
still is the one that they are named by.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select, update

from mail.errors import StoreProblem
from mail.raw import BLOCK, RawMessage
from store import schema

INLINE_BYTES = 256 * 1024
"""Larger blobs are files: the write-ahead log would write them twice."""

PLAIN = "identity"
"""The coding of bytes that are kept as they are."""


def is_large(raw: RawMessage) -> bool:
    """Whether these bytes become a file."""
    return raw.size > INLINE_BYTES


def blob_row(raw: RawMessage, now: datetime) -> dict[str, Any]:
    """The row of `blobs` for these bytes. A large one's file must be there already."""
    return {
        "sha256": raw.sha256,
        "size": raw.size,
        "coding": PLAIN,
        "uses": 1,
        "stored_at": now,
        "content": None if is_large(raw) else raw.read(),
    }


def path_of(folder: Path, sha256: str) -> Path:
    """Where the file of a large blob lies."""
    return folder / sha256[:2] / sha256[2:4] / sha256


def keep_file(folder: Path, raw: RawMessage) -> None:
    """Make the file of a large blob durable; a sound one that is there already is used again.

    Reads `raw` as a stream and checks its hash on the way. Raises OSError, or StoreProblem
    where the bytes are not those that `raw` announced.
    """
    path = path_of(folder, raw.sha256)
    if path.exists() and _hash_of(path) == raw.sha256:
        os.utime(path)  # young again: the sweep of orphans leaves it alone
        _sync(path)
    else:
        _make_folders(path.parent, folder)
        _write_beside(path, raw)
    _sync(path.parent)


def open_blob(connection: Connection, folder: Path, sha256: str) -> RawMessage:
    """The bytes with that hash. Raises StoreProblem where they are missing or altered."""
    query = select(schema.blobs).where(schema.blobs.c.sha256 == sha256)
    row = connection.execute(query).first()
    if row is None:
        raise StoreProblem(f"The bytes {sha256} are not in the store: restore them from a backup")
    if row.coding != PLAIN:
        raise StoreProblem(f"The bytes {sha256} are coded as {row.coding}, which is not known here")
    if row.content is not None:
        return _checked(hashlib.sha256(row.content).hexdigest(), sha256, row.content)
    path = path_of(folder, sha256)
    try:
        found = _hash_of(path)
    except FileNotFoundError:
        raise StoreProblem(f"The file {path} is missing: restore it from a backup") from None
    if found != sha256:
        raise StoreProblem(f"The file {path} was altered: restore it from a backup")
    return RawMessage.in_file(path, row.size, sha256)


def let_go(connection: Connection, sha256: str) -> None:
    """One use of these bytes less; with the last one they leave the database.

    A large one's file stays for the sweep of orphans.
    """
    table = schema.blobs
    connection.execute(update(table).where(table.c.sha256 == sha256).values(uses=table.c.uses - 1))
    connection.execute(delete(table).where(table.c.sha256 == sha256, table.c.uses <= 0))


def _checked(found: str, wanted: str, content: bytes) -> RawMessage:
    if found != wanted:
        raise StoreProblem(
            f"The bytes {wanted} were altered in the database: restore them from a backup"
        )
    return RawMessage.in_memory(content, wanted)


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _write_beside(path: Path, raw: RawMessage) -> None:
    """Temporary name, fsync, rename: the final name never shows half a file."""
    with _temporary(path) as temporary:
        digest = hashlib.sha256()
        with temporary.open("xb") as file:
            for block in raw.blocks():
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != raw.sha256:
            raise StoreProblem("The spooled bytes changed while they were saved: check the disk")
        temporary.rename(path)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _make_folders(wanted: Path, top: Path) -> None:
    """Make the folders down to `wanted`, and the entry of each durable."""
    for folder in (top, wanted.parent, wanted):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
