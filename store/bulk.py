"""INSERT of many rows in one step of the database.

The driver runs an `executemany` row by row, and between two rows it takes back the interpreter's
lock, which the event loop holds nearly always while mail comes in: waiting for it took longer
than writing. One statement with the values of many rows asks for it once. SQLAlchemy makes the
words of the statement and the converters of its values, once for each database; only their
repetition is ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from store.upsert import insert_into

_Row = Mapping[str, Any]
_Words = Callable[[Any], Any]
_Convert = Callable[[Any], Any]

_STEPS = (64, 32, 16, 8, 7, 6, 5, 4, 3, 2, 1)
"""Numbers of rows for which there is a statement: few enough for the driver to keep them all
(`store.sqlite.STATEMENTS`)."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`head` ends with VALUES, `values` is one row of placeholders, `tail` what follows them."""

    head: str
    values: str
    tail: str
    values_of: Callable[[_Row], tuple[Any, ...]]
    converters: tuple[tuple[int, _Convert], ...]

    def text(self, rows: int) -> str:
        return self.head + ", ".join([self.values] * rows) + self.tail

    def parameters(self, rows: Sequence[_Row]) -> list[Any]:
        found: list[Any] = []
        for row in rows:
            values = list(self.values_of(row))
            for place, convert in self.converters:
                values[place] = convert(values[place])
            found += values
        return found


class Bulk:
    """The insertion into one table: all of its columns but one that counts up by itself.

    `words` may add what happens on a conflict. No two rows of one call may conflict with each
    other: PostgreSQL refuses that.
    """

    def __init__(self, table: Table, words: _Words | None = None) -> None:
        self._table = table  # of two columns at least: see itemgetter
        self._words = words
        self._columns = [
            column.name for column in table.columns if column is not table.autoincrement_column
        ]
        self._known: dict[str, tuple[_Compiled, dict[int, str]]] = {}

    def insert(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Write `rows`, each of which has every column. Raises what the database raises."""
        if not rows:
            return
        compiled, texts = self._compiled(connection)
        cursor = connection.connection.cursor()
        done = 0
        for step in _STEPS:
            while len(rows) - done >= step:
                cursor.execute(texts[step], compiled.parameters(rows[done : done + step]))
                done += step
        cursor.close()

    def _compiled(self, connection: Connection) -> tuple[_Compiled, dict[int, str]]:
        name = connection.dialect.name
        if name not in self._known:
            compiled = self._compile(connection)
            self._known[name] = compiled, {step: compiled.text(step) for step in _STEPS}
        return self._known[name]

    def _compile(self, connection: Connection) -> _Compiled:
        insertion = insert_into(connection, self._table)
        if self._words is not None:
            insertion = self._words(insertion)
        text = str(insertion.compile(dialect=connection.dialect, column_keys=self._columns))
        head, values, tail = _parts(text)
        converters = tuple(self._converters(connection.dialect))
        return _Compiled(head, values, tail, itemgetter(*self._columns), converters)

    def _converters(self, dialect: Dialect) -> Iterator[tuple[int, _Convert]]:
        """Those that are needed, with the places of their columns."""
        for place, name in enumerate(self._columns):
            kind = self._table.c[name].type.dialect_impl(dialect)
            convert = kind.bind_processor(dialect)
            if convert is not None:
                yield place, convert


def _parts(text: str) -> tuple[str, str, str]:
    """Of an INSERT: up to VALUES, the placeholders of its one row, and the rest."""
    head, word, rest = text.partition(" VALUES ")
    end = rest.index(")") + 1
    return head + word, rest[:end], rest[end:]
