import logging
import resource
import shutil
import sqlite3
from pathlib import Path

import pytest

from mail.errors import StoreProblem
from store import schema
from store.database import Database, StoreSettings, migrate, open_database
from store.sqlite import CHECKPOINT_BYTES

pytestmark = pytest.mark.sqlite_only


def test_a_new_store_is_made_with_its_folders(settings: StoreSettings) -> None:
    migrate(settings)
    open_database(settings).close()
    assert settings.path == settings.data_dir / "postern.db"
    assert settings.path.stat().st_mode & 0o777 == 0o600


def test_migrating_again_changes_nothing(settings: StoreSettings) -> None:
    migrate(settings)
    before = _schema_of(settings.path)
    migrate(settings)
    assert _schema_of(settings.path) == before


def test_every_commit_is_synced_to_a_write_ahead_log(database: Database) -> None:
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 0


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(schema.settings.insert().values(name="x", value=1))
        raise RuntimeError
    with database.read() as connection:
        assert connection.execute(schema.settings.select()).all() == []


def test_a_store_that_was_moved_away_takes_nothing_more(database: Database) -> None:
    path = settings_path(database)
    path.rename(path.with_name("elsewhere.db"))
    for attempt in (database.read, database.write):
        with pytest.raises(StoreProblem, match="is gone"), attempt():
            raise AssertionError("nobody would find what is written here")
    path.with_name("elsewhere.db").rename(path)
    with database.write():
        pass


def test_a_store_that_another_took_the_place_of_takes_nothing_more(
    database: Database, template: Path
) -> None:
    path = settings_path(database)
    path.rename(path.with_name("elsewhere.db"))
    shutil.copyfile(template, path)
    for attempt in (database.read, database.write):
        with pytest.raises(StoreProblem, match="was replaced by another"), attempt():
            raise AssertionError("it would be acknowledged and lost")


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert reader.execute(schema.settings.select()).all() == []
        with database.write() as writer:
            writer.execute(schema.settings.insert().values(name="x", value=1))
        assert reader.execute(schema.settings.select()).all() == []
    with database.read() as reader:
        assert len(reader.execute(schema.settings.select()).all()) == 1


def test_the_log_stays_small_under_many_writes(database: Database) -> None:
    for number in range(400):
        with database.write([100_000]) as connection:
            row = {"name": f"n{number}", "value": "x" * 100_000}
            connection.execute(schema.settings.insert().values(row))
    log = settings_path(database).with_name("postern.db-wal")
    assert log.stat().st_size < 16 * 1024 * 1024  # 40 MB were written


def settings_path(database: Database) -> Path:
    return database.settings.path


def test_a_store_that_is_not_there_says_how_to_make_it(settings: StoreSettings) -> None:
    with pytest.raises(StoreProblem, match="run `postern migrate`"):
        open_database(settings)
    assert not settings.path.exists()


def test_an_empty_file_is_a_store_to_migrate(settings: StoreSettings) -> None:
    settings.data_dir.mkdir()
    settings.path.touch()
    with pytest.raises(StoreProblem, match="run `postern migrate`"):
        open_database(settings)
    migrate(settings)
    open_database(settings).close()


def test_a_newer_schema_is_refused_and_left_alone(settings: StoreSettings) -> None:
    migrate(settings)
    with sqlite3.connect(settings.path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for opening in (open_database, migrate):
        with pytest.raises(StoreProblem, match="newer schema 9999") as caught:
            opening(settings)
        assert "\n" not in str(caught.value)
    with sqlite3.connect(settings.path) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert found == [("9999",)]


@pytest.mark.parametrize("opening", [open_database, migrate])
def test_a_file_that_is_no_database_is_named(settings: StoreSettings, opening: object) -> None:
    settings.data_dir.mkdir()
    settings.path.write_bytes(b"From: somebody\r\n" * 1000)
    with pytest.raises(StoreProblem, match="is not a database of Postern"):
        opening(settings)  # type: ignore[operator]
    assert settings.path.read_bytes() == b"From: somebody\r\n" * 1000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreProblem, match=r"cannot be made.*Not a directory"):
        migrate(StoreSettings("", tmp_path / "file" / "data"))


def test_a_store_whose_folder_vanished_says_so(database: Database) -> None:
    folder = database.settings.data_dir
    database.close()
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(StoreProblem, match="check that its folder is there"), database.write():
        pass


def test_a_url_names_another_file(tmp_path: Path) -> None:
    settings = StoreSettings(f"sqlite:///{tmp_path}/sub/mail.db", tmp_path / "data")
    migrate(settings)
    open_database(settings).close()
    assert (tmp_path / "sub" / "mail.db").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://db/postern", "is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("rubbish", "not a URL"),
    ],
)
def test_an_unusable_url_is_refused(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(StoreProblem, match=words):
        migrate(StoreSettings(url, tmp_path))


def _schema_of(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    finally:
        connection.close()


async def test_a_checkpoint_that_fails_undoes_no_commit(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The file cannot grow, the log still can: what was committed must not be called lost."""
    for number in range(4):
        _put(database, f"n{number}", 1_000_000, CHECKPOINT_BYTES)
    size = settings_path(database).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with caplog.at_level(logging.WARNING):
            _put(database, "last", 200_000, CHECKPOINT_BYTES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "checkpoint-failed" in caplog.text
    _put(database, "after", 10, CHECKPOINT_BYTES)
    with database.read() as connection:
        query = schema.settings.select().order_by(schema.settings.c.name)
        assert [row.name for row in connection.execute(query)] == ["after", "last", *_NAMES]


_NAMES = [f"n{number}" for number in range(4)]


def _put(database: Database, name: str, size: int, volume: int) -> None:
    with database.write([volume]) as connection:
        connection.execute(schema.settings.insert().values(name=name, value="x" * size))
