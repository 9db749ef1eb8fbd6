"""A store out of a backup, in a place where there is none.

Never over an existing store: what is in it may be all that is left of the mail since the backup.
Everything is compared with the manifest before and after it was copied; the database gets its
name last, so that a restore that was killed has made no store, and may be repeated.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mail.raw import BLOCK
from store.backups import objects
from store.backups.check import find_damage
from store.backups.make import DATABASE, KEYS
from store.backups.manifest import (
    BackupProblem,
    Manifest,
    Part,
    measured,
    read_manifest,
    sync_folder,
)
from store.blobs.place import key_of
from store.schema import REVISION

Tell = Callable[[str], None]

_BESIDE = ("", "-wal", "-journal")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a store goes: its folder, its database (None: it is no file) and its key file."""

    data_dir: Path
    database: Path | None
    keys_file: Path


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored from where. `keys` says whether there is a key file now."""

    folder: Path
    manifest: Manifest
    keys: bool


def restore_backup(folder: Path, places: Places, tell: Tell) -> Restored:
    """Raises BackupProblem where the backup is damaged or there is a store already, OSError."""
    manifest = read_manifest(folder)
    _require_known(folder, manifest)
    database = _place_of_database(folder, places, manifest)
    if database is not None:
        _require_no_others(folder, places.data_dir / "blobs")
    damage = list(find_damage(folder, tell))
    if damage:
        more = f" (and {len(damage) - 1} more: postern backup --verify)" if len(damage) > 1 else ""
        raise BackupProblem(f"{damage[0]}{more}; nothing was restored")
    _require_keys(folder, places, manifest)
    folders = {places.data_dir, places.keys_file.parent} | (
        {database.parent} if database else set()
    )
    for wanted in folders:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    _restore_objects(folder, places, manifest, tell)
    _restore_keys(folder, places, manifest)
    if database is not None and manifest.database is not None:
        tell(DATABASE)
        _copy(folder / DATABASE, database, manifest.database)
    return Restored(folder, manifest, places.keys_file.exists())


def _require_known(folder: Path, manifest: Manifest) -> None:
    if manifest.schema > REVISION:
        raise BackupProblem(
            f"{folder} has the newer schema {manifest.schema}, this program knows {REVISION}: "
            "install the newer Postern"
        )


def _place_of_database(folder: Path, places: Places, manifest: Manifest) -> Path | None:
    """Where the database of the backup goes; None where it has none."""
    if places.database is not None:
        _require_empty(places.database)
    elif manifest.database is not None:
        raise BackupProblem(
            f"{folder} is of an embedded store, and store.url names a server, which would never "
            "read it: restore into a folder of its own with --into"
        )
    return places.database


def _require_empty(database: Path) -> None:
    """There must be no store, nor half of one that somebody may want to save."""
    for suffix in _BESIDE:
        path = database.with_name(database.name + suffix)
        if path.exists():
            raise BackupProblem(
                f"{path} is there: a store is never overwritten; move it away, or restore into "
                "another folder with --into"
            )


def _require_no_others(folder: Path, blobs: Path) -> None:
    """The restored store would sweep away what it does not name: large messages that came after
    the backup, which a store that was moved away still rests on."""
    known = {one.name for one in objects.read_list(folder)}
    for path in blobs.glob("??/??/[!.]*"):
        if path.name not in known:
            raise BackupProblem(
                f"{blobs} has large messages that are not in {folder}, such as {path.name}: they "
                "belong to another store; move that whole folder away, not its database alone, "
                "or restore into another one with --into"
            )


def _restore_objects(folder: Path, places: Places, manifest: Manifest, tell: Tell) -> None:
    """Those of an earlier attempt, or of a store that was moved away, serve if they are whole."""
    for number, one in enumerate(objects.read_list(folder), 1):
        path = places.data_dir / "blobs" / key_of(one.name)
        part = Part(one.name, one.size, one.sha256)
        if not (path.exists() and measured(path) == (one.size, one.sha256)):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(objects.path_of(folder.parent, one.name), path, part)
        tell(f"{number} of {manifest.objects} large messages")


def _require_keys(folder: Path, places: Places, manifest: Manifest) -> None:
    """A key file that was begun anew opens nothing of what the backup's keys have sealed."""
    if manifest.keys is None or not places.keys_file.exists():
        return
    ours, theirs = (one.read_bytes().split() for one in (places.keys_file, folder / KEYS))
    if not set(theirs) <= set(ours):
        raise BackupProblem(
            f"{places.keys_file} lacks keys of {folder / KEYS}, which the backup's passwords and "
            "reply addresses need: move it away, or put those lines above its own"
        )


def _restore_keys(folder: Path, places: Places, manifest: Manifest) -> None:
    """A key file that is there already stays: it may have keys that are newer."""
    if manifest.keys is not None and not places.keys_file.exists():
        _copy(folder / KEYS, places.keys_file, manifest.keys)


def _copy(source: Path, target: Path, part: Part) -> None:
    """Copied, fsynced, read again, and only then under its name. Raises BackupProblem, OSError."""
    half = target.with_name(f".{target.name}.restoring")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        shutil.copyfileobj(reader, writer, 16 * BLOCK)
        writer.flush()
        os.fsync(writer.fileno())
    if measured(half) != (part.size, part.sha256):
        half.unlink()
        raise BackupProblem(f"{target} came out otherwise than it was written: check the disk")
    half.rename(target)
    sync_folder(target.parent)
