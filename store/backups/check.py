"""Whether everything in a backup is as it was when it was made: every file by its SHA-256."""

from collections.abc import Callable, Iterator
from pathlib import Path

from store.backups import objects, snapshot
from store.backups.manifest import LIST, BackupProblem, Manifest, Part, measured, read_manifest


def find_damage(folder: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """One line for each thing that is wrong. Raises BackupProblem where it is no whole backup."""
    manifest = read_manifest(folder)
    for part in (manifest.database, manifest.keys, manifest.list):
        if part is not None:
            tell(part.path)
            yield from _wrong(folder / part.path, part)
    yield from (f"{one} (when the backup was made)" for one in manifest.missing)
    if manifest.database is not None and (folder / manifest.database.path).exists():
        tell(f"{manifest.database.path}, its structure")
        if (damage := snapshot.damage(folder / manifest.database.path)) is not None:
            yield f"{folder / manifest.database.path} is damaged: {damage}"
    yield from _wrong_objects(folder, manifest, tell)


def _wrong_objects(folder: Path, manifest: Manifest, tell: Callable[[str], None]) -> Iterator[str]:
    try:
        for number, one in enumerate(objects.read_list(folder), 1):
            path = objects.path_of(folder.parent, one.name)
            yield from _wrong(path, Part(one.name, one.size, one.sha256))
            tell(f"{number} of {manifest.objects} large messages")
    except (OSError, ValueError) as error:
        raise BackupProblem(f"{folder / LIST} cannot be read: {error}") from error


def _wrong(path: Path, part: Part) -> Iterator[str]:
    try:
        size, sha256 = measured(path)
    except FileNotFoundError:
        yield f"{path} is missing"
    except OSError as error:
        yield f"{path} cannot be read: {error.strerror}"
    else:
        if sha256 != part.sha256:
            yield f"{path} was altered: it has {size} octets and another SHA-256"
