"""Where the measured stores are: SQLite files, or a PostgreSQL server of our own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.store.accepting import plain_sqlite
from store.database import StoreSettings


@dataclass(frozen=True, slots=True)
class Place:
    """`settings` of the store of a name, `plain` inserts beside it, and `settle`, which does what
    the database would do by and by."""

    settings: Callable[[str], StoreSettings]
    plain: Callable[[], Callable[[int], float]]
    settle: Callable[[], None]


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    """Files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.db").unlink(missing_ok=True)
    yield Place(
        lambda name: StoreSettings("", folder / name), lambda: plain_sqlite(folder), lambda: None
    )


PLACES = {"sqlite": sqlite}
