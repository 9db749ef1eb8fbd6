"""What `postern restore` does. Its manual and its arguments: `cli/manual/restore.py`."""

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
