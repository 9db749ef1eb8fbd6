"""The files of large messages in a backup: copied once, checked against their hash, listed.

An object's name is never used for other bytes (`store.blobs.ledger`), so what is there already
and has the size that an earlier backup listed is not copied again.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mail.errors import StoreProblem
from mail.raw import BLOCK
from store.backups.manifest import LIST, OBJECTS, generations, sync_folder
from store.blobs.coding import CodingBroken, blocks_of
from store.blobs.place import key_of

_HALF = "."

Large = tuple[str, int, str, str]
"""Hash, size, coding and name, as the database has them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a backup: the size and hash of its file, which may be compressed."""

    name: str
    size: int
    sha256: str


def path_of(target: Path, name: str) -> Path:
    """Where an object lies in the folder of backups."""
    return target / OBJECTS / key_of(name)


def known_objects(target: Path) -> dict[str, Listed]:
    """Those that the newest backups there list. What a killed one left is looked at anew."""
    known: dict[str, Listed] = {}
    for folder in generations(target):
        with contextlib.suppress(FileNotFoundError):
            known.update((one.name, one) for one in read_list(folder))
    return known


def read_list(folder: Path) -> Iterator[Listed]:
    """The objects of one backup. Raises OSError, and ValueError for what is no list."""
    target = folder.parent
    with (folder / LIST).open(encoding="ascii") as file:
        for line in file:
            sha256, _, rest = line.rstrip("\n").partition("  ")
            name = rest.rpartition("/")[2]
            if len(sha256) != 64 or not name:
                raise ValueError("not a list of objects")
            path = path_of(target, name)
            size = path.stat().st_size if path.exists() else -1
            yield Listed(name, size, sha256)


def write_list(folder: Path, listed: Iterable[Listed]) -> None:
    """As sha256sum writes it: `sha256sum -c` in the backup's folder checks it without Postern."""
    with (folder / LIST).open("w", encoding="ascii") as file:
        for one in listed:
            file.write(f"{one.sha256}  ../{OBJECTS}/{key_of(one.name)}\n")
        file.flush()
        os.fsync(file.fileno())


def copy_object(source: Path, target: Path, large: Large, *, link: bool) -> Listed:
    """One object into the folder of backups, durable and whole, and its bytes those of the
    message. Raises FileNotFoundError where it is gone, OSError, and StoreProblem where it was
    altered."""
    _, _, _, name = large
    path = path_of(target, name)
    if path.exists():
        with contextlib.suppress(StoreProblem):
            return _checked(path, large)  # a killed backup made it: sound, or made anew
        path.unlink()
    _make_folders(path.parent, target)
    half = path.with_name(_HALF + name)
    half.unlink(missing_ok=True)
    try:
        _copy(source, half, link=link)
        listed = _checked(half, large)
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return listed


def _copy(source: Path, half: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, half)
        except OSError:
            if not source.exists():
                raise FileNotFoundError(source) from None  # else another file system: copied
        else:
            return
    with source.open("rb") as reader, half.open("xb") as writer:
        os.fchmod(writer.fileno(), 0o600)
        shutil.copyfileobj(reader, writer, 16 * BLOCK)
        writer.flush()
        os.fsync(writer.fileno())


def _checked(path: Path, large: Large) -> Listed:
    """Read the file once: its own hash, and that of the message within it. Raises StoreProblem."""
    sha256, size, coding, name = large
    content = hashlib.sha256()
    with path.open("rb") as file:
        reader = _Hashing(file.read)
        try:
            for block in blocks_of(coding, reader, size):
                content.update(block)
        except CodingBroken:
            content = hashlib.sha256(b"broken")
        reader.drain()
    if content.hexdigest() != sha256:
        raise StoreProblem(f"{path}: the bytes of {sha256} were altered")
    return Listed(name, reader.size, reader.digest.hexdigest())


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        """See `Readable.read`."""
        block = self._read(size)
        self.digest.update(block)
        self.size += len(block)
        return block

    def drain(self) -> None:
        """What the decoder did not ask for."""
        while self.read(BLOCK):
            pass


def _make_folders(wanted: Path, top: Path) -> None:
    for folder in (top / OBJECTS, wanted.parent, wanted):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)


def remove_unlisted(target: Path, kept: set[str]) -> int:
    """Take away the objects that no backup lists any more. How many there were."""
    removed = 0
    for path in (target / OBJECTS).glob("??/??/*"):
        if path.name not in kept:
            path.unlink()
            removed += 1
    return removed
