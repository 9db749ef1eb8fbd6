"""postern restore - a store out of a backup, in a place where there is none

  postern restore /backup/postern                        the newest one, into data_dir
  postern restore /backup/postern/20261121T080000Z --into /srv/drill

Never over an existing store: move it away first, or name another folder with --into. The backup
is read and compared with its hashes before, and what was written is compared after. A restore
that was killed has made no store; repeat it.

What is in the backup is as of its moment: mail that was accepted later is not in it, and people
who signed in, tokens and passwords are those of that time. Mail of bound accounts that is still
there is fetched again.
"""

import argparse
from datetime import timedelta
from pathlib import Path

from cli import build
from cli.config import Config
from cli.keys import keys_file
from cli.moving.progress import Progress, octets
from mail.errors import SettingsProblem
from store.backups.manifest import newest
from store.backups.restore import Places, Restored, restore_backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="a backup, or a folder of them")
    parser.add_argument("--into", type=Path, metavar="DIR", help="instead of data_dir")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; everything else is a Problem that says why."""
    progress = Progress("restore")
    try:
        places = _places(arguments.into, config)
        restored = restore_backup(newest(arguments.backup), places, progress.tell)
    except OSError as error:
        raise SettingsProblem(f"{error.filename or arguments.backup}: {error.strerror}") from error
    progress.end("compared with its hashes before and after")
    _report(restored, places)
    return 0


def _places(into: Path | None, config: Config) -> Places:
    if into is not None:
        return Places(into, into / "postern.db", into / "keys")
    settings = build.store_settings(config)
    database = settings.path if settings.is_embedded else None
    return Places(config.data_dir, database, keys_file(config))


def _report(restored: Restored, places: Places) -> None:
    manifest = restored.manifest
    age = build.now() - manifest.as_of
    print(f"{restored.folder} is as of {manifest.as_of:%Y-%m-%d %H:%M:%S} UTC, {_words(age)} ago.")
    if manifest.database is None:
        print("Its database is PostgreSQL's: restore that with pg_restore or its base backup.")
    else:
        print(f"The database is {places.database}, {octets(manifest.database.size)}.")
    print(f"{manifest.objects} large messages are in {places.data_dir / 'blobs'}.")
    if manifest.elsewhere:
        print(f"{manifest.elsewhere} more lie in {manifest.bucket} and were not touched.")
    if not restored.keys:
        print(
            "There is no key file: the passwords of bound accounts have to be entered anew, and "
            f"signed reply addresses are not known. If you have it, put it to {places.keys_file}."
        )


def _words(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "days"), (hours, "hours"), (minutes, "minutes"))
    return ", ".join(f"{number} {unit}" for number, unit in parts if number) or "less than a minute"
