import hashlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from mail.errors import StoreProblem
from mail.raw import RawMessage
from mail.received import StoredMessage
from store import schema
from store.blobs import INLINE_BYTES, keep_file, path_of
from store.database import Database
from store.messages import delete_message, get_message, open_raw
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, pulled, received, spooled

LARGE = b"Subject: large\r\n\r\n" + b"x" * INLINE_BYTES


def uses(database: Database, sha256: str) -> int | None:
    with database.read() as connection:
        query = select(schema.blobs.c.uses).where(schema.blobs.c.sha256 == sha256)
        return connection.execute(query).scalar()


async def save_large(writer: Writer, folder: Path) -> StoredMessage:
    return await writer.save_message(received(spooled(folder, LARGE)))


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES - 1, INLINE_BYTES, INLINE_BYTES + 1])
async def test_bytes_come_back_exactly(database: Database, writer: Writer, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    stored = await writer.save_message(received(content[:size]))
    raw = open_raw(database, stored.id)
    assert raw.read() == content[:size]
    assert (raw.path is not None) is (size > INLINE_BYTES)


async def test_an_altered_file_is_never_served(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    stored = await save_large(writer, tmp_path)
    path = path_of(database.blob_folder, stored.sha256)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"!")
    with pytest.raises(StoreProblem, match=r"was altered: restore it from a backup"):
        open_raw(database, stored.id)
    assert get_message(database, stored.id) is not None  # the rest of it can be seen still


async def test_a_missing_file_is_named(database: Database, writer: Writer, tmp_path: Path) -> None:
    stored = await save_large(writer, tmp_path)
    path = path_of(database.blob_folder, stored.sha256)
    path.unlink()
    with pytest.raises(StoreProblem, match=f"{path} is missing"):
        open_raw(database, stored.id)


async def test_altered_bytes_in_the_database_are_never_served(
    database: Database, writer: Writer
) -> None:
    stored = await writer.save_message(received())
    with sqlite3.connect(database.settings.path) as connection:
        connection.execute(
            "UPDATE blobs SET content = CAST(replace(content, 'body', 'BODY') AS BLOB)"
        )
    connection.close()
    with pytest.raises(StoreProblem, match="altered in the database"):
        open_raw(database, stored.id)


async def test_a_missing_row_is_a_store_problem(database: Database, writer: Writer) -> None:
    stored = await writer.save_message(received())
    with database.write() as connection:
        connection.execute(schema.blobs.delete())
    with pytest.raises(StoreProblem, match="not in the store"):
        open_raw(database, stored.id)


def test_an_unknown_id_has_no_bytes(database: Database) -> None:
    with pytest.raises(StoreProblem, match="No bytes are kept"):
        open_raw(database, "01JD0000000000000000000000")


def test_bytes_that_are_not_what_they_claim_are_not_kept(tmp_path: Path) -> None:
    raw = spooled(tmp_path, LARGE)
    assert raw.path is not None
    raw.path.write_bytes(LARGE + b"!")
    with pytest.raises(StoreProblem, match="changed while they were saved"):
        keep_file(tmp_path / "blobs", raw)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_a_sound_file_is_used_again_and_a_damaged_one_is_replaced(tmp_path: Path) -> None:
    raw = RawMessage.in_memory(LARGE)
    folder = tmp_path / "blobs"
    keep_file(folder, raw)
    path = path_of(folder, raw.sha256)
    first = path.stat().st_ino
    keep_file(folder, raw)
    assert path.stat().st_ino == first
    path.write_bytes(b"damaged")
    keep_file(folder, raw)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == raw.sha256


async def test_equal_bytes_are_kept_once_and_until_the_last_user_is_gone(
    database: Database, writer: Writer
) -> None:
    first = await writer.save_message(pulled(1))
    second = await writer.save_message(pulled(2))
    assert uses(database, first.sha256) == 2
    delete_message(database, first.id, by="li", now=NOON)
    assert open_raw(database, second.id).read() == CONTENT
    delete_message(database, second.id, by="li", now=NOON)
    assert uses(database, first.sha256) is None
