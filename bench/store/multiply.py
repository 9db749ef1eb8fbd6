"""Many messages out of few: rows copied within the database, each with an id of its own.

A million messages through the store's own functions take the better part of an hour. So a base of
some thousands comes in that way, and its rows are copied: other ids some milliseconds later, other
Message-IDs, another word that only that message has. Bytes, people and their number stay those of
the base; everything that lists, searches, traces and conversations read grows.
"""

import re
import sys
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from mail.identifier import new_id, time_of
from store import schema
from store.database import Database
from store.search.place import place_of

BASE = 20_000
STEP = timedelta(milliseconds=7)

_copies = Table(
    "bench_copies",
    MetaData(),
    Column("old", String(26), primary_key=True),
    Column("new", String(26), nullable=False),
    Column("place", schema.search.c.number.type, nullable=False),
)

_KEYS = {
    schema.transactions: "id",
    schema.reports: "transaction_id",
    schema.transaction_addresses: "transaction_id",
    schema.messages: "id",
    schema.message_mailboxes: "message_id",
    schema.digests: "message_id",
    schema.search: "message_id",
    schema.threads: "message_id",
    schema.thread_keys: "message_id",
    schema.person_messages: "message_id",
    schema.parts: "message_id",
}
"""The tables that grow with the mail, and the column that says whose a row is."""


def multiply(database: Database, times: int) -> None:
    """Make `times` messages of each that is there; goes on where it was interrupted."""
    ids, done = _base(database)
    index = _drop_index(database)
    begun = time.perf_counter()
    for copy in range(done, times):
        with database.write([BASE * 16 * 1024]) as connection:
            _name(connection, ids, copy)
            for table, key in _KEYS.items():
                _copy(connection, table, key, copy)
        rate = (copy - done + 1) * len(ids) / (time.perf_counter() - begun)
        sys.stderr.write(f"{(copy + 1) * len(ids):,} messages: {rate:,.0f} a second\n")
    with database.write() as connection:
        if done < times:
            _count(connection, times, done)
        if index:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text(index))


def _base(database: Database) -> tuple[list[str], int]:
    """The ids of the base, and how often it is there."""
    with database.write() as connection:
        _copies.create(connection, checkfirst=True)
        total = connection.execute(select(func.count()).select_from(schema.digests)).scalar_one()
        ids = list(connection.execute(select(_copies.c.old)).scalars())
        ids = ids or list(connection.execute(select(schema.messages.c.id)).scalars())
    return ids, total // len(ids)


def _name(connection: Connection, ids: list[str], copy: int) -> None:
    """An id for each message's copy."""
    connection.execute(delete(_copies))
    rows = []
    for old in ids:
        new = new_id(time_of(old) + STEP * copy)
        rows.append({"old": old, "new": new, "place": place_of(new)})
    connection.execute(insert(_copies), rows)


def _copy(connection: Connection, table: Table, key: str, copy: int) -> None:
    columns = [column for column in table.columns if column is not table.autoincrement_column]
    first = _copies.alias("first")
    source = table.join(_copies, _copies.c.old == table.c[key])
    if table is schema.threads:
        source = source.join(first, first.c.old == table.c.thread_id)
    values = [_value(column, table, key, copy, first) for column in columns]
    rows = select(*values).select_from(source)
    connection.execute(insert(table).from_select([one.name for one in columns], rows))


def _value(column: Any, table: Table, key: str, copy: int, first: Any) -> Any:
    if column.name == key:
        return _copies.c.new
    if column is schema.threads.c.thread_id:
        return first.c.new
    if column is schema.search.c.number:
        return _copies.c.place
    if column is schema.search.c.words:
        return func.replace(column, "ref000", f"ref{copy:03}")
    if column is schema.transactions.c.message_id:
        return func.replace(column, "<", f"<{copy}.")
    return column


def _count(connection: Connection, times: int, before: int) -> None:
    """The tallies are those of so many times as many messages."""
    grown = schema.tallies.c.number * times / before, schema.tallies.c.octets * times / before
    connection.execute(update(schema.tallies).values(number=grown[0], octets=grown[1]))


def _drop_index(database: Database) -> str:
    """PostgreSQL fills an index of words a hundred times faster all at once; how to make it."""
    with database.write() as connection:
        if connection.dialect.name != "postgresql":
            return ""
        query = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_lexemes'")
        words = connection.execute(query).scalar()
        connection.execute(text("DROP INDEX IF EXISTS ix_search_lexemes"))
    return re.sub(" ON ONLY ", " ON ", words or "")


def unique_word(number: int, total: int) -> str:
    """The word that one message alone has, of `total`."""
    copy, of = divmod(number, min(total, BASE))
    return f"ref{copy:03}{of:05}"


def message_id(number: int, total: int, original: str) -> str:
    """The Message-ID of message `number`, whose original has that one."""
    copy = number // min(total, BASE)
    return original.replace("<", f"<{copy}.") if copy else original
