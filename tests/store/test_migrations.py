import re
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_mock_engine,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

from store import schema
from store.database import Database, StoreSettings, migrate, open_database
from store.partitions import keep_months
from store.search_schema import INDEX, LEXEMES, NUMBERS

_FOLDER = Path(schema.__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def _revisions() -> list[str]:
    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]


def test_the_migrations_make_the_tables_of_the_schema(database: Database) -> None:
    with database.read() as connection:
        opts = {
            "compare_type": True,
            "include_name": _is_described,
            "include_object": _is_no_reference_to_a_partition,
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, schema.metadata) == []


def _is_described(name: str | None, kind: str, parents: Any) -> bool:
    """The indexes that searches ask are the databases' own and stand in no schema; partitions
    are as their table is."""
    return not _is_of_the_index(name or "") and _PARTITION.search(name or "") is None


def _is_no_reference_to_a_partition(found: Any, name: str | None, kind: str, *_: Any) -> bool:
    """A reference to a partitioned table is one to each of its partitions too."""
    if kind != "foreign_key_constraint":
        return True
    return all(
        _PARTITION.search(one.target_fullname.split(".")[0]) is None for one in found.elements
    )


_PARTITION = re.compile(r"_(default|before|\d{4}_\d{2})$")


def _is_of_the_index(name: str) -> bool:
    return name.startswith(INDEX) or name in (LEXEMES, NUMBERS)


def test_the_programs_revision_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(_config()).get_heads() == [schema.REVISION]


@pytest.mark.parametrize("revision", _revisions())
def test_a_store_of_every_revision_keeps_its_rows_through_the_migration(
    settings: StoreSettings, revision: str
) -> None:
    _make_store_of(settings, revision)
    older = Database(settings)
    with older.write() as connection:
        before = {table.name: _fill(connection, table) for table in _tables(connection)}
    older.close()
    migrate(settings)
    newest = open_database(settings)
    with newest.read() as connection:
        after = {table.name: table for table in _tables(connection)}
        for name, row in before.items():
            kept = {key: value for key, value in row.items() if (name, key) not in _DROPPED}
            found = connection.execute(select(*(after[name].c[key] for key in kept))).mappings()
            assert [dict(one) for one in found] == [kept], name
        if settings.is_embedded:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    newest.close()


_DROPPED = {("digests", "search")}
"""What became a table of its own, filled anew."""


def _make_store_of(settings: StoreSettings, revision: str) -> None:
    settings.data_dir.mkdir(exist_ok=True)
    database, config = Database(settings), _config()
    database.prepare()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    keep_months(database)
    database.close()


def _tables(connection: Connection) -> list[Table]:
    """The tables as the database has them, not as the program thinks."""
    found = MetaData()
    found.reflect(connection)
    return [
        table
        for table in found.sorted_tables
        if table.name != "alembic_version" and _is_described(table.name, "table", {})
    ]


def _fill(connection: Connection, table: Table) -> dict[str, Any]:
    """One row with something in every column; equal keys everywhere, so that references hold."""
    row = {column.name: _something(column.type) for column in table.columns}
    connection.execute(insert(table).values(row))
    return row


def _something(kind: TypeEngine[Any]) -> Any:
    if isinstance(kind, JSON):
        return {"one": 1}
    if isinstance(kind, LargeBinary):
        return b"1"
    if isinstance(kind, Boolean):
        return True
    return "1" if isinstance(kind, String) else 1


@pytest.mark.sqlite_only
def test_tables_without_rowid_are_made_so(database: Database) -> None:
    """Alembic does not compare this; the narrow tables count on it."""
    wanted = {
        table.name
        for table in schema.metadata.sorted_tables
        if table.dialect_options["sqlite"]["with_rowid"] is False
    }
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master").all()
    found = {name for name, sql in rows if sql and "WITHOUT ROWID" in sql}
    found = {name for name in found if not _is_of_the_index(name)}
    assert found == wanted


def test_two_that_migrate_at_once_do_not_meet(settings: StoreSettings) -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(settings)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    open_database(settings).close()


def test_the_tables_can_be_made_on_postgresql() -> None:
    """Nothing in the schema is SQLite's alone; this says so long before a server is there."""
    made: list[str] = []

    def note(statement: Any, *_: object) -> None:
        made.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql://", note)
    schema.metadata.create_all(engine, checkfirst=False)
    text = "\n".join(made)
    assert text.count("CREATE TABLE") == len(schema.metadata.tables)
    assert "WITHOUT ROWID" not in text
    assert "WHERE held IS true" in text
