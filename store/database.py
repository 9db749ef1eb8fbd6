"""The open store: where it is, and how to use it: reading, writing in turn, writing beside.

Which engine works below is said by the URL: `store.sqlite` or `store.postgres`. `migrate` creates
the store or brings its schema up to date; `open_database` opens one that is. Everything that goes
wrong comes out as a `StoreProblem`: one line that says the cure.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Literal, Protocol

import sqlalchemy
from sqlalchemy import Connection, make_url

from mail.errors import StoreProblem
from store.blobs import INLINE_BYTES, Blobs
from store.blobs.bucket import BucketSettings
from store.durable import make_folder
from store.schema import REVISION
from store.sqlite import Sqlite

CONNECTIONS = 8
"""Connections that one process opens to PostgreSQL at most."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`url` is a SQLAlchemy URL, or empty for the embedded store: `postern.db` in `data_dir`.

    `data_dir` also has the large blobs (`blobs/`), unless they are in a bucket. What has more than
    `inline_bytes` is large. `synchronous_commit` and `connections` (of one
    process) are for PostgreSQL. The URL may have a password in it, so it is never shown.
    """

    url: str = field(repr=False)
    data_dir: Path
    synchronous_commit: str = "on"
    connections: int = CONNECTIONS
    blobs: BucketSettings | Literal["local"] = "local"
    inline_bytes: int = INLINE_BYTES

    @property
    def is_embedded(self) -> bool:
        """Whether the store is a file of ours, not a server's database."""
        return not self.url.startswith("postgres")

    @property
    def path(self) -> Path:
        """The file of the SQLite database. Raises StoreProblem for any other database."""
        if not self.url:
            return self.data_dir / "postern.db"
        try:
            url = make_url(self.url)
        except (sqlalchemy.exc.ArgumentError, ValueError):
            raise StoreProblem("store.url is not a URL such as sqlite:////var/…/db") from None
        if url.get_backend_name() != "sqlite":
            raise StoreProblem(
                f"store.url: {url.drivername} is not supported; use sqlite or postgresql"
            )
        if not url.database or url.database == ":memory:":
            raise StoreProblem("store.url names no file: mail must not be kept in memory only")
        return Path(url.database)


class Engine(Protocol):
    """What a kind of database does for us; `Database` says what each is for.

    `errors` are its own exceptions, which `problem_of` turns into ours; `writers` threads of one
    process should commit mail at one time.
    """

    errors: tuple[type[Exception], ...]
    writers: int

    @property
    def place(self) -> str:
        """Where it is, for a person."""

    def problem_of(self, error: BaseException) -> StoreProblem:
        """What is wrong, in one line."""

    def reading(self) -> AbstractContextManager[Connection]:
        """For `Database.read`."""

    def writing(self, volume: list[int] | None = None) -> AbstractContextManager[Connection]:
        """For `Database.write`."""

    def writing_beside(self, volume: list[int] | None = None) -> AbstractContextManager[Connection]:
        """For `Database.write_beside`."""

    def migrating(self) -> AbstractContextManager[Connection]:
        """For `Database.migrating`."""

    def prepare(self) -> None:
        """For `Database.prepare`."""

    def compact(self) -> None:
        """For `Database.compact`."""

    def close(self) -> None:
        """For `Database.close`."""


class Database:
    """An open store. May be used by many threads; every process opens its own."""

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self.closed = Event()
        self._engine = _engine(settings)
        bucket = None if settings.blobs == "local" else settings.blobs
        self.blobs = Blobs(self, settings.data_dir, bucket, settings.inline_bytes)

    @property
    def place(self) -> str:
        """Where the store is, for a person."""
        return self._engine.place

    @property
    def writers(self) -> int:
        """How many threads of a process should commit mail at one time."""
        return self._engine.writers

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the store throughout. Raises StoreProblem."""
        with self._explained(), self._engine.reading() as connection:
            yield connection

    @contextmanager
    def write(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """A connection in a transaction, once it is our turn among all writers; durable when
        the block is left. `volume`: the bytes that the block wrote, if it is much.

        On PostgreSQL mail is written beside (`write_beside`); all other writes, of all nodes,
        wait for each other. Never call it within itself. Raises StoreProblem; then nothing was
        written, except where it is Unconfirmed (`store.problems`).
        """
        with self._explained(), self._engine.writing(volume) as connection:
            yield connection

    @contextmanager
    def write_beside(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """The same without waiting for a turn, where the database can do that (SQLite cannot).

        For mail and for jobs. Other such transactions change the store meanwhile, so whoever
        writes here locks rows in one sorted order, counts with `x = x + n`, and lets a unique
        key decide who was first. Raises StoreProblem as `write` does.
        """
        with self._explained(), self._engine.writing_beside(volume) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A turn to write that may last. Raises StoreProblem."""
        with self._explained(), self._engine.migrating() as connection:
            yield connection

    def prepare(self) -> None:
        """Create the file where it is missing; see that a server's database is of use. Raises
        StoreProblem."""
        with self._explained():
            self._engine.prepare()

    def compact(self) -> None:
        """Overwrite what was deleted, as far as the database can (VACUUM). On the embedded store
        all writers wait for it, and it needs as much room as the store has. Raises StoreProblem.
        """
        with self._explained():
            self._engine.compact()

    def close(self) -> None:
        """Close all connections, and tell `closed` to threads that follow what changes."""
        self.closed.set()
        self._engine.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._engine.errors as error:
            raise self._engine.problem_of(error) from error


def _engine(settings: StoreSettings) -> Engine:
    if settings.is_embedded:
        return Sqlite(settings.path)
    # The driver takes time and memory that the embedded store does without.
    from store.postgres import Postgres
    from store.postgres_url import read_url

    return Postgres(read_url(settings.url), settings.synchronous_commit, settings.connections)


def open_database(settings: StoreSettings) -> Database:
    """Open a store whose schema is ours.

    Raises StoreProblem where there is none, where it cannot be written, or where its schema is
    older or newer than this program's.
    """
    if settings.is_embedded and not settings.path.exists():
        raise StoreProblem(
            f"There is no store at {settings.path}: is the configuration right? "
            "Then run `postern migrate`"
        )
    database = Database(settings)
    try:
        _check_revision(_revision(database), database.place)
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
    """Create the store, or bring its schema up to date; where it is, only the partitions of the
    months ahead are made.

    Safe to call from several processes at once: it goes through the turnstile. Raises
    StoreProblem where the folder cannot be written, the file is no database, or the schema is
    newer than this program's.
    """
    if settings.is_embedded:
        _make_folders(settings.data_dir, settings.path.parent)
    database = Database(settings)
    try:
        database.prepare()
        found = _revision(database)
        if found != REVISION:
            if found is not None and found > REVISION:
                _check_revision(found, database.place)
            with database.migrating() as connection:
                _upgrade(connection)
        _keep_months(database)
    finally:
        database.close()


def _make_folders(*folders: Path) -> None:
    for folder in folders:
        try:
            make_folder(folder)
        except OSError as error:
            raise StoreProblem(f"The folder {folder} cannot be made: {error.strerror}") from error


def _keep_months(database: Database) -> None:
    from store.partitions import keep_months

    keep_months(database)


def _upgrade(connection: Connection) -> None:
    # Alembic takes a fifth of a second to import; only a migration needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
