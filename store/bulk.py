"""INSERT or UPDATE of many rows in one step of the database.

SQLite's driver runs an `executemany` row by row, and between two rows it takes back the
interpreter's lock, which the event loop holds nearly always while mail comes in: waiting for it
took longer than writing. One statement with the values of many rows asks for it once. PostgreSQL
gets the columns as arrays (`store.arrays`), in a statement whose answer nobody waits for
(`store.pipeline`). SQLAlchemy makes the words of the statement and the converters of its values,
once for each database; only their repetition is ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, Table

from store.pipeline import enter
from store.upsert import insert_into

_Row = Mapping[str, Any]
_Convert = Callable[[Any], Any]

_STEPS = (64, 32, 16, 8, 7, 6, 5, 4, 3, 2, 1)
"""Numbers of rows for which there is a statement: few enough for the driver to keep them all
(`store.sqlite.STATEMENTS`)."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A statement around the values of its rows: the columns that each row gives, what stands
    before the rows, the placeholders of one row, and what stands behind."""

    names: Sequence[str]
    head: str
    values: str
    tail: str


class _Words(Protocol):
    """A statement about one table in one database's words."""

    def run(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Write `rows`."""


class _Repeated:
    """A statement about the rows of one table, in one database's words."""

    def __init__(self, table: Table, words: Callable[[Connection], _Parts]) -> None:
        self._table = table
        self._words = words
        self._known: dict[str, _Words] = {}

    def run(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Once for all `rows`."""
        if rows:
            name = connection.dialect.name
            if name not in self._known:
                make = _Arrays if name == "postgresql" else _Values
                self._known[name] = make(connection, self._table, self._words(connection))
            self._known[name].run(connection, rows)


class Bulk:
    """The insertion into one table: all of its columns but one that counts up by itself.

    `words` may add what happens on a conflict. No two rows of one call may conflict with each
    other: PostgreSQL refuses that.
    """

    def __init__(self, table: Table, words: Callable[[Any], Any] | None = None) -> None:
        self._table = table  # of two columns at least: see itemgetter
        self._more = words
        self._repeated = _Repeated(table, self._parts)

    def insert(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Write `rows`, each of which has every column. Raises what the database raises; on
        PostgreSQL the next statement may raise it instead, or COMMIT."""
        self._repeated.run(connection, rows)

    def _parts(self, connection: Connection) -> _Parts:
        columns = self._table.columns
        names = [one.name for one in columns if one is not self._table.autoincrement_column]
        insertion = insert_into(connection, self._table).inline()
        if self._more is not None:
            insertion = self._more(insertion)
        return _parts(names, str(insertion.compile(dialect=connection.dialect, column_keys=names)))


class BulkUpdate:
    """New values of some columns of one table, for the rows that have a value in column `key`."""

    def __init__(self, table: Table, key: str, *changed: str) -> None:
        self._table = table
        self._key = key
        self._changed = changed
        self._repeated = _Repeated(table, self._parts)

    def update(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Write `rows`, each of which has the key, which no other of them has, and all that is
        changed. Raises as `Bulk.insert` does."""
        self._repeated.run(connection, rows)

    def _parts(self, connection: Connection) -> _Parts:
        name, names = self._table.name, (self._key, *self._changed)
        columns = ", ".join(names)
        values = ", ".join(f"{one} = new.{one}" for one in self._changed)
        which = f"{name}.{self._key} = new.{self._key}"
        return _Parts(
            names,
            head=f"WITH new ({columns}) AS (",
            values=f"({', '.join('?' * len(names))})",
            tail=f") UPDATE {name} SET {values} FROM new WHERE {which}",  # noqa: S608 - schema's
        )


class _Statement:
    """What both kinds have in common: words without their values, and the values of rows."""

    def __init__(self, connection: Connection, table: Table, parts: _Parts) -> None:
        self.parts = parts
        self.values_of = itemgetter(*parts.names)
        self.converters = tuple(_converters(table, parts.names, connection.dialect))


class _Values(_Statement):
    """VALUES (…), (…), … with statements for some numbers of rows."""

    def __init__(self, connection: Connection, table: Table, parts: _Parts) -> None:
        super().__init__(connection, table, parts)
        self._texts = {
            step: f"{parts.head}VALUES {', '.join([parts.values] * step)}{parts.tail}"
            for step in _STEPS
        }

    def run(self, connection: Connection, rows: Sequence[_Row]) -> None:
        cursor = connection.connection.cursor()
        done = 0
        for step in _STEPS:
            while len(rows) - done >= step:
                cursor.execute(self._texts[step], self._parameters(rows[done : done + step]))
                done += step
        cursor.close()

    def _parameters(self, rows: Sequence[_Row]) -> list[Any]:
        found: list[Any] = []
        for row in rows:
            values = list(self.values_of(row))
            for place, convert in self.converters:
                values[place] = convert(values[place])
            found += values
        return found


class _Arrays(_Statement):
    """SELECT * FROM unnest(…), with one array for each column."""

    def __init__(self, connection: Connection, table: Table, parts: _Parts) -> None:
        super().__init__(connection, table, parts)
        # The driver of PostgreSQL is not there where only SQLite is used.
        from store.arrays import array_of, kind_of

        self._array_of = array_of
        self._kinds = [kind_of(table.c[name], connection.dialect) for name in parts.names]
        arrays = ", ".join(f"%b::{kind}[]" for kind in self._kinds)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - names of types, from the schema
        self._text = f"{parts.head}{rows}{parts.tail}"

    def run(self, connection: Connection, rows: Sequence[_Row]) -> None:
        columns = [list(column) for column in zip(*map(self.values_of, rows), strict=True)]
        for place, convert in self.converters:
            columns[place] = [convert(value) for value in columns[place]]
        arrays = [
            self._array_of(kind, column) for kind, column in zip(self._kinds, columns, strict=True)
        ]
        enter(connection)
        connection.connection.cursor().execute(self._text, arrays)


def _converters(
    table: Table, names: Sequence[str], dialect: Dialect
) -> Iterator[tuple[int, _Convert]]:
    """Those that are needed, with the places of their columns."""
    for place, name in enumerate(names):
        kind = table.c[name].type.dialect_impl(dialect)
        convert = kind.bind_processor(dialect)
        if convert is not None:
            yield place, convert


def _parts(names: Sequence[str], text: str) -> _Parts:
    """Of an INSERT: up to VALUES, the placeholders of its one row, and what is on a conflict."""
    head, _, rest = text.partition("VALUES ")
    values, word, tail = rest.partition(" ON CONFLICT ")
    return _Parts(names, head, values, word + tail)
