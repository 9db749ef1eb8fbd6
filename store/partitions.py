"""The months of the tables that grow with the mail, on PostgreSQL.

A table with a row or more for each message is partitioned there by its ULID column, which sorts
by time: what is new lies together, an index stays as deep as one month makes it, and a month that
the sweep has emptied is dropped whole instead of being vacuumed. SQLite has no partitions; there
every function here does nothing.

Months are made ahead. What falls into none of them lies in the default partition, where it is
found like everything else; but PostgreSQL will not make a month of which rows lie there already,
so somebody has to hear of it. What is older than the first month (mail that was imported) has a
partition of its own.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, TableClause, column, func, select, table, text

from mail.errors import StoreProblem
from mail.identifier import new_id
from store.database import Database

_log = logging.getLogger("postern.store")

AHEAD = 1
"""Months that are made before they begin."""

SETTLED = 2
"""A month may be dropped when so many have passed since: no late rows come to it any more."""

LOCK_WAIT = "500ms"
"""How long a running server may be held up for the sake of a partition."""

_DEFAULT, _BEFORE = "default", "before"

_TABLES = text(
    "SELECT c.relname, a.attname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]"
    " WHERE p.partstrat = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace)"
    " ORDER BY c.relname"
)
_PARTS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = CAST(:table AS regclass)"
)
_NOW = text("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the calendar, in UTC."""

    year: int
    month: int

    @classmethod
    def named(cls, suffix: str) -> "Month":
        """The month whose partitions have that suffix."""
        year, month = suffix.split("_")
        return cls(int(year), int(month))

    def later(self, months: int) -> "Month":
        """The month so many after this one, or before it where that is negative."""
        number = self.year * 12 + self.month - 1 + months
        return Month(number // 12, number % 12 + 1)

    @property
    def suffix(self) -> str:
        """As it stands in the names of partitions."""
        return f"{self.year:04}_{self.month:02}"

    @property
    def first_id(self) -> str:
        """Greater than every id of an earlier month, and than none of this or a later one."""
        return new_id(datetime(self.year, self.month, 1, tzinfo=UTC))[:10]


@dataclass(frozen=True, slots=True)
class Stray:
    """A table of which rows lie in its default partition, and the oldest of their ids."""

    table: str
    oldest: str


@dataclass(frozen=True, slots=True)
class _Parted:
    """A partitioned table, the column that decides, and the suffixes of its partitions."""

    table: str
    column: str
    suffixes: frozenset[str]

    @property
    def months(self) -> list[Month]:
        """Those that it has, from the first to the last."""
        return sorted(Month.named(suffix) for suffix in self.suffixes - {_DEFAULT, _BEFORE})

    def part(self, suffix: str) -> TableClause:
        """One partition."""
        return table(f"{self.table}_{suffix}", column(self.column))


def make_default(connection: Connection, table: str) -> None:
    """Let a partitioned table take rows before its months are made. For migrations."""
    if connection.dialect.name == "postgresql":
        _run(connection, f'CREATE TABLE "{table}_{_DEFAULT}" PARTITION OF "{table}" DEFAULT')


def keep_months(database: Database) -> int:
    """What the worker does now and then: make the months ahead, drop those that are over and
    empty, and say it loudly where rows have fallen into none. How many were made and dropped.

    Each is a moment in which nobody else may use the table, so who reads for long is not waited
    for: the next time will do. Raises StoreProblem where the store cannot be read.
    """
    strays = find_strays(database)
    with database.read() as connection:
        this = _this_month(connection)
        work = [
            (parted, empty)
            for parted in _tables(connection)
            if (empty := _empty_months(connection, parted, this)) or _missing(parted, this)
        ]
    for stray in strays:
        _log.error(
            "event=rows-outside-months table=%s oldest=%s: a clock was wrong, or nobody made the "
            "months ahead; the rows are safe, docs/operators.md says what to do",
            stray.table,
            stray.oldest,
        )
    return sum(_tend(database, parted, empty, this) for parted, empty in work)


def find_strays(database: Database) -> list[Stray]:
    """The tables of which rows lie in no month. Raises StoreProblem."""
    with database.read() as connection:
        return [found for parted in _tables(connection) if (found := _stray(connection, parted))]


def _stray(connection: Connection, parted: _Parted) -> Stray | None:
    if _DEFAULT not in parted.suffixes:
        return None
    rest = parted.part(_DEFAULT)
    found = connection.execute(select(func.min(rest.c[parted.column]))).scalar()
    return None if found is None else Stray(parted.table, str(found))


def _tables(connection: Connection) -> list[_Parted]:
    if connection.dialect.name != "postgresql":
        return []
    return [
        _Parted(row.relname, row.attname, _suffixes(connection, row.relname))
        for row in connection.execute(_TABLES).all()
    ]


def _suffixes(connection: Connection, table: str) -> frozenset[str]:
    names = connection.execute(_PARTS, {"table": table}).scalars()
    return frozenset(name.removeprefix(f"{table}_") for name in names)


def _this_month(connection: Connection) -> Month:
    if connection.dialect.name != "postgresql":
        return Month(1970, 1)
    return Month.named(connection.execute(_NOW).scalar_one())


def _missing(parted: _Parted, this: Month) -> list[Month]:
    wanted = (this.later(number) for number in range(AHEAD + 1))
    return [month for month in wanted if month.suffix not in parted.suffixes]


def _empty_months(connection: Connection, parted: _Parted, this: Month) -> list[Month]:
    settled = (month for month in parted.months if month < this.later(-SETTLED))
    return [month for month in settled if _is_empty(connection, parted, month)]


def _is_empty(connection: Connection, parted: _Parted, month: Month) -> bool:
    rows = select(parted.part(month.suffix).c[parted.column]).limit(1)
    return connection.execute(rows).first() is None


def _tend(database: Database, parted: _Parted, empty: list[Month], this: Month) -> int:
    """What one table needs, in a transaction of its own that gives up rather than wait."""
    try:
        with database.write() as connection:
            _run(connection, f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            there = _suffixes(connection, parted.table)  # somebody else may have made it since
            number = _make_missing(connection, replace(parted, suffixes=there), this)
            empty = [month for month in empty if month.suffix in there]
            return number + sum(_drop(connection, parted, month) for month in empty)
    except StoreProblem as problem:
        _log.warning("event=months-later table=%s reason=%s", parted.table, problem)
        return 0


def _make_missing(connection: Connection, parted: _Parted, this: Month) -> int:
    if _DEFAULT not in parted.suffixes:
        make_default(connection, parted.table)
    spans = {one.suffix: (one.first_id, one.later(1).first_id) for one in _missing(parted, this)}
    if not parted.suffixes - {_DEFAULT}:
        spans[_BEFORE] = ("", this.first_id)
    free = {suffix: span for suffix, span in spans.items() if _is_free(connection, parted, *span)}
    for suffix, (first, end) in free.items():
        name = f"{parted.table}_{suffix}"
        bounds = f"FROM ('{first}') TO ('{end}')"
        _run(connection, f'CREATE TABLE "{name}" PARTITION OF "{parted.table}" FOR VALUES {bounds}')
        _log.info("event=partition-made name=%s", name)
    return len(free)


def _is_free(connection: Connection, parted: _Parted, first: str, end: str) -> bool:
    """Whether the default partition has no row of that span."""
    if _DEFAULT not in parted.suffixes:
        return True
    key = parted.part(_DEFAULT).c[parted.column]
    rows = select(key).where(key >= first, key < end).limit(1)
    return connection.execute(rows).first() is None


def _drop(connection: Connection, parted: _Parted, month: Month) -> int:
    """Look again once nobody can write to it: a row may have come since."""
    name = f"{parted.table}_{month.suffix}"
    _run(connection, f'LOCK TABLE "{parted.table}" IN ACCESS EXCLUSIVE MODE')
    if not _is_empty(connection, parted, month):
        return 0
    _run(connection, f'ALTER TABLE "{parted.table}" DETACH PARTITION "{name}"')
    _run(connection, f'DROP TABLE "{name}"')
    _log.info("event=partition-dropped name=%s", name)
    return 1


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
