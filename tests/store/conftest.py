"""An open store of its own for each test, on both databases, with one domain and a writer.

Tests that take one of these run twice: on SQLite and on PostgreSQL. What is about SQLite's own
files is marked `sqlite_only`, what is about a server `postgresql_only`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database, StoreSettings, migrate, open_database
from store.domains import DomainRow, add_domain
from store.writer import Writer
from tests.postgres import Server, serving
from tests.store.samples import NOON

_ENGINES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of a store once for each engine that it is about."""
    if "engine" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        wanted = [one for one in _ENGINES if not marks & {f"{other}_only" for other in _ENGINES}
                  or f"{one}_only" in marks]  # fmt: skip
        metafunc.parametrize("engine", wanted, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database that this test runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL of this test session."""
    with serving() as found:
        yield found


@pytest.fixture
def settings(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[StoreSettings]:
    """Settings of a store that is not there yet."""
    if engine == "sqlite":
        yield StoreSettings("", tmp_path / "data")
        return
    found: Server = request.getfixturevalue("server")
    with found.empty(tmp_path / "data") as empty:
        yield empty


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new store, made once: migrating takes longer than most tests."""
    settings = StoreSettings("", tmp_path_factory.mktemp("template"))
    migrate(settings)
    return settings.path


@pytest.fixture
def database(
    engine: str, tmp_path: Path, template: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A new store."""
    folder = tmp_path / "data"
    folder.mkdir()
    if engine == "sqlite":
        settings = StoreSettings("", folder)
        shutil.copyfile(template, settings.path)
        opened = open_database(settings)
        yield opened
        opened.close()
        return
    found: Server = request.getfixturevalue("server")
    with found.migrated(folder) as settings:
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
