"""What `postern backup` does. Its manual and its arguments: `cli/manual/backup.py`."""

import argparse
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

from cli import build
from cli.config import Config
from cli.keys import keys_file
from cli.moving.progress import Progress, octets
from cli.opened import opened
from mail.errors import SettingsProblem
from store.backups.check import find_damage
from store.backups.make import Made, Wishes, make_backup
from store.backups.manifest import newest, read_manifest


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 where something is missing in it, or wrong with it."""
    target, progress = arguments.target, Progress("backup")
    try:
        if arguments.verify:
            return _verify(target, progress)
        with opened(config, create=False) as database:
            made = make_backup(
                database, target, _wishes(arguments, config), build.now, progress.tell
            )
            return _report(made, database.settings.url, progress)
    except OSError as error:
        raise SettingsProblem(f"{error.filename or target}: {error.strerror}") from error


def _wishes(arguments: argparse.Namespace, config: Config) -> Wishes:
    if arguments.with_keys:
        print(
            "postern: the key file goes into the backup: whoever gets hold of it can read the "
            "passwords of bound accounts, and sign reply addresses",
            file=sys.stderr,
        )
    return Wishes(
        keys_file=keys_file(config) if arguments.with_keys else None,
        link=arguments.hard_links,
        keep=arguments.keep,
        postern=version("postern"),
    )


def _report(made: Made, url: str, progress: Progress) -> int:
    manifest = made.manifest
    for line in manifest.missing:
        progress.say(f"not in the backup: {line}")
    if manifest.elsewhere:
        progress.say(
            f"{manifest.elsewhere} large messages lie in {manifest.bucket} and stay there: give "
            "the bucket versioning, or copy it with its own tools"
        )
    if manifest.database is None:
        print(_for_postgresql(url, made.folder))
    database = f"database {octets(manifest.database.size)}, " if manifest.database else ""
    progress.end(
        f"{database}{manifest.objects} large messages ({made.copied} of them new), "
        f"{octets(manifest.octets)}{', the key file' if manifest.keys else ''}"
        + (f"; {made.removed} older backups removed" if made.removed else "")
    )
    print(made.folder)
    return 1 if manifest.missing else 0


def _for_postgresql(url: str, folder: Path) -> str:
    """What to run besides, with our host and database and without the password."""
    from store.postgres_url import without_password

    name = shlex.quote(without_password(url))
    dump = shlex.quote(str(folder / "postern.dump"))
    return (
        "The database is PostgreSQL's to copy. As of one moment, while mail flows:\n"
        f"  pg_dump --format=custom --file={dump} --dbname={name}\n"
        f"and back into an empty database: pg_restore --dbname=... {dump}\n"
        "Of the whole server, for recovery to any moment (with archived WAL):\n"
        f"  pg_basebackup --pgdata=FOLDER --wal-method=stream --dbname={name}\n"
        "Do that first and this second, or repeat this within the hour: large messages that are "
        "deleted stay that long."
    )


def _verify(target: Path, progress: Progress) -> int:
    folder = newest(target)
    manifest = read_manifest(folder)
    wrong = 0
    for line in find_damage(folder, progress.tell):
        progress.say(line)
        wrong += 1
    if wrong:
        progress.end(
            f"{folder}: {wrong} things are wrong; remove the altered files and back up anew"
        )
        return 1
    progress.end(
        f"{folder} is whole: as of {manifest.as_of:%Y-%m-%d %H:%M:%S} UTC, "
        f"{manifest.objects} large messages"
    )
    return 0
