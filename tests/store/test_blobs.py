import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import select

from mail.errors import StoreProblem
from mail.received import StoredMessage
from store import schema
from store.batch import save_batch
from store.blobs import INLINE_BYTES, ORPHAN_AGE
from store.blobs.coding import ZSTD
from store.blobs.ledger import READER_AGE
from store.blobs.orphans import remove_orphans
from store.blobs.place import key_of
from store.database import Database
from store.messages import delete_message, get_message, open_raw
from store.rows import prepare_message
from store.writer import Writer
from tests.store.objects import files_of, folder_of, ledger_of, object_of, row_of
from tests.store.samples import CONTENT, NOON, pulled, received, spooled

LARGE = b"Subject: large\r\n\r\n" + random.Random(1).randbytes(INLINE_BYTES)
"""Random octets: they are kept as they are."""

TEXT = b"Subject: text\r\n\r\n" + b"All the same again.\r\n" * 50_000


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
    path = object_of(database, stored.sha256)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"!")
    with pytest.raises(StoreProblem, match=r"was altered: restore it from a backup"):
        open_raw(database, stored.id)
    assert get_message(database, stored.id) is not None  # the rest of it can be seen still


async def test_a_missing_file_is_named(database: Database, writer: Writer, tmp_path: Path) -> None:
    stored = await save_large(writer, tmp_path)
    path = object_of(database, stored.sha256)
    path.unlink()
    with pytest.raises(StoreProblem, match=f"{path} is missing"):
        open_raw(database, stored.id)


async def test_altered_bytes_in_the_database_are_never_served(
    database: Database, writer: Writer
) -> None:
    stored = await writer.save_message(received())
    with database.write() as connection:
        connection.execute(schema.blobs.update().values(content=CONTENT.replace(b"body", b"BODY")))
    with pytest.raises(StoreProblem, match="altered in the database"):
        open_raw(database, stored.id)


async def test_a_broken_frame_and_a_bomb_are_altered_bytes(
    database: Database, writer: Writer
) -> None:
    stored = await writer.save_message(received(TEXT[:20_000]))
    bomb = zstandard.compress(b"0" * 50_000_000)
    for content in (b"no frame at all", bomb):
        with database.write() as connection:
            connection.execute(schema.blobs.update().values(content=content, coding=ZSTD))
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


async def test_bytes_that_are_not_what_they_claim_are_not_kept(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    raw = spooled(tmp_path, LARGE)
    for content in (LARGE + b"!", LARGE[:-1], LARGE.replace(b"large", b"other")):
        assert raw.path is not None
        raw.path.write_bytes(content)
        with pytest.raises(StoreProblem, match="changed while they were saved"):
            await writer.save_message(received(raw))
    assert files_of(database) == []


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
async def test_equal_bytes_that_come_again_mend_what_was_damaged(
    database: Database, writer: Writer, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    """What is acknowledged never rests on a file that somebody else made."""
    first = await writer.save_message(pulled(1, content=LARGE))
    before = object_of(database, first.sha256)
    harm(before)
    second = await writer.save_message(pulled(2, content=LARGE))
    assert object_of(database, first.sha256) != before
    assert open_raw(database, first.id).read() == open_raw(database, second.id).read() == LARGE
    assert ledger_of(database) == {before.name: "doomed"}


async def test_what_gains_is_compressed_and_what_does_not_is_kept_as_it_is(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    small = await writer.save_message(received(TEXT[:10_000]))
    tiny = await writer.save_message(received(b"\r\n"))
    text = await writer.save_message(received(spooled(tmp_path, TEXT)))
    noise = await save_large(writer, tmp_path)
    codings = {one.sha256: row_of(database, one.sha256)["coding"] for one in (small, text, noise)}
    assert codings == {small.sha256: ZSTD, text.sha256: ZSTD, noise.sha256: "identity"}
    assert row_of(database, tiny.sha256)["content"] == b"\r\n"
    assert object_of(database, text.sha256).stat().st_size < len(TEXT) // 10
    assert open_raw(database, small.id).read() == TEXT[:10_000]
    assert b"".join(open_raw(database, text.id).blocks()) == TEXT
    with open_raw(database, text.id).buffer() as view:
        assert bytes(view) == TEXT


async def test_the_copy_of_a_compressed_message_is_gone_with_the_message(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    text = await writer.save_message(received(spooled(tmp_path, TEXT)))
    raw = open_raw(database, text.id)
    blocks = raw.blocks()
    path = raw.path
    assert path is not None
    del raw
    assert sum(map(len, blocks)) == len(TEXT)  # whoever reads it still has it
    del blocks
    assert not path.exists()
    assert list((database.settings.data_dir / "spool").iterdir()) == []


async def test_a_message_that_is_not_kept_leaves_its_object_to_the_sweep(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    first = await save_large(writer, tmp_path)
    again = await writer.save_message(received(spooled(tmp_path, LARGE)))
    assert again.duplicate_of == first.id
    assert len(files_of(database)) == 2
    assert list(ledger_of(database).values()) == ["doomed"]
    later = NOON + 2 * READER_AGE
    assert remove_orphans(database, later) == 0  # its time begins when it is seen
    assert remove_orphans(database, later + READER_AGE) == 1
    assert files_of(database) == [object_of(database, first.sha256)]
    assert ledger_of(database) == {}


async def test_an_upload_that_was_given_up_is_no_ground_for_an_acknowledgement(
    database: Database, tmp_path: Path
) -> None:
    """A process that was stopped between its upload and its commit for longer than a day."""
    item = prepare_message(received(spooled(tmp_path, LARGE)))
    assert item.raw is not None
    item = replace(item, kept=database.blobs.keep(item.raw, NOON))
    assert remove_orphans(database, NOON + ORPHAN_AGE) == 0
    assert list(ledger_of(database).values()) == ["pending"]
    remove_orphans(database, NOON + 2 * ORPHAN_AGE)
    with (
        pytest.raises(StoreProblem, match="it was given up: "),
        database.write_beside() as connection,
    ):
        save_batch(connection, [item], NOON)
    assert remove_orphans(database, NOON + 3 * ORPHAN_AGE) == 1
    assert files_of(database) == []
    with pytest.raises(StoreProblem, match="No bytes are kept"):
        open_raw(database, item.envelope.id)


async def test_a_file_from_before_objects_had_names_is_read_and_let_go(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    stored = await save_large(writer, tmp_path)
    path = object_of(database, stored.sha256)
    with database.write() as connection:
        connection.execute(schema.blobs.update().values(object=None))
    path.rename(path.with_name(stored.sha256))
    assert open_raw(database, stored.id).read() == LARGE
    os.utime(path.with_name(stored.sha256), (0, 0))
    assert remove_orphans(database, NOON) == 0
    delete_message(database, stored.id, by="li", now=NOON)
    assert ledger_of(database) == {stored.sha256: "doomed"}
    remove_orphans(database, NOON)
    assert remove_orphans(database, NOON + READER_AGE) == 1
    assert files_of(database) == []


async def test_a_failure_to_remove_one_does_not_hold_up_the_others(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    names = []
    for number in range(3):
        stored = await writer.save_message(received(spooled(tmp_path, LARGE + b"%d" % number)))
        path = object_of(database, stored.sha256)
        names.append(path.name)
        delete_message(database, stored.id, by="li", now=NOON)
    remove_orphans(database, NOON)
    first = min(names)
    stuck = folder_of(database) / key_of(first)
    stuck.unlink()
    stuck.mkdir()  # cannot be unlinked
    assert remove_orphans(database, NOON + READER_AGE) == 0
    assert remove_orphans(database, NOON + READER_AGE) == 2
    assert ledger_of(database) == {first: "doomed"}


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
