"""The store, opened for one command of a person."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli import build
from cli.config import Config
from store.database import Database, migrate, open_database


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The store of `config`; an embedded one is made or brought up to date first."""
    build.prepare_data_dir(config)
    settings = build.store_settings(config)
    if build.is_embedded(settings):
        migrate(settings)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
