import threading
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_mock_engine

from store import schema
from store.database import Database, StoreSettings, migrate, open_database

_FOLDER = Path(schema.__file__).parent / "migrations"


def test_the_migrations_make_the_tables_of_the_schema(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_programs_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


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
