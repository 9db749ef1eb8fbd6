"""Large messages as files `blobs/ab/cd/abcd….…` on this machine.

Written to a temporary name, fsynced, renamed, and their folder fsynced: a final name never shows
half a file, and what `put` returned from survives a power cut.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from mail.errors import StoreProblem
from mail.raw import BLOCK
from store.blobs.coding import Coded, Readable
from store.blobs.place import MissingObject, key_of, new_name
from store.durable import sync_folder

_HALF = "."
"""What the name of a file begins with that is not whole yet."""


class Files:
    """The files in `folder`, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[str] = set()
        """Folders whose names this process has made durable."""

    def put(self, name: str, coded: Coded) -> None:
        """See `Place.put`."""
        path = self._path(name)
        self._make_folders(path.parent)
        half = path.with_name(_HALF + name)
        try:
            _write(half, coded)
            half.rename(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    @contextmanager
    def reading(self, name: str) -> Iterator[Readable]:
        """See `Place.reading`."""
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            raise MissingObject(name) from None
        with file:
            yield file

    def file_of(self, name: str) -> Path | None:
        """See `Place.file_of`."""
        return self._path(name)

    def remove(self, name: str) -> None:
        """See `Place.remove`."""
        path = self._path(name)
        path.with_name(_HALF + name).unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def names(self, before: datetime) -> Iterator[str]:
        """See `Place.names`; half ones count under the name that they would have had."""
        for path in self.folder.glob("??/??/*"):
            if _is_older(path, before):
                yield path.name.removeprefix(_HALF)

    def called(self, name: str) -> str:
        """See `Place.called`."""
        return f"The file {self._path(name)}"

    def probe(self) -> None:
        """See `Place.probe`. Raises StoreProblem."""
        content = os.urandom(1024)
        name = new_name(hashlib.sha256(content).hexdigest())
        path = self._path(name)
        try:
            self._make_folders(path.parent)
            path.write_bytes(content)
            _sync(path)
            sound = path.read_bytes() == content
            path.unlink()
        except OSError as error:
            raise StoreProblem(
                f"The folder {self.folder} cannot be used ({error.strerror}): "
                "check its owner, its rights and its disk"
            ) from None
        if not sound:
            raise StoreProblem(f"The folder {self.folder} gave other bytes back: check its disk")

    def _path(self, name: str) -> Path:
        return self.folder / key_of(name)

    def _make_folders(self, wanted: Path) -> None:
        """Make the folders down to `wanted`, and the name of each durable, once: also of one that
        is there already, because another process may have made it and not synced it yet."""
        for folder in (self.folder, wanted.parent, wanted):
            name = str(folder.relative_to(self.folder))
            if name not in self._durable or not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(folder.parent)
                self._durable.add(name)


def _write(path: Path, coded: Coded) -> None:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        while block := coded.file.read(BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != coded.sha256:
        raise StoreProblem("The spooled bytes changed while they were saved: check the disk")


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
