"""New stores in SQLite, migrated once in each process and copied: migrating takes longer than most
tests, and a command that adds a domain takes ten times as long as that."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from store.database import StoreSettings, migrate, open_database
from store.domains import add_domain


def new_store(folder: Path) -> StoreSettings:
    """Settings of a store with nothing in it, in this folder, which is made."""
    settings = StoreSettings("", folder)
    folder.mkdir(parents=True, exist_ok=True)
    with settings.path.open("xb") as file:
        file.write(_empty())
    return settings


def store_for(folder: Path, domains: Mapping[str, str]) -> StoreSettings:
    """The same, which takes mail for these domains: for everybody there (`all`), or as it says."""
    settings = new_store(folder)
    database = open_database(settings)
    for name, accept in domains.items():
        add_domain(database, name, accept, "store", datetime.now(UTC))
    database.close()
    return settings


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        settings = StoreSettings("", Path(folder))
        migrate(settings)
        return settings.path.read_bytes()
