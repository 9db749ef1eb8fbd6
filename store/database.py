"""The open store: where it is, and the two ways to use it, reading and writing.

`migrate` creates the store or brings its schema up to date; `open_database` opens one that is.
Everything that goes wrong comes out as a `StoreProblem`: one line that says the cure.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from mail.errors import StoreProblem
from store.schema import REVISION
from store.sqlite import Sqlite, problem_of


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`url` is a SQLAlchemy URL, or empty for the embedded store: `postern.db` in `data_dir`.

    `data_dir` also has the large blobs (`blobs/`).
    """

    url: str
    data_dir: Path

    @property
    def path(self) -> Path:
        """The file of the SQLite database. Raises StoreProblem for any other database."""
        if not self.url:
            return self.data_dir / "postern.db"
        try:
            url = make_url(self.url)
        except sqlalchemy.exc.ArgumentError:
            raise StoreProblem("store.url is not a URL such as sqlite:////var/…/db") from None
        if url.get_backend_name() != "sqlite":
            raise StoreProblem(f"store.url: {url.drivername} is not supported yet; use sqlite")
        if not url.database or url.database == ":memory:":
            raise StoreProblem("store.url names no file: mail must not be kept in memory only")
        return Path(url.database)


class Database:
    """An open store. May be used by many threads; every process opens its own."""

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self._engine = Sqlite(settings.path)

    @property
    def place(self) -> str:
        """Where the store is, for a person."""
        return self._engine.place

    @property
    def blob_folder(self) -> Path:
        """Where large blobs lie as files."""
        return self.settings.data_dir / "blobs"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the store throughout. Raises StoreProblem."""
        with self._explained(), self._engine.reading() as connection:
            yield connection

    @contextmanager
    def write(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """A connection in a transaction, once it is our turn among all writers; durable when
        the block is left. `volume`: the bytes that the block wrote, if it is much.

        Never call it within itself. Raises StoreProblem; then nothing was written.
        """
        with self._explained(), self._engine.writing(volume) as connection:
            yield connection

    def prepare(self) -> None:
        """Create the file where it is missing. Raises StoreProblem."""
        with self._explained():
            self._engine.prepare()

    def close(self) -> None:
        """Close all connections."""
        self._engine.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise problem_of(error, self.settings.path) from error


def open_database(settings: StoreSettings) -> Database:
    """Open a store whose schema is ours.

    Raises StoreProblem where there is none, where it cannot be written, or where its schema is
    older or newer than this program's.
    """
    path = settings.path
    if not path.exists():
        raise StoreProblem(
            f"There is no store at {path}: is the configuration right? Then run `postern migrate`"
        )
    database = Database(settings)
    try:
        _check_revision(_revision(database), str(path))
        with database.write():
            pass  # whether it can be written shows now, not at the first mail
    except StoreProblem:
        database.close()
        raise
    return database


def _check_revision(found: str | None, place: str) -> None:
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise StoreProblem(
            f"The store {place} has the newer schema {found}, this program knows {REVISION}: "
            "install the newer Postern again"
        )
    raise StoreProblem(f"The store {place} has an older schema: run `postern migrate`")


def _revision(database: Database) -> str | None:
    """The newest migration that the store has seen; None for an empty one."""
    with database.read() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return None if found is None else str(found)


def migrate(settings: StoreSettings) -> None:
    """Create the store, or bring its schema up to date; nothing happens where it is.

    Safe to call from several processes at once: it goes through the turnstile. Raises
    StoreProblem where the folder cannot be written, the file is no database, or the schema is
    newer than this program's.
    """
    path = settings.path
    try:
        for folder in (settings.data_dir, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreProblem(f"The folder {folder} cannot be made: {error.strerror}") from error
    database = Database(settings)
    try:
        database.prepare()
        found = _revision(database)
        if found != REVISION:
            if found is not None and found > REVISION:
                _check_revision(found, str(path))
            with database.write() as connection:
                _upgrade(connection)
    finally:
        database.close()


def _upgrade(connection: Connection) -> None:
    # Alembic takes a fifth of a second to import; only a migration needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
