"""The second door's key: account, folder, UIDVALIDITY and UID; Message-IDs are never unique."""

import asyncio

from sqlalchemy import func, select

from mail.envelope import PulledFrom
from store import schema
from store.accounts import was_pulled
from store.database import Database
from store.messages import MessageFilter, delete_message, find_messages
from store.pulled import Taken, list_taken
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, pulled, received


def shown(database: Database) -> set[str]:
    return {row.id for row in find_messages(database, MessageFilter(), 100).items}


def taken(database: Database, uidvalidity: int = 7, folder: str = "INBOX") -> tuple[Taken, ...]:
    return list_taken(database, "A1", folder, uidvalidity)


async def test_a_pulled_message_is_remembered_by_its_place(
    database: Database, writer: Writer
) -> None:
    place = PulledFrom("A1", "INBOX", 7, 1)
    assert not was_pulled(database, place)
    stored = await writer.save_message(pulled(1))
    assert was_pulled(database, place)
    assert stored.duplicate_of is None
    assert taken(database) == (Taken(1, stored.id, linked=False, deleted=False),)


async def test_the_same_place_again_writes_nothing(database: Database, writer: Writer) -> None:
    first = await writer.save_message(pulled(1))
    again = await writer.save_message(pulled(1))
    assert again.duplicate_of == first.id
    with database.read() as connection:
        query = select(func.count()).select_from(schema.transactions)
        assert connection.execute(query).scalar() == 1


async def test_the_same_place_twice_at_once(database: Database, writer: Writer) -> None:
    """One commit on SQLite; on PostgreSQL perhaps two at once, and either may come first."""
    with database.write():
        tasks = [asyncio.create_task(writer.save_message(pulled(1))) for _ in range(2)]
        await asyncio.sleep(0.05)
    kept, linked = sorted(await asyncio.gather(*tasks), key=lambda one: bool(one.duplicate_of))
    assert kept.duplicate_of is None
    assert linked.duplicate_of == kept.id
    assert shown(database) == {kept.id}


async def test_equal_bytes_under_another_uid_are_another_message(
    database: Database, writer: Writer
) -> None:
    """A carrier that sends the same notice twice sent two notices."""
    first = await writer.save_message(pulled(1))
    second = await writer.save_message(pulled(2))
    assert second.duplicate_of is None
    assert shown(database) == {first.id, second.id}


async def test_a_new_uidvalidity_links_what_is_here_already(
    database: Database, writer: Writer
) -> None:
    first = await writer.save_message(pulled(1, uidvalidity=7))
    again = await writer.save_message(pulled(40, uidvalidity=8))
    assert again.duplicate_of == first.id
    assert shown(database) == {first.id}
    assert taken(database, 8) == (Taken(40, first.id, linked=True, deleted=False),)


async def test_two_equal_messages_stay_two_under_a_new_uidvalidity(
    database: Database, writer: Writer
) -> None:
    old = [await writer.save_message(pulled(uid, uidvalidity=7)) for uid in (1, 2)]
    new = [await writer.save_message(pulled(uid, uidvalidity=8)) for uid in (10, 11)]
    assert {one.duplicate_of for one in new} == {one.id for one in old}
    third = await writer.save_message(pulled(12, uidvalidity=8))
    assert third.duplicate_of is None
    assert len(shown(database)) == 3


async def test_a_message_moved_to_another_folder_is_linked(
    database: Database, writer: Writer
) -> None:
    first = await writer.save_message(pulled(1, folder="INBOX"))
    moved = await writer.save_message(pulled(1, folder="Archive"))
    assert moved.duplicate_of == first.id


async def test_accounts_do_not_share_messages(database: Database, writer: Writer) -> None:
    first = await writer.save_message(pulled(1, account="A1"))
    other = await writer.save_message(pulled(1, account="A2"))
    assert other.duplicate_of is None
    assert shown(database) == {first.id, other.id}


async def test_pulled_mail_is_not_linked_to_mail_of_the_smtp_door(
    database: Database, writer: Writer
) -> None:
    await writer.save_message(received())
    other = await writer.save_message(pulled(1))
    assert other.duplicate_of is None


async def test_a_reused_message_id_loses_nothing(database: Database, writer: Writer) -> None:
    first = await writer.save_message(pulled(1))
    second = await writer.save_message(pulled(2, content=CONTENT + b"news"))
    assert shown(database) == {first.id, second.id}


async def test_a_deleted_message_does_not_come_back(database: Database, writer: Writer) -> None:
    first = await writer.save_message(pulled(1, uidvalidity=7))
    assert delete_message(database, first.id, by="li", now=NOON)
    assert was_pulled(database, PulledFrom("A1", "INBOX", 7, 1))
    same = await writer.save_message(pulled(1, uidvalidity=7))
    renumbered = await writer.save_message(pulled(9, uidvalidity=8))
    assert (same.duplicate_of, renumbered.duplicate_of) == (first.id, first.id)
    assert shown(database) == set()
    assert taken(database, 7) == (Taken(1, first.id, linked=False, deleted=True),)
