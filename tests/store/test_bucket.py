"""Large messages in a real S3 server, and what a network and a server may do to us."""

import gc
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from mail.errors import StoreFull, StoreProblem
from mail.received import ReceivedMessage
from store import schema
from store.blobs import ORPHAN_AGE
from store.blobs.bucket import PART_BYTES, TRIES, Bucket, BucketSettings
from store.blobs.ledger import READER_AGE
from store.blobs.orphans import remove_orphans
from store.database import Database
from store.messages import delete_message, get_message, open_raw
from store.writer import Writer
from tests.s3 import (
    Fault,
    ObjectServer,
    Proxy,
    alters,
    answers,
    does_it_twice,
    hangs_up,
    ignores_the_condition,
    loses_the_answer,
    proxied,
    sends_half,
    serving,
    stores_half,
    waits,
)
from tests.services import free_port
from tests.store.objects import files_of, ledger_of, row_of
from tests.store.samples import CONTENT, NOON, pulled, received, spooled

NOISE = b"Subject: large\r\n\r\n" + os.urandom(300_000)
TEXT = b"Subject: text\r\n\r\n" + b"All the same again.\r\n" * 50_000


@pytest.fixture(scope="module")
def object_server() -> Iterator[ObjectServer]:
    with serving() as found:
        yield found


@pytest.fixture
def proxy(object_server: ObjectServer) -> Iterator[Proxy]:
    with proxied(object_server, Proxy) as found:
        yield found


@pytest.fixture
def bucket(object_server: ObjectServer) -> BucketSettings:
    return object_server.bucket()


@pytest.fixture
def far(database: Database, bucket: BucketSettings, proxy: Proxy) -> Iterator[Database]:
    """The store of the test with its large messages behind the proxy."""
    opened = Database(replace(database.settings, blobs=proxy.through(bucket)))
    yield opened
    opened.close()


@pytest.fixture
def mover(far: Database) -> Iterator[Writer]:
    """A writer of that store."""
    running = Writer(far, lambda: NOON, patience=60)
    running.start()
    yield running
    running.close()


def objects_of(bucket: BucketSettings) -> list[str]:
    """The names of all objects."""
    return sorted(Bucket(bucket).names(NOON.replace(year=2100)))


def transactions(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(schema.transactions.c.id)).all())


def large(folder: Path, content: bytes = NOISE) -> ReceivedMessage:
    return received(spooled(folder, content))


async def test_large_messages_are_objects_and_small_ones_are_not(
    far: Database, mover: Writer, bucket: BucketSettings, tmp_path: Path
) -> None:
    small = await mover.save_message(received())
    noise = await mover.save_message(large(tmp_path))
    text = await mover.save_message(large(tmp_path, TEXT))
    assert open_raw(far, small.id).read() == CONTENT
    assert open_raw(far, noise.id).read() == NOISE
    assert b"".join(open_raw(far, text.id).blocks()) == TEXT
    names = [str(row_of(far, one.sha256)["object"]) for one in (noise, text)]
    assert objects_of(bucket) == sorted(names)
    assert files_of(far) == []
    assert ledger_of(far) == {}
    gc.collect()
    assert list((far.settings.data_dir / "spool").iterdir()) == []


async def test_a_very_large_message_goes_in_parts(
    far: Database, mover: Writer, proxy: Proxy, tmp_path: Path
) -> None:
    content = b"\r\n" + os.urandom(2 * PART_BYTES)
    stored = await mover.save_message(large(tmp_path, content))
    assert max(len(one.body) for one in proxy.asked) <= PART_BYTES
    assert open_raw(far, stored.id).read() == content


async def test_the_log_is_read_without_the_object_store(
    far: Database, mover: Writer, proxy: Proxy, tmp_path: Path
) -> None:
    stored = await mover.save_message(large(tmp_path))
    proxy.asked.clear()
    detail = get_message(far, stored.id)
    assert detail is not None
    assert detail.transaction.header_block == b"Subject: large\r\n"
    delete_message(far, stored.id, by="li", now=NOON)
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([("any", answers(403, "AccessDenied"))], "allow this key to get, put, delete"),
        ([("any", answers(403, "InvalidAccessKeyId"))], "check store.s3_access_key"),
        ([("any", answers(403, "RequestTimeTooSkewed"))], "set the clock of this machine"),
        ([("any", answers(404, "NoSuchBucket"))], "make the bucket, or mend store.blobs"),
        ([("any", answers(500, "InternalError"))], "is overloaded or out of order"),
        ([("any", answers(503))], "is overloaded or out of order"),
        ([("any", hangs_up)], "stopped in the middle of its answer"),
        ([("PUT", stores_half)], "octets of the .* that were sent"),
        ([("HEAD", answers(404))], "has 0 octets of the .* that were sent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_not_stored_is_not_acknowledged(
    far: Database,
    mover: Writer,
    proxy: Proxy,
    tmp_path: Path,
    faults: list[tuple[str, Fault]],
    words: str,
) -> None:
    proxy.faults, proxy.stays = faults, True
    with pytest.raises(StoreProblem, match=words) as problem:
        await mover.save_message(large(tmp_path))
    assert "not so secret" not in str(problem.value)
    assert transactions(far) == 0
    assert list(ledger_of(far).values()) == ["pending"]
    assert len(proxy.asked) <= TRIES + 1
    small = await mover.save_message(received())  # this one needs no object store
    proxy.faults = []
    stored = await mover.save_message(large(tmp_path))
    assert open_raw(far, stored.id).read() == NOISE
    assert open_raw(far, small.id).read() == CONTENT


async def test_a_full_object_store_is_told_as_full(
    far: Database, mover: Writer, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.faults = [("PUT", answers(403, "QuotaExceeded"))]
    with pytest.raises(StoreFull, match="make room there"):
        await mover.save_message(large(tmp_path))


@pytest.mark.parametrize(
    "faults",
    [
        [("PUT", answers(500, "InternalError")), ("PUT", answers(503, "SlowDown"))],
        [("PUT", loses_the_answer)],
        [("PUT", does_it_twice)],
        [("PUT", hangs_up)],
        [("HEAD", answers(500)), ("HEAD", hangs_up)],
        [("PUT", waits(0.5))],
    ],
    ids=["500", "answer lost", "twice", "hung up", "no answer to what is there", "slow"],
)
async def test_what_passes_is_borne_and_nothing_is_there_twice(
    far: Database,
    mover: Writer,
    proxy: Proxy,
    bucket: BucketSettings,
    tmp_path: Path,
    faults: list[tuple[str, Fault]],
) -> None:
    proxy.faults = faults
    stored = await mover.save_message(large(tmp_path))
    assert proxy.faults == []
    assert open_raw(far, stored.id).read() == NOISE
    assert objects_of(bucket) == [row_of(far, stored.sha256)["object"]]
    assert ledger_of(far) == {}


async def test_a_server_that_does_not_answer_in_time_defers(
    database: Database, bucket: BucketSettings, proxy: Proxy, tmp_path: Path
) -> None:
    impatient = replace(proxy.through(bucket), timeout=0.5)
    slow = Database(replace(database.settings, blobs=impatient))
    writer = Writer(slow, lambda: NOON)
    writer.start()
    proxy.faults, proxy.stays = [("PUT", waits(5))], True
    with pytest.raises(StoreProblem, match="does not answer in time"):
        await writer.save_message(large(tmp_path))
    assert transactions(slow) == 0
    writer.close()
    slow.close()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (sends_half, "stopped in the middle of its answer"),
        (alters, "was altered: restore it from a backup"),
        (answers(404, "NoSuchKey"), "is missing: restore it from a backup"),
        (answers(500), "is overloaded or out of order"),
    ],
    ids=["half", "altered", "missing", "500"],
)
@pytest.mark.parametrize("content", [NOISE, TEXT], ids=["as it is", "compressed"])
async def test_what_is_not_right_is_never_read_as_if_it_were(
    far: Database,
    mover: Writer,
    proxy: Proxy,
    tmp_path: Path,
    content: bytes,
    fault: Fault,
    words: str,
) -> None:
    stored = await mover.save_message(large(tmp_path, content))
    proxy.faults, proxy.stays = [("GET", fault)], True
    with pytest.raises(StoreProblem, match=words):
        open_raw(far, stored.id)
    proxy.faults = []
    assert open_raw(far, stored.id).read() == content


async def test_objects_that_nobody_names_are_removed_in_time(
    far: Database, mover: Writer, proxy: Proxy, bucket: BucketSettings, tmp_path: Path
) -> None:
    kept = await mover.save_message(pulled(1, content=NOISE))
    await mover.save_message(pulled(2, content=NOISE))  # rests on its own upload from now on
    proxy.faults = [("HEAD", answers(403, "AccessDenied"))]
    with pytest.raises(StoreProblem):
        await mover.save_message(large(tmp_path, TEXT))
    assert len(objects_of(bucket)) == 3
    assert remove_orphans(far, NOON + READER_AGE) == 0
    assert remove_orphans(far, NOON + 2 * READER_AGE) == 1
    assert remove_orphans(far, NOON + 2 * ORPHAN_AGE) == 0
    proxy.faults = [("any", answers(503))]
    proxy.stays = True
    assert remove_orphans(far, NOON + 3 * ORPHAN_AGE) == 0
    assert list(ledger_of(far).values()) == ["doomed"]
    proxy.faults = []
    assert remove_orphans(far, NOON + 4 * ORPHAN_AGE) == 1
    assert objects_of(bucket) == [row_of(far, kept.sha256)["object"]]
    assert open_raw(far, kept.id).read() == NOISE


async def test_files_from_before_there_was_a_bucket_are_read_and_removed(
    database: Database, far: Database, writer: Writer, tmp_path: Path
) -> None:
    stored = await writer.save_message(large(tmp_path))
    assert open_raw(far, stored.id).read() == NOISE
    delete_message(far, stored.id, by="li", now=NOON)
    remove_orphans(far, NOON)
    assert remove_orphans(far, NOON + READER_AGE) == 1
    assert files_of(database) == []


def test_a_probe_leaves_nothing_behind(bucket: BucketSettings) -> None:
    Bucket(bucket).probe()
    assert objects_of(bucket) == []


def test_a_probe_tells_what_is_wrong(
    bucket: BucketSettings, object_server: ObjectServer, proxy: Proxy
) -> None:
    for settings, words in (
        (replace(bucket, bucket="other"), "s3://other/postern is not there: make the bucket"),
        (replace(bucket, endpoint=f"http://127.0.0.1:{free_port()}"), "cannot be reached"),
        (replace(bucket, endpoint="http://nowhere.invalid"), "address that is not found"),
    ):
        with pytest.raises(StoreProblem, match=words):
            Bucket(settings).probe()
    proxy.faults = [("GET", alters)]
    with pytest.raises(StoreProblem, match="gave other bytes back"):
        Bucket(proxy.through(bucket)).probe()
    proxy.faults = [("PUT", ignores_the_condition), ("PUT", ignores_the_condition)]
    with pytest.raises(StoreProblem, match="knows conditional writes"):
        Bucket(proxy.through(bucket)).probe()


def test_settings_do_not_show_the_key(bucket: BucketSettings) -> None:
    assert bucket.secret_key is not None
    assert not re.search(bucket.secret_key, repr(bucket))
