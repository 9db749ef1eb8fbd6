"""What a backup of a store on PostgreSQL is: the files, and how the database is copied."""

from pathlib import Path

import pytest

from cli.moving.progress import Progress
from store.backups.check import find_damage
from store.backups.make import Wishes, make_backup
from store.database import Database
from store.domains import DomainRow
from store.postgres_url import without_password
from store.writer import Writer
from tests.fakes import FixedClock
from tests.store.samples import envelope, received
from tests.store.test_backups import LARGE

pytestmark = pytest.mark.postgresql_only


async def test_large_messages_are_saved_and_the_database_is_left_to_its_own_tools(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path
) -> None:
    for content in LARGE:
        letter = envelope(mailboxes=[domain.mailbox])
        await writer.save_message(received(content, letter=letter))
    target, tell = tmp_path / "backups", Progress("backup").tell
    made = make_backup(database, target, Wishes(), FixedClock(), tell)
    assert (made.manifest.engine, made.manifest.database) == ("postgresql", None)
    assert made.manifest.objects == 2
    assert list(find_damage(made.folder, tell)) == []


def test_the_lines_to_copy_have_no_password() -> None:
    for url in (
        "postgresql://postern:s3cret@db1:5432,db2:5433/mail?sslmode=require",
        "postgresql+psycopg://postern:s3cret@db1/mail?host=db1:5432&host=db2:5433",
    ):
        shown = without_password(url)
        assert "s3cret" not in shown
        assert all(word in shown for word in ("db1,db2", "5432,5433", "dbname=mail", "postern"))
