"""What a backup consists of. Its manifest is written last, under its final name only when it is
durable: a backup that was killed has none, and is never taken for a whole one."""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mail.errors import Problem, SettingsProblem
from mail.raw import BLOCK

KIND = "postern-backup"
VERSION = 1
MANIFEST = "manifest.json"
OBJECTS = "objects"
LIST = "objects.sha256"
LOCK = ".lock"

_NAME = re.compile(r"\d{8}T\d{6}Z")


class BackupProblem(Problem):
    """A backup cannot be made, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its path below the backup's folder, its octets and their SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`as_of` is the moment of the database; `place` the store that it is of, for a person.

    `database` is None for PostgreSQL, whose own tools copy it; `keys` where the key file was not
    asked for. `objects` counts the large messages that are in the backup, and `octets` theirs;
    `elsewhere` those that lie in the bucket `bucket`. `missing` could not be copied.
    """

    postern: str
    schema: str
    engine: str
    place: str
    as_of: datetime
    finished_at: datetime
    database: Part | None
    keys: Part | None
    list: Part
    objects: int
    octets: int
    elsewhere: int = 0
    bucket: str | None = None
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        values = asdict(self)
        times = {name: values[name].isoformat() for name in ("as_of", "finished_at")}
        return {"kind": KIND, "version": VERSION} | values | times


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the backup in `folder`. Raises BackupProblem where it is none."""
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BackupProblem(
            f"{folder} is no whole backup: it has no {MANIFEST}, so it was not finished"
        ) from None
    except (OSError, ValueError) as error:
        raise BackupProblem(f"{path} cannot be read: {error}") from error
    try:
        if values.pop("kind") != KIND or values.pop("version") > VERSION:
            raise BackupProblem(f"{path} is of a newer Postern: install that one")
        return _manifest(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupProblem(f"{path} is not a manifest of Postern") from error


def _manifest(values: dict[str, Any]) -> Manifest:
    listing = _part(values["list"])
    if listing is None:
        raise ValueError("no list")
    return Manifest(
        postern=str(values["postern"]),
        schema=str(values["schema"]),
        engine=str(values["engine"]),
        place=str(values["place"]),
        as_of=datetime.fromisoformat(values["as_of"]),
        finished_at=datetime.fromisoformat(values["finished_at"]),
        database=_part(values["database"]),
        keys=_part(values["keys"]),
        list=listing,
        objects=int(values["objects"]),
        octets=int(values["octets"]),
        elsewhere=int(values["elsewhere"]),
        bucket=values["bucket"],
        missing=tuple(map(str, values["missing"])),
    )


def _part(value: dict[str, Any] | None) -> Part | None:
    """Raises ValueError for a path that leads out of the backup."""
    if value is None:
        return None
    part = Part(**value)
    if "/" in part.path or part.path.startswith("."):
        raise ValueError("not a file of the backup")
    return part


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last step. Raises OSError."""
    write_durably(
        folder / MANIFEST, json.dumps(manifest.as_json(), indent=2, ensure_ascii=False).encode()
    )


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Temporary name, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.partial")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in it durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def part_of(folder: Path, name: str) -> Part:
    """Describe a file that is there. Raises OSError."""
    size, sha256 = measured(folder / name)
    return Part(name, size, sha256)


def measured(path: Path) -> tuple[int, str]:
    """The size and the SHA-256 of a file, read to its end."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(16 * BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def generations(target: Path) -> list[Path]:
    """The folders of backups in `target`, whole ones and others, the oldest first."""
    return sorted(one for one in target.iterdir() if _NAME.fullmatch(one.name) and one.is_dir())


def newest(path: Path) -> Path:
    """The backup that `path` means: itself, or the newest whole one in it. BackupProblem."""
    if (path / MANIFEST).exists() or _NAME.fullmatch(path.resolve().name):
        return path
    try:
        whole = [one for one in generations(path) if (one / MANIFEST).exists()]
    except OSError as error:
        raise BackupProblem(f"{path} cannot be read: {error.strerror}") from error
    if not whole:
        raise BackupProblem(f"{path} has no whole backup")
    return whole[-1]


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Nobody else makes or removes backups there meanwhile. Raises BackupProblem."""
    descriptor = os.open(target / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupProblem(f"{target}: another backup is being made there") from None
        yield
    finally:
        os.close(descriptor)


def require_ours(target: Path) -> None:
    """A folder of backups, or an empty one: we do not strew files among somebody's own.

    Raises SettingsProblem.
    """
    known = {OBJECTS, LOCK}
    others = [
        one.name
        for one in target.iterdir()
        if one.name not in known and not _NAME.fullmatch(one.name)
    ]
    if others:
        raise SettingsProblem(
            f"{target} holds other things ({others[0]}): name an empty folder for backups"
        )
