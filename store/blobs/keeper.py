"""The bytes of messages as the rest of the store sees them: keep, open, let go.

What comes to no more than `inline_bytes` lies in the row, in the same commit as the message. What
is larger is an object, durable before the row that names it. Whoever reads bytes back gets them
only if their hash still is the one that they are named by.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from mail.errors import StoreProblem
from mail.raw import RawMessage
from store import schema
from store.blobs import ledger
from store.blobs.coding import CodingBroken, blocks_of, coded, compressed, expanded
from store.blobs.files import Files
from store.blobs.place import BytesAltered, BytesMissing, MissingObject, Place, new_name
from store.sqlite import problem_of
from store.terms import INLINE_BYTES

if TYPE_CHECKING:
    from store.blobs.bucket import BucketSettings
    from store.database import Database

AT_ONCE_BYTES = 16 * 1024
"""So much is compressed where it is called, in 50 µs at most; more in a thread."""

_CURE = "restore it from a backup"
_blobs = schema.blobs


@dataclass(frozen=True, slots=True)
class Kept:
    """How the bytes of a message are going to be kept: `content` in the row, or the object `name`,
    which is durable already."""

    sha256: str
    size: int
    coding: str
    content: bytes | None = None
    name: str | None = None

    @property
    def volume(self) -> int:
        """The octets that go into the row."""
        return 0 if self.content is None else len(self.content)

    def row(self, now: datetime) -> dict[str, Any]:
        """The row of `blobs`, without any use yet."""
        return {
            "sha256": self.sha256,
            "size": self.size,
            "coding": self.coding,
            "uses": 0,
            "stored_at": now,
            "content": self.content,
            "object": self.name,
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of `blobs`."""

    sha256: str
    size: int
    coding: str
    content: bytes | None
    name: str


class Blobs:
    """The bytes of one store. May be used by many threads."""

    def __init__(
        self,
        database: "Database",
        data_dir: Path,
        bucket: "BucketSettings | None" = None,
        inline_bytes: int = INLINE_BYTES,
    ) -> None:
        self._database = database
        self._spool = data_dir / "spool"
        self._files = Files(data_dir / "blobs")
        self._place: Place = self._files
        if bucket is not None:
            from store.blobs.bucket import Bucket

            self._place = Bucket(bucket)
        self.inline_bytes = inline_bytes

    @property
    def place(self) -> Place:
        """Where new objects go."""
        return self._place

    def is_large(self, raw: RawMessage) -> bool:
        """Whether these bytes become an object."""
        return raw.size > self.inline_bytes

    def keep(self, raw: RawMessage, now: datetime) -> Kept:
        """Code these bytes, and make them durable if they are large. Takes long then; call it
        without any transaction, and have the transaction that writes their row take the name
        (`ledger.take_names`) or give it up. Raises StoreProblem."""
        if not self.is_large(raw):
            coding, content = compressed(raw.read())
            return Kept(raw.sha256, raw.size, coding, content=content)
        name = new_name(raw.sha256)
        with self._database.write_beside() as connection:
            ledger.announce(connection, name, now)
        with self._explained(), coded(raw, self._temporary_folder()) as ready:
            self._place.put(name, ready)
            return Kept(raw.sha256, raw.size, ready.coding, name=name)

    def open(self, sha256: str) -> RawMessage:
        """The bytes with that hash. May take long; call it without any transaction. Raises
        StoreProblem where they are missing or altered."""
        found = self._row(sha256)
        try:
            return self._opened(found)
        except MissingObject:
            again = self._row(sha256)
            if again.name == found.name:
                raise self._missing(found.name) from None
        try:
            return self._opened(again)  # its object was replaced between our two looks
        except MissingObject:
            raise self._missing(again.name) from None

    def open_within(self, connection: Connection, sha256: str) -> RawMessage:
        """The same within a transaction, for bytes that are small or lie on this machine."""
        found = _find(connection, sha256)
        try:
            return self._opened(found)
        except MissingObject:
            raise self._missing(found.name) from None

    def let_go(self, connection: Connection, sha256: str) -> None:
        """One use of these bytes less; with the last one they are gone, objects after a while."""
        ledger.let_go(connection, sha256)

    def remove(self, name: str) -> None:
        """Take away an object that nobody names (`ledger`). Raises StoreProblem."""
        with self._explained():
            self._files.remove(name)
            if self._place is not self._files:
                self._place.remove(name)

    def place_of(self, name: str) -> Place:
        """Where an object lies: those from before a bucket was set are files still."""
        if self._place is not self._files and (self._files.file_of(name) or Path()).exists():
            return self._files
        return self._place

    def probe(self) -> None:
        """Write, read and remove an object. Raises StoreProblem with the cure."""
        with self._explained():
            self._place.probe()

    def _row(self, sha256: str) -> _Found:
        with self._database.read() as connection:
            return _find(connection, sha256)

    def _opened(self, found: _Found) -> RawMessage:
        if found.content is not None:
            return _opened_content(found, found.content)
        place = self.place_of(found.name)
        with self._explained():
            if found.coding == "identity" and (path := place.file_of(found.name)) is not None:
                return self._opened_file(found, path)
            return self._fetched(found, place)

    def _opened_file(self, found: _Found, path: Path) -> RawMessage:
        digest = hashlib.sha256()
        with self._files.reading(found.name) as source:
            while block := source.read(1 << 16):
                digest.update(block)
        if digest.hexdigest() != found.sha256:
            raise self._altered(found)
        return RawMessage.in_file(path, found.size, found.sha256)

    def _fetched(self, found: _Found, place: Place) -> RawMessage:
        """A copy without a name, which is gone when nobody has the message any more."""
        digest = hashlib.sha256()
        copy = tempfile.TemporaryFile(dir=self._temporary_folder())  # noqa: SIM115
        try:
            with place.reading(found.name) as source:
                for block in blocks_of(found.coding, source, found.size):
                    digest.update(block)
                    copy.write(block)
            copy.flush()
        except CodingBroken:
            copy.close()
            raise self._altered(found) from None
        except BaseException:
            copy.close()
            raise
        if digest.hexdigest() != found.sha256:
            copy.close()
            raise self._altered(found)
        return _held(copy, found)

    def _missing(self, name: str) -> StoreProblem:
        return BytesMissing(f"{self.place_of(name).called(name)} is missing: {_CURE}")

    def _altered(self, found: _Found) -> StoreProblem:
        return BytesAltered(f"{self.place_of(found.name).called(found.name)} was altered: {_CURE}")

    def _temporary_folder(self) -> Path:
        self._spool.mkdir(mode=0o700, exist_ok=True)
        return self._spool

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise problem_of(error, self._files.folder) from error


def _find(connection: Connection, sha256: str) -> _Found:
    row = connection.execute(select(_blobs).where(_blobs.c.sha256 == sha256)).first()
    if row is None:
        raise BytesMissing(f"The bytes {sha256} are not in the store: restore them from a backup")
    return _Found(row.sha256, row.size, row.coding, row.content, row.object or row.sha256)


def _opened_content(found: _Found, content: bytes) -> RawMessage:
    try:
        plain = expanded(found.coding, content, found.size)
    except CodingBroken:
        plain = b""
    if len(plain) != found.size or hashlib.sha256(plain).hexdigest() != found.sha256:
        raise BytesAltered(
            f"The bytes {found.sha256} were altered in the database: restore them from a backup"
        )
    return RawMessage.in_memory(plain, found.sha256)


def _held(copy: IO[bytes], found: _Found) -> RawMessage:
    """The copy under the name that Linux has for an open file; it is open as long as the message
    is known to anybody."""
    with copy:
        held = _Held(os.dup(copy.fileno()))
    path = Path(f"/proc/self/fd/{held.descriptor}")
    return RawMessage(found.size, found.sha256, path=path, held=held)


class _Held:
    """An open file that is closed with the last message that it belongs to."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)
