"""The months of PostgreSQL: what lies where, what is made, and what is dropped."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
    text,
)

from mail.identifier import new_id
from store import schema
from store.columns import Instant
from store.database import Database
from store.messages import MessageFilter, _listing
from store.partitions import AHEAD, Month, find_strays, keep_months

PLENTY = 2000


pytestmark = pytest.mark.postgresql_only


def this_month(database: Database) -> Month:
    with database.read() as connection:
        at: datetime = connection.execute(text("SELECT now()")).scalar_one().astimezone(UTC)
    return Month(at.year, at.month)


def id_in(month: Month, day: int = 5) -> str:
    return new_id(datetime(month.year, month.month, day, tzinfo=UTC))


def parts_of(database: Database, table: str) -> set[str]:
    query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = :t ::regclass")
    with database.read() as connection:
        names = connection.execute(query, {"t": table}).scalars().all()
    return {name.removeprefix(f"{table}_") for name in names}


def lies_in(database: Database, table: str) -> set[str]:
    query = f"SELECT DISTINCT tableoid::regclass::text FROM {table}"
    with database.read() as connection:
        names = connection.exec_driver_sql(query).scalars().all()
    return {name.removeprefix(f"{table}_") for name in names}


def add(database: Database, *ids: str) -> None:
    rows = [{"address": "li@example.org", "transaction_id": one} for one in ids]
    with database.write() as connection:
        connection.execute(insert(schema.transaction_addresses), rows)


def make_month(database: Database, month: Month) -> None:
    """As the worker did when it was due."""
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE transaction_addresses_before")
        connection.exec_driver_sql(
            f"CREATE TABLE transaction_addresses_{month.suffix} PARTITION OF transaction_addresses"
            f" FOR VALUES FROM ('{month.first_id}') TO ('{month.later(1).first_id}')"
        )


@pytest.mark.parametrize(
    ("month", "months", "found"),
    [
        (Month(2026, 11), 2, Month(2027, 1)),
        (Month(2026, 1), -1, Month(2025, 12)),
        (Month(2026, 5), 0, Month(2026, 5)),
    ],
)
def test_months_are_counted_over_the_end_of_the_year(
    month: Month, months: int, found: Month
) -> None:
    assert month.later(months) == found


def test_this_month_and_those_ahead_are_made_for_every_table(database: Database) -> None:
    this = this_month(database)
    wanted = {this.later(number).suffix for number in range(AHEAD + 1)} | {"default", "before"}
    for table in ("transactions", "messages", "message_mailboxes", "digests", "reports"):
        assert parts_of(database, table) == wanted
    assert keep_months(database) == 0


def test_rows_lie_in_their_months_and_older_ones_before_the_first(database: Database) -> None:
    this = this_month(database)
    add(database, id_in(this), id_in(this.later(1)), id_in(Month(2001, 1)))
    assert lies_in(database, "transaction_addresses") == {
        this.suffix,
        this.later(1).suffix,
        "before",
    }
    assert find_strays(database) == []


def test_rows_of_no_month_are_kept_and_said_loudly(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stray = id_in(this_month(database).later(40))
    add(database, stray)
    with caplog.at_level(logging.ERROR, "postern.store"):
        keep_months(database)
    assert "event=rows-outside-months table=transaction_addresses" in caplog.text
    assert stray in caplog.text
    with database.read() as connection:
        table = schema.transaction_addresses
        assert connection.execute(select(table.c.transaction_id)).scalars().all() == [stray]


def test_a_month_that_nobody_made_ahead_is_made_when_it_is_missed(database: Database) -> None:
    this = this_month(database)
    with database.write() as connection:
        connection.exec_driver_sql(f"DROP TABLE transaction_addresses_{this.later(1).suffix}")
    assert keep_months(database) == 1
    assert this.later(1).suffix in parts_of(database, "transaction_addresses")


def test_a_month_of_which_rows_lie_in_the_default_is_left_there(database: Database) -> None:
    this = this_month(database)
    with database.write() as connection:
        connection.exec_driver_sql(f"DROP TABLE transaction_addresses_{this.suffix}")
        connection.exec_driver_sql(f"DROP TABLE transaction_addresses_{this.later(1).suffix}")
    add(database, id_in(this))
    assert keep_months(database) == 1
    assert this.suffix not in parts_of(database, "transaction_addresses")
    assert lies_in(database, "transaction_addresses") == {"default"}


def test_an_empty_month_is_dropped_when_it_is_long_over(database: Database) -> None:
    this = this_month(database)
    make_month(database, this.later(-3))
    assert keep_months(database) == 1
    assert this.later(-3).suffix not in parts_of(database, "transaction_addresses")


def test_a_month_with_a_row_is_not_dropped_nor_is_a_young_one(database: Database) -> None:
    this = this_month(database)
    make_month(database, this.later(-3))
    add(database, id_in(this.later(-3)))
    assert keep_months(database) == 0
    with database.write() as connection:
        connection.execute(delete(schema.transaction_addresses))
    assert keep_months(database) == 1


def test_a_long_reader_is_not_waited_for(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    this = this_month(database)
    make_month(database, this.later(-3))
    with database.read() as reader:
        reader.execute(select(schema.transaction_addresses)).all()
        assert keep_months(database) == 0
    assert "event=months-later table=transaction_addresses" in caplog.text
    assert keep_months(database) == 1


def test_a_message_goes_with_its_rows_in_other_tables(database: Database) -> None:
    """Foreign keys lead from months to months, ON DELETE CASCADE too."""
    identifier = id_in(this_month(database))
    with database.write() as connection:
        fill(connection, [identifier])
        connection.execute(delete(schema.messages))
        left = connection.execute(select(schema.message_mailboxes.c.message_id)).all()
    assert left == []


LISTS = (
    MessageFilter(),
    MessageFilter(mailbox="m"),
    MessageFilter(category="ooo"),
    MessageFilter(mailbox="m", category="ooo"),
    MessageFilter(mailbox="m", unread=True),
    MessageFilter(oldest_first=True),
)


def test_lists_walk_the_months_in_order_and_sort_nothing(database: Database) -> None:
    this = this_month(database)
    ids = [id_in(this.later(number % (AHEAD + 1))) for number in range(PLENTY)]
    with database.write() as connection:
        fill(connection, ids)
    with database.write() as connection:
        for table in ("messages", "message_mailboxes"):
            connection.exec_driver_sql(f"ANALYZE {table}")
    for wanted in LISTS:
        query = _listing(wanted, None).limit(51)
        with database.read() as connection:
            words = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = connection.exec_driver_sql(f"EXPLAIN {words}").scalars().all()
            found = connection.execute(query).all()
        assert len(found) == 51, wanted
        assert not [line for line in plan if "Sort  (" in line], plan
        assert any("Merge Append" in line for line in plan), plan


def fill(connection: Connection, ids: list[str]) -> None:
    """So many messages in the mailbox `m`."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    connection.execute(
        insert(schema.mailboxes).values(id="m", kind="system", name="m", address="m", created_at=at)
    )
    for table in (schema.transactions, schema.messages, schema.message_mailboxes):
        key = "message_id" if "message_id" in table.c and "id" not in table.c else "id"
        columns = {column.name for column in table.columns}
        rows = [
            {
                name: value
                for name, value in (_row(table, at) | {key: one}).items()
                if name in columns
            }
            for one in ids
        ]
        connection.execute(insert(table), rows)


def _row(table: Table, at: datetime) -> dict[str, Any]:
    """Something in every column that must have something."""
    row = {column.name: _value(column, at) for column in table.columns if not column.nullable}
    return row | ({"mailbox_id": "m"} if "mailbox_id" in row else {}) | {"category": "ooo"}


def _value(column: Column[Any], at: datetime) -> Any:
    for kind, value in (
        (Instant, at),
        (JSON, []),
        (Boolean, False),
        (String, ""),
        (LargeBinary, b""),
    ):
        if isinstance(column.type, kind):
            return value
    return 0
