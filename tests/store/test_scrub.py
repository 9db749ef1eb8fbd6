from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from store import schema
from store.blobs.place import key_of
from store.blobs.scrub import (
    PAUSE,
    PERIOD,
    SLICES,
    Soundness,
    look_through,
    scrub,
    slice_at,
    strays,
    take_slice,
)
from store.database import Database
from store.writer import Writer
from tests.store.objects import folder_of, object_of
from tests.store.samples import NOON, pulled, received, spooled

LARGE = b"\r\n" + b"0123456789" * 40_000


async def test_everything_lies_in_one_slice(database: Database, writer: Writer) -> None:
    saved = [await writer.save_message(received(b"%d\r\n" % number)) for number in range(20)]
    everything = [one.sha256 for one in look_through(database)]
    assert everything == sorted(one.sha256 for one in saved)
    slices = Counter(slice_of(sha256) for sha256 in everything)
    for number, count in slices.items():
        assert scrub(database, number) == {Soundness.SOUND: count}
    for number in {0, SLICES - 1} - set(slices):
        assert scrub(database, number) == {}


def slice_of(sha256: str) -> int:
    """The slice that a hash lies in."""
    return int(sha256[:8], 16) * SLICES >> 32


def test_slices_follow_the_clock_and_come_again_after_a_month() -> None:
    assert slice_at(NOON + PAUSE) == (slice_at(NOON) + 1) % SLICES
    assert slice_at(NOON + PERIOD) == slice_at(NOON)
    assert {slice_at(NOON + number * PAUSE) for number in range(SLICES)} == set(range(SLICES))


def test_one_of_many_nodes_takes_a_slice(database: Database) -> None:
    assert take_slice(database, 7)
    assert not take_slice(database, 7)
    assert take_slice(database, 8)


async def test_what_is_missing_or_altered_is_found_and_named(
    database: Database, writer: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = await writer.save_message(received(b"sound\r\n"))
    missing = await writer.save_message(received(spooled(tmp_path, LARGE + b"1")))
    altered = await writer.save_message(received(spooled(tmp_path, LARGE + b"2")))
    inline = await writer.save_message(received(b"inline\r\n"))
    object_of(database, missing.sha256).unlink()
    object_of(database, altered.sha256).write_bytes(b"something else")
    with database.write() as connection:
        mine = schema.blobs.c.sha256 == inline.sha256
        connection.execute(schema.blobs.update().where(mine).values(content=b"outline\r\n"))
    found = {one.sha256: one for one in look_through(database)}
    assert {sha256: one.soundness for sha256, one in found.items()} == {
        sound.sha256: Soundness.SOUND,
        missing.sha256: Soundness.MISSING,
        altered.sha256: Soundness.ALTERED,
        inline.sha256: Soundness.ALTERED,
    }
    assert "is missing: restore it from a backup" in found[missing.sha256].problem
    assert scrub(database, slice_of(missing.sha256))[Soundness.MISSING] == 1
    assert f"event=bytes-missing sha256={missing.sha256}" in caplog.text


async def test_what_belongs_to_no_message_is_told(database: Database, writer: Writer) -> None:
    await writer.save_message(pulled(1, content=LARGE))
    stray = folder_of(database) / key_of("f" * 64)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    later = NOON + timedelta(days=10_000)
    assert list(strays(database, later)) == [f"The file {stray}"]
