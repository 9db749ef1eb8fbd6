import pytest
from sqlalchemy import select

from store import schema
from store.bulk import Bulk
from store.database import Database
from store.rows import job_row
from tests.store.samples import NOON


def _answers(numbers: range) -> list[dict[str, object]]:
    rest = {"rdtype": "TXT", "status": "ok", "records": ["v=spf1 -all"], "uses": 1}
    return [{"hash": f"{number:064}", "name": f"d{number}.example", **rest} for number in numbers]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 63, 64, 65, 200])
def test_every_row_is_written_once_and_in_order(database: Database, number: int) -> None:
    with database.write() as connection:
        rows = [job_row("digest", f"{one:026}", NOON) for one in range(number)]
        Bulk(schema.outbox).insert(connection, rows)
    with database.read() as connection:
        found = connection.execute(select(schema.outbox).order_by(schema.outbox.c.id)).all()
    assert [row.message_id for row in found] == [f"{one:026}" for one in range(number)]
    assert all(row.created_at == NOON and row.payload is None for row in found)


def test_what_happens_on_a_conflict_holds_for_each_row(database: Database) -> None:
    table = schema.dns_answers
    counted = Bulk(
        table,
        lambda insertion: insertion.on_conflict_do_update(
            index_elements=[table.c.hash],
            set_={"uses": table.c.uses + insertion.excluded.uses},
        ),
    )
    with database.write() as connection:
        counted.insert(connection, _answers(range(7)))
        counted.insert(connection, _answers(range(5, 10)))
    with database.read() as connection:
        found = connection.execute(select(table.c.uses, table.c.records).order_by(table.c.hash))
        assert [(row.uses, row.records) for row in found] == [
            (2 if number in (5, 6) else 1, ["v=spf1 -all"]) for number in range(10)
        ]


def test_a_row_that_lacks_a_column_is_no_row(database: Database) -> None:
    with database.write() as connection, pytest.raises(KeyError):
        Bulk(schema.outbox).insert(connection, [{"kind": "digest"}])
