"""Where the measured stores are: SQLite files, or a PostgreSQL server of our own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bench.store.accepting import plain_postgresql, plain_sqlite
from bench.store.mails import BEGIN, SPAN
from store.database import Database, StoreSettings, migrate, open_database
from store.partitions import Month, _tables
from tests.postgres import Cluster

_SERVER = (
    "shared_buffers=2GB",
    "max_wal_size=8GB",
    "effective_cache_size=12GB",
    "random_page_cost=1.1",
)
"""As its manual advises for a machine of this size with a disk without heads."""


@dataclass(frozen=True, slots=True)
class Place:
    """`make` gives the settings of a new or kept store by its name, `plain` inserts beside it, and
    `settle` does at once what the database would do by and by."""

    make: Callable[[str], StoreSettings]
    plain: Callable[[], Callable[[int], float]]
    settle: Callable[[Database], None]


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    """Files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("plain.db*"):
        path.unlink()

    def make(name: str) -> StoreSettings:
        settings = StoreSettings("", folder / name)
        migrate(settings)
        return settings

    yield Place(make, lambda: plain_sqlite(folder), lambda database: None)


@contextmanager
def postgresql(folder: Path) -> Iterator[Place]:
    """A server whose files are in `folder`, with fsync as for real mail."""
    cluster = _Kept(folder)
    cluster.begin()

    def make(name: str) -> StoreSettings:
        settings = StoreSettings(cluster.url(name), folder / "files")
        if not cluster.has(name):
            cluster.execute(f"CREATE DATABASE {name} OWNER postern TEMPLATE template0")
            migrate(settings)
            _make_months(settings)
        return settings

    def plain() -> Callable[[int], float]:
        name = cluster.make_database()
        return plain_postgresql(cluster.url(name))

    try:
        yield Place(make, plain, _analyze)
    finally:
        cluster.stop()


class _Kept(Cluster):
    """A cluster that is there the next time, too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(durable=True, settings=_SERVER)
        self.folder.rmdir()
        self.folder, self.data = folder, folder / "data"

    def begin(self) -> None:
        if self.data.exists():
            self.start()
        else:
            self.folder.mkdir(mode=0o755, parents=True)
            self.create()

    def has(self, name: str) -> bool:
        return bool(self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def _make_months(settings: StoreSettings) -> None:
    """Months for generated mail: those before the store was made have none."""
    first, last = (Month(at.year, at.month) for at in (BEGIN, BEGIN + SPAN))
    months = [first]
    while months[-1] < last:
        months.append(months[-1].later(1))
    database = open_database(settings)
    with database.write() as connection:
        for name in [one.table for one in _tables(connection)]:
            connection.execute(text(f'ALTER TABLE "{name}" DETACH PARTITION "{name}_before"'))
            connection.execute(text(f'DROP TABLE "{name}_before"'))
            for month in months:
                bounds = f"FROM ('{month.first_id}') TO ('{month.later(1).first_id}')"
                part = f'"{name}_{month.suffix}" PARTITION OF "{name}"'
                connection.execute(text(f"CREATE TABLE {part} FOR VALUES {bounds}"))
    database.close()


def _analyze(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ANALYZE"))


PLACES = {"sqlite": sqlite, "postgresql": postgresql}
