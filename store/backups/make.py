"""Make a backup while mail flows.

Large messages first, as far as they are there; then the database as of one moment; then the large
messages that came in between. So what the database names is in the backup even if somebody
deletes it meanwhile: the sweep leaves an object for an hour after it was given up, and after the
first pass the second takes seconds. The manifest comes last.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from mail.errors import SettingsProblem, StoreProblem
from store import schema
from store.backups import objects, snapshot
from store.backups.manifest import (
    LIST,
    MANIFEST,
    OBJECTS,
    BackupProblem,
    Manifest,
    Part,
    generations,
    locked,
    part_of,
    require_ours,
    sync_folder,
    write_durably,
    write_manifest,
)
from store.database import Database
from store.schema import REVISION

DATABASE = "postern.db"
KEYS = "keys"
PAGE = 500

Tell = Callable[[str], None]

_SECONDS_WAITED = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """`keys_file` is saved too where it is not None. `link`: hard links instead of copies, where
    the file system can. `keep`: so many backups stay there, older ones go; 0: all stay.
    `postern` is the version that makes it."""

    keys_file: Path | None = None
    link: bool = False
    keep: int = 0
    postern: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup. `copied` counts the objects that were not there yet."""

    folder: Path
    manifest: Manifest
    copied: int
    removed: int


@dataclass(slots=True)
class _Objects:
    """The large messages of this backup, gathered in two passes."""

    database: Database
    target: Path
    link: bool
    known: dict[str, objects.Listed]
    listed: dict[str, objects.Listed] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    elsewhere: int = 0
    copied: int = 0

    def take(self, large: Iterable[objects.Large], tell: Tell, *, final: bool) -> None:
        """Copy what is not there yet. What is gone is missed only in the `final` pass, whose
        names are those of the database that is in the backup."""
        wanted: dict[str, objects.Listed] = {}
        self.missing.clear()
        self.elsewhere = 0
        for one in large:
            found = self._one(one, final=final)
            if found is not None:
                wanted[found.name] = found
                tell(f"{len(wanted)} large messages")
        if final:
            self.listed = wanted

    def _one(self, large: objects.Large, *, final: bool) -> objects.Listed | None:
        name = large[3]
        found = self.known.get(name)
        if found is not None and objects.path_of(self.target, name).exists():
            return found
        source = self.database.blobs.place_of(name).file_of(name)
        if source is None:
            self.elsewhere += 1
            return None
        try:
            found = objects.copy_object(source, self.target, large, link=self.link)
        except (FileNotFoundError, StoreProblem) as problem:
            if final:
                self.missing.append(f"{source}: {_reason(problem)}")
            return None
        self.copied += 1
        self.known[name] = found
        return found


def _reason(problem: Exception) -> str:
    return "it is gone" if isinstance(problem, OSError) else "it was altered"


def make_backup(
    database: Database, target: Path, wishes: Wishes, now: Callable[[], datetime], tell: Tell
) -> Made:
    """Raises BackupProblem, SettingsProblem where `target` is no place for it, StoreProblem, and
    OSError with what the disk says."""
    _prepare(database, target)
    with locked(target):
        for unfinished in [one for one in generations(target) if not (one / MANIFEST).exists()]:
            shutil.rmtree(unfinished)
        found = _Objects(database, target, wishes.link, objects.known_objects(target))
        found.take(_live(database), tell, final=False)
        folder, as_of = _begin(target, now)
        copy = _copy(database, folder, tell)
        found.take(_live(database) if copy is None else snapshot.large_ones(copy), tell, final=True)
        manifest = _finish(database, folder, wishes, found, as_of, now)
        removed = _thin_out(target, wishes.keep) if wishes.keep else 0
    return Made(folder, manifest, found.copied, removed)


def _begin(target: Path, now: Callable[[], datetime]) -> tuple[Path, datetime]:
    """A folder of its own, named by the second; one made in this very second is waited out."""
    for _ in range(_SECONDS_WAITED):
        as_of = now()
        folder = target / as_of.strftime("%Y%m%dT%H%M%SZ")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            time.sleep(1.01 - as_of.microsecond / 1_000_000)
            continue
        sync_folder(target)
        return folder, as_of
    raise BackupProblem(f"{folder} is there already: does the clock of this machine stand still?")


def _prepare(database: Database, target: Path) -> None:
    inside = target.resolve()
    data = database.settings.data_dir.resolve()
    if inside == data or data in inside.parents:
        raise SettingsProblem(
            f"{target} is in data_dir, and would be lost with it: name a folder on another disk"
        )
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_ours(target)
    (target / OBJECTS).mkdir(mode=0o700, exist_ok=True)


def _live(database: Database) -> Iterator[objects.Large]:
    """The large messages that the store names now, page by page."""
    blobs, last = schema.blobs, ""
    columns = (
        blobs.c.sha256,
        blobs.c.size,
        blobs.c.coding,
        func.coalesce(blobs.c.object, blobs.c.sha256),
    )
    while True:
        query = select(*columns).where(blobs.c.content.is_(None), blobs.c.sha256 > last)
        with database.read() as connection:
            rows = connection.execute(query.order_by(blobs.c.sha256).limit(PAGE)).all()
        yield from ((one[0], one[1], one[2], one[3]) for one in rows)
        if len(rows) < PAGE:
            return
        last = rows[-1].sha256


def _copy(database: Database, folder: Path, tell: Tell) -> Path | None:
    """The database as of now; None where it is not a file of ours."""
    if not database.settings.is_embedded:
        return None
    copy = folder / DATABASE
    try:
        snapshot.copy_database(
            database.settings.path,
            copy,
            lambda done, total: tell(f"database, {done} of {total} pages"),
        )
    except sqlite3.Error as error:
        raise BackupProblem(f"The database could not be copied to {copy}: {error}") from error
    return copy


def _finish(
    database: Database,
    folder: Path,
    wishes: Wishes,
    found: _Objects,
    as_of: datetime,
    now: Callable[[], datetime],
) -> Manifest:
    objects.write_list(folder, found.listed.values())
    keys = _save_keys(folder, wishes.keys_file)
    has_copy = database.settings.is_embedded
    manifest = Manifest(
        postern=wishes.postern,
        schema=snapshot.revision(folder / DATABASE) if has_copy else REVISION,
        engine="sqlite" if has_copy else "postgresql",
        place=database.place,
        as_of=as_of,
        finished_at=now(),
        database=part_of(folder, DATABASE) if has_copy else None,
        keys=keys,
        list=part_of(folder, LIST),
        objects=len(found.listed),
        octets=sum(one.size for one in found.listed.values()),
        elsewhere=found.elsewhere,
        bucket=_bucket(database) if found.elsewhere else None,
        missing=tuple(found.missing[:100]),
    )
    sync_folder(folder)
    write_manifest(folder, manifest)
    return manifest


def _bucket(database: Database) -> str | None:
    blobs = database.settings.blobs
    return None if blobs == "local" else blobs.place


def _save_keys(folder: Path, keys_file: Path | None) -> Part | None:
    if keys_file is None:
        return None
    try:
        write_durably(folder / KEYS, keys_file.read_bytes())
    except FileNotFoundError:
        return None  # nothing was ever sealed or signed
    return part_of(folder, KEYS)


def _thin_out(target: Path, keep: int) -> int:
    """Older backups go, their manifest first, then the objects that none of the others lists."""
    found = generations(target)
    for old in found[:-keep]:
        (old / MANIFEST).unlink()
        sync_folder(old)
        shutil.rmtree(old)
    kept = {one.name for folder in found[-keep:] for one in objects.read_list(folder)}
    objects.remove_unlisted(target, kept)
    return max(0, len(found) - keep)
