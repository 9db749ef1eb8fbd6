"""A store with mail in it, for the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.apart.limits import PATIENT
from digest.apart.reader import Reader
from store.database import Database, open_database
from tests.fakes import FixedClock
from tests.stores import new_store


@pytest.fixture
def clock() -> FixedClock:
    """A clock that tests move."""
    return FixedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A new store."""
    opened = open_database(new_store(tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """The process that reads mail, for all tests that need one."""
    with Reader(PATIENT) as made:
        yield made
