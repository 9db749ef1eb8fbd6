"""The store, opened for one command of a person."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli import build
from cli.config import Config
from store.database import Database, migrate, open_database


@contextmanager
def opened(config: Config, *, create: bool = True) -> Iterator[Database]:
    """The store of `config`; an embedded one is made or brought up to date first.

    With `create` False one that is not there is a StoreProblem: who only asks, perhaps in the
    wrong folder, must not be answered out of a store that was made just now.
    """
    settings = build.store_settings(config)
    if create or not settings.is_embedded or settings.path.exists():
        build.prepare_data_dir(config)
        if settings.is_embedded:
            migrate(settings)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
