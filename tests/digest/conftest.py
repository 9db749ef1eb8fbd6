"""A store with mail in it, for the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.apart.keeper import Nursery
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
def nursery() -> Iterator[Nursery]:
    """Where the children of all readers come from whose test is not about it: each new one loads
    everything that reads mail."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def hostile() -> Iterator[Nursery]:
    """One whose children do what a subject says."""
    made = Nursery("tests.digest.apart.hostile")
    yield made
    made.close()


@pytest.fixture(scope="session")
def reader(nursery: Nursery) -> Iterator[Reader]:
    """The process that reads mail, for all tests that need one."""
    with Reader(PATIENT, nursery) as made:
        yield made
