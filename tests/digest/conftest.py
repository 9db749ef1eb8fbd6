"""A store with mail in it, for the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database, StoreSettings, migrate, open_database
from tests.fakes import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """A clock that tests move."""
    return FixedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A new store."""
    settings = StoreSettings("", tmp_path / "data")
    migrate(settings)
    opened = open_database(settings)
    yield opened
    opened.close()
