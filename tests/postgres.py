"""A real PostgreSQL: a cluster of one's own, started and stopped by the tests that need it.

One cluster serves a whole test session, and each test has a database to itself: one that a test
before it has left, emptied, or where there is none a clone of one that is migrated already. It
sorts text by the rules of a language, as most people's do, so that what counts on the order of
octets shows. PostgreSQL does not run as root; then it runs as the user `postgres`, which Debian's
package makes.
"""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from store.database import StoreSettings, migrate
from tests.services import free_port, require

_VERSIONS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
_USER, _PASSWORD = "postern", "secret-4711"
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_numbers = itertools.count(1)

_SCHEMA = """
SELECT md5(string_agg(thing, ' ' ORDER BY thing)) FROM (
    SELECT concat_ws(' ', relname, relkind, relnatts, relhastriggers, reloptions)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    UNION ALL SELECT version_num FROM alembic_version
    UNION ALL SELECT relname::text || ' analysed' FROM pg_statistic JOIN pg_class ON oid = starelid
    WHERE relnamespace = 'public'::regnamespace
) AS things (thing)
"""
"""What a test may have changed besides rows."""

_EMPTY = """
DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT oid::regclass AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %s', one.name);
    END LOOP;
    FOR one IN SELECT sequencename AS name FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', one.name); END LOOP;
END $$
"""
"""All rows gone but the revision, which tests seldom change, as a new store has it. Foreign keys
are not asked: nothing stays that they could be about. Truncating would make a new file for each
table and index."""


def program(name: str) -> str:
    """The full path of a program of PostgreSQL, or the test says what is missing."""
    for folder in reversed(_VERSIONS):
        if (folder / name).exists():
            return str(folder / name)
    return require(name)


class Cluster:
    """One server on a port of loopback; its role `postern` may make databases.

    `durable`: with fsync as for real mail, for tests that kill it. `settings` are lines of
    postgresql.conf.
    """

    def __init__(self, *, durable: bool = False, settings: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postern-postgres-"))
        self.data = self.folder / "data"
        self._settings = [*(() if durable else _FAST), *settings]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the server, for who wants to kill it."""
        assert self._process is not None
        return self._process.pid

    def create(self) -> None:
        """Make the files, start the server, and make the role."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", self.data, "--no-sync", "-A", "scram-sha-256", "-U", "admin",
                  "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
                  "--icu-locale=en-US", f"--pwfile={self._password_file()}")  # fmt: skip
        self.start()
        role = f"CREATE ROLE {_USER} LOGIN CREATEDB REPLICATION PASSWORD '{_PASSWORD}'"
        self.execute(role)

    def start(self) -> None:
        """Start the server and wait until it takes connections. After a crash its old processes
        may keep it out for a moment, so it tries again."""
        deadline = time.monotonic() + 60
        while not self._started():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.2)

    def _started(self) -> bool:
        lines = [f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=100",
                 f"unix_socket_directories={self.folder}", *self._settings]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_user(), program("postgres"), "-D", str(self.data)]
                + [word for line in lines for word in ("-c", line)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None:
                return False
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)
        return True

    def stop(self, number: int = 2) -> None:
        """Send it a signal (2: fast shutdown, 9: as if it crashed) and wait for its end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(60)

    def remove(self) -> None:
        """Stop it, and remove its files."""
        self.stop(3)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", user: str = _USER, password: str = _PASSWORD) -> str:
        """How a program reaches a database of it."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as superuser; its rows."""
        with self.connected(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def connected(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser. Each statement is committed."""
        return psycopg.connect(self.url(database, "admin"), autocommit=True)

    def make_database(self, template: str = "template0", options: str = "") -> str:
        """A new database of the role `postern`; its name."""
        name = f"store{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} OWNER {_USER} TEMPLATE {template} {options}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove it, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(user="admin"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _password_file(self) -> Path:
        path = self.folder / "password"
        path.write_text(_PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(path, "postgres")
        return path

    def _run(self, name: str, *arguments: object) -> None:
        command = [*_as_user(), program(name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stderr


class Server:
    """A cluster with a database that is migrated, of which others are copies. A copy has 650
    files, which takes half a second or more: it serves one test after the other."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._template: str | None = None
        self._schema: list[tuple[object, ...]] = []
        self._spare: list[str] = []

    @contextmanager
    def empty(self, data_dir: Path) -> Iterator[StoreSettings]:
        """Settings of a store in a database that is empty still."""
        name = self.cluster.make_database()
        yield StoreSettings(self.cluster.url(name), data_dir)
        self.cluster.drop_database(name)

    @contextmanager
    def migrated(self, data_dir: Path) -> Iterator[StoreSettings]:
        """Settings of a new store."""
        if self._template is None:
            template = self.cluster.make_database()
            migrate(StoreSettings(self.cluster.url(template), data_dir))
            self._template = template
            self._schema = self.cluster.execute(_SCHEMA, template)
        name = self._spare.pop() if self._spare else self.cluster.make_database(self._template)
        yield StoreSettings(self.cluster.url(name), data_dir)
        if self._is_as_new(name):
            self._spare.append(name)
        else:
            self.cluster.drop_database(name)

    def _is_as_new(self, name: str) -> bool:
        """Whether it could be emptied for another test."""
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        ended = f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}"
        with self.cluster.connected(name) as connection:
            if not all(gone for (gone,) in connection.execute(ended)):
                return False
            if connection.execute(_SCHEMA).fetchall() != self._schema:
                return False
            connection.execute(_EMPTY)
        return True


@contextmanager
def running(*, durable: bool = False, settings: Sequence[str] = ()) -> Iterator[Cluster]:
    """A cluster of one's own. Skips the test, or fails it, where there is no PostgreSQL."""
    program("initdb")
    cluster = Cluster(durable=durable, settings=settings)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def serving() -> Iterator[Server]:
    """The cluster of a test session."""
    with running() as cluster:
        yield Server(cluster)


def _as_user() -> list[str]:
    """How to start it: it ends when who started it dies, in whatever way."""
    mortal = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() != 0:
        return [*mortal, "--"]
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.fail("there is no user postgres, as which the server could run")
    return [*mortal, "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
