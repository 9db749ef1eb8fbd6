"""An open store in a folder of its own, with one domain, and a writer that is running."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database, StoreSettings, migrate, open_database
from store.domains import DomainRow, add_domain
from store.writer import Writer
from tests.store.samples import NOON


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    """Settings of a store that is not there yet."""
    return StoreSettings("", tmp_path / "data")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new store, made once: migrating takes longer than most tests."""
    settings = StoreSettings("", tmp_path_factory.mktemp("template"))
    migrate(settings)
    return settings.path


@pytest.fixture
def database(settings: StoreSettings, template: Path) -> Iterator[Database]:
    """A new store."""
    settings.data_dir.mkdir()
    shutil.copyfile(template, settings.path)
    opened = open_database(settings)
    yield opened
    opened.close()


@pytest.fixture
def domain(database: Database) -> DomainRow:
    """Our domain, with its mailbox."""
    return add_domain(database, "reply.example", "all", "cli", NOON)


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """A writer at noon."""
    running = Writer(database, lambda: NOON)
    running.start()
    yield running
    running.close()
