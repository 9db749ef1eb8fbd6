"""Everything that is peculiar to PostgreSQL: connections, turns, time-outs, and what a COMMIT says.

Two kinds of writes. Those of people and programs (`writing`) take turns across all nodes behind
one advisory lock, so that what one of them found in the store stays true until it commits, as it
does on SQLite. Mail and what follows from it (`writing_beside`) does not take that lock: many
batches of many nodes run at once, and each is made so that it can (`store.batch`).

A commit counts once the server says that it lasts, on its standby too where one is synchronous.
A server that gave up waiting for the standby commits all the same and only warns: we take that
for no commit.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from mail.errors import StoreProblem
from store import pipeline
from store.arrays import Array, ArrayDumper
from store.columns import dump_json
from store.postgres_problems import is_away, problem_of
from store.postgres_url import Address
from store.problems import Unconfirmed

TURN_LOCK = 0x706F7374
"""The key of the advisory lock of writes that take turns."""

WRITERS = 3
"""Threads of one process that commit mail. More than one, because a commit waits for the network
and the standby; few, because what waits meanwhile is one batch, and a large one is cheap."""

CONNECTIONS = 8
"""Connections that one process opens at most."""

_IDLE_SECONDS = 1.0
"""A connection that lay idle for longer is asked whether it lives before it is used."""

_SESSION = {
    "statement_timeout": "60s",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "client_connection_check_interval": "10s",
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "jit": "off",
}
"""What the server does by itself: nothing of ours hangs for longer than the writer's patience, a
node that was cut off while it held a lock loses it, and no query that finds fifty rows by an index
is compiled first."""


class Postgres:
    """One database of a server, or of several of which one takes writes."""

    writers = WRITERS

    def __init__(self, address: Address, synchronous_commit: str, connections: int) -> None:
        self.place = address.place
        self._session = _SESSION | {"synchronous_commit": synchronous_commit}
        self.engine = self._make_engine(address.arguments, connections)
        self._readers = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.errors: tuple[type[Exception], ...] = (SQLAlchemyError, psycopg.Error)

    def problem_of(self, error: BaseException) -> StoreProblem:
        """One line for a person, of the kind that says what may be done about it."""
        return problem_of(error, self.place)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the store throughout; not for writing."""
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """A connection in a transaction of its own, once it is our turn among all nodes."""
        with self._transaction() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN_LOCK})")
            yield connection

    @contextmanager
    def writing_beside(self, volume: list[int] | None = None) -> Iterator[Connection]:
        """A connection in a transaction beside those of others: for what locks its rows in one
        sorted order and counts by `x = x + n`."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A turn to write that may take as long as it takes."""
        with self._transaction() as connection:
            for name in ("statement_timeout", "lock_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {name} = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN_LOCK})")
            yield connection

    def prepare(self) -> None:
        """See that the database is one that can keep mail. Raises StoreProblem."""
        with self.reading() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise StoreProblem(
                f"The store {self.place} is encoded as {encoding}, which cannot keep all mail: "
                "make a database with createdb --encoding=UTF8 --template=template0"
            )

    def compact(self) -> None:
        """Let dead rows go, beside everything else that goes on."""
        with self.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            limit = self._session["statement_timeout"]
            alone.exec_driver_sql("SET statement_timeout = 0")
            try:
                alone.exec_driver_sql("VACUUM")
            finally:
                alone.exec_driver_sql(f"SET statement_timeout = '{limit}'")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
            except BaseException:
                _give_up(connection)
                raise
            self._commit(connection, transaction.commit)

    def _commit(self, connection: Connection, commit: Any) -> None:
        warnings: list[str] = connection.info["postern_warnings"]
        warnings.clear()
        try:
            commit()
            pipeline.leave(connection)
        except (SQLAlchemyError, psycopg.Error) as error:
            problem = problem_of(error, self.place, committing=True)
            _give_up(connection)
            raise problem from error
        if warnings:
            raise Unconfirmed(
                f"The store {self.place} committed without its standby, so it may be lost: "
                f"see that the standby runs. ({warnings[0]})"
            )

    def _make_engine(self, arguments: dict[str, Any], connections: int) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            json_serializer=dump_json,
            use_native_hstore=False,
            isolation_level="READ COMMITTED",
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_use_lifo=True,
        )

        def connecting(dialect: Any, record: Any, args: Any, parameters: dict[str, Any]) -> None:
            parameters.update(arguments)

        event.listen(engine, "do_connect", connecting)
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "checkin", _checked_in)
        event.listen(engine, "checkout", _checked_out)
        event.listen(engine, "before_cursor_execute", _before_statement)
        return engine

    def _connected(self, driver: psycopg.Connection[Any], record: Any) -> None:
        """A new connection: its settings, in one round trip."""
        driver.adapters.register_dumper(Array, ArrayDumper)
        warnings: list[str] = []
        record.info["postern_warnings"] = warnings

        def heard(diagnostic: psycopg.errors.Diagnostic) -> None:
            if diagnostic.severity_nonlocalized == "WARNING":
                warnings.append(str(diagnostic.message_primary))

        driver.add_notice_handler(heard)
        names = ", ".join(f"set_config('{name}', %s, false)" for name in self._session)
        driver.execute(f"SELECT {names}", list(self._session.values()))
        driver.commit()


def _give_up(connection: Connection) -> None:
    """Roll back; where the connection is of no use, that is done already."""
    try:
        pipeline.leave(connection)
    except (SQLAlchemyError, psycopg.Error) as error:
        if is_away(error):
            connection.invalidate(error)
    try:
        connection.rollback()
    except (SQLAlchemyError, psycopg.Error) as error:
        connection.invalidate(error)


def _before_statement(connection: Connection, *_: Any) -> None:
    pipeline.leave(connection)


def _checked_in(driver: Any, record: Any) -> None:
    record.info["postern_idle_since"] = time.monotonic()


def _checked_out(driver: psycopg.Connection[Any], record: Any, proxy: Any) -> None:
    """Ask a connection that lay idle whether it lives still; the pool makes a new one if not."""
    since = record.info.get("postern_idle_since")
    if since is None or time.monotonic() - since < _IDLE_SECONDS:
        return
    try:
        driver.execute("")
        driver.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error
