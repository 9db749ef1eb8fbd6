import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from mail.verdict import Action
from store import schema
from store.blobs.place import key_of
from store.database import Database
from store.domains import DomainRow
from store.messages import get_message, open_raw
from store.operators import SESSION_IDLE, add_operator, find_session, open_session
from store.retention import HELD_DAYS, LOG_DAYS, ORPHAN_AGE, sweep
from store.transactions import get_transaction, trace
from store.writer import Writer
from tests.store.objects import files_of, folder_of, object_of
from tests.store.samples import CONTENT, NOON, envelope, received, refused, spooled

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def rows(database: Database, table: str) -> int:
    with database.read() as connection:
        query = select(func.count()).select_from(schema.metadata.tables[table])
        return int(connection.execute(query).scalar_one())


async def test_refused_bytes_are_forgotten_after_a_week(database: Database, writer: Writer) -> None:
    stored = await writer.save_message(received(action=Action.REJECT))
    assert sweep(database, NOON + 7 * DAY - SECOND).bodies == 0
    assert open_raw(database, stored.id).read() == CONTENT
    assert sweep(database, NOON + 7 * DAY).bodies == 1
    assert rows(database, "blobs") == 0
    log = get_transaction(database, stored.id)
    assert log is not None
    assert log.header_block.startswith(b"From: Li Wei")


async def test_bytes_that_a_message_has_too_are_kept(database: Database, writer: Writer) -> None:
    await writer.save_message(received(action=Action.REJECT))
    stored = await writer.save_message(received())
    assert sweep(database, NOON + 8 * DAY).bodies == 1
    assert open_raw(database, stored.id).read() == CONTENT


async def test_held_messages_stay_for_thirty_days(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    letter = envelope(mailboxes=[domain.mailbox])
    held = await writer.save_message(received(action=Action.QUARANTINE, letter=letter))
    kept = await writer.save_message(received(CONTENT + b"2"))
    assert sweep(database, NOON + HELD_DAYS).held == 0
    assert sweep(database, NOON + HELD_DAYS + SECOND).held == 1
    assert get_message(database, held.id) is None
    assert get_message(database, kept.id) is not None
    assert rows(database, "tombstones") == 1


async def test_the_log_is_kept_for_ninety_days_and_with_its_message(
    database: Database, writer: Writer
) -> None:
    kept = await writer.save_message(received())
    gone = await writer.save_message(received(CONTENT + b"2", Action.DEFER))
    await writer.save_refusal(refused())
    assert sweep(database, NOON + LOG_DAYS).transactions == 0
    assert sweep(database, NOON + LOG_DAYS + SECOND).transactions == 2
    assert get_transaction(database, gone.id) is None
    assert [row.id for row in trace(database, "li@example.org")] == [kept.id]
    assert rows(database, "transaction_addresses") == 3
    detail = get_transaction(database, kept.id)
    assert detail is not None
    assert len(detail.evidence) == 2


async def test_dns_answers_go_with_the_last_report_that_names_them(
    database: Database, writer: Writer
) -> None:
    for number in range(3):
        await writer.save_message(received(CONTENT + b"%d" % number, Action.DEFER))
    assert rows(database, "dns_answers") == 2
    sweep(database, NOON + LOG_DAYS + SECOND)
    assert rows(database, "dns_answers") == 0
    assert rows(database, "reports") == 0


async def test_more_than_a_chunk_is_swept(database: Database, writer: Writer) -> None:
    for _ in range(450):
        await writer.save_refusal(refused())
    assert sweep(database, NOON + LOG_DAYS + SECOND).transactions == 450


async def test_fingerprints_and_sessions_end(database: Database, writer: Writer) -> None:
    await writer.save_message(received())
    secret = open_session(database, add_operator(database, "li", "admin", "x", NOON), NOON)
    swept = sweep(database, NOON + 5 * DAY)
    assert (swept.fingerprints, swept.sessions) == (1, 1)
    assert SESSION_IDLE < 5 * DAY
    assert find_session(database, secret, NOON) is None


async def test_files_without_a_row_are_removed_when_they_are_old(
    database: Database, writer: Writer, tmp_path: Path
) -> None:
    named = await writer.save_message(received(spooled(tmp_path, b"\r\n" + b"a" * 300_000)))
    orphan = folder_of(database) / key_of("0" * 64)
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"orphan")
    half = orphan.with_name(f".{orphan.name}.12ab")
    half.write_bytes(b"half")
    now = NOON + 400 * DAY
    for path in files_of(database):
        os.utime(path, (now.timestamp(), (now - ORPHAN_AGE + SECOND).timestamp()))
    assert sweep(database, now).files == 0
    assert sweep(database, now + 2 * SECOND).files == 2
    assert open_raw(database, named.id).size == 300_002
    assert files_of(database) == [object_of(database, named.sha256)]
