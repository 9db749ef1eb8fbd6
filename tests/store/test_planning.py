import pytest
from sqlalchemy import text

from store.database import Database
from store.planning import keep_known
from store.writer import Writer
from tests.store.samples import envelope, received

_KNOWN = text(
    "SELECT count(*) FROM pg_stats WHERE tablename = 'messages' AND attname = 'category'"
    " AND inherited"
)


def _vacuum(database: Database) -> None:
    """What autovacuum does with each month."""
    with database.read() as connection:
        months = "SELECT inhrelid::regclass::text FROM pg_inherits"
        tables = connection.exec_driver_sql(months).scalars().all()
    for table in tables:
        with database.write() as connection:
            connection.exec_driver_sql(f"ANALYZE {table}")


async def _save(writer: Writer, number: int) -> None:
    for one in range(number):
        letter = envelope(mail_from=f"a{one}@example.com")
        await writer.save_message(received(letter=letter))


@pytest.mark.postgresql_only
async def test_the_planner_knows_tables_of_many_months_as_a_whole(
    database: Database, writer: Writer
) -> None:
    await _save(writer, 3)
    _vacuum(database)
    with database.read() as connection:
        assert connection.execute(_KNOWN).scalar_one() == 0
    assert keep_known(database) > 3
    with database.read() as connection:
        assert connection.execute(_KNOWN).scalar_one() == 1


@pytest.mark.postgresql_only
async def test_what_has_not_grown_is_not_counted_again(database: Database, writer: Writer) -> None:
    await _save(writer, 3)
    _vacuum(database)
    assert keep_known(database)
    assert keep_known(database) == 0
    await _save(writer, 3)
    _vacuum(database)
    assert keep_known(database)


def test_an_empty_store_has_nothing_to_count(database: Database) -> None:
    assert keep_known(database) == 0
