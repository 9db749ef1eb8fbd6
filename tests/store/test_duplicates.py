"""RFC 1047: a client that never heard our 250 sends again; the message is shown once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from mail.envelope import Door
from mail.identifier import is_id
from mail.received import ReceivedMessage, StoredMessage
from mail.verdict import Action
from store.database import Database
from store.domains import DomainRow
from store.messages import (
    MessageFilter,
    delete_message,
    find_messages,
    get_message,
    release_message,
)
from store.transactions import get_transaction
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received


async def save(
    database: Database, at: datetime, letters: Sequence[ReceivedMessage]
) -> list[StoredMessage]:
    """Each with a writer and a commit of its own, at that time."""
    stored = []
    for letter in letters:
        writer = Writer(database, lambda: at)
        writer.start()
        stored.append(await writer.save_message(letter))
        await asyncio.to_thread(writer.close)
    return stored


def shown(database: Database, *, held: bool = False) -> list[str]:
    return [row.id for row in find_messages(database, MessageFilter(held=held), 100).items]


async def test_the_same_again_is_linked_and_shown_once(database: Database) -> None:
    first, second, third = await save(database, NOON, [received(), received(), received()])
    assert first.duplicate_of is None
    assert (second.duplicate_of, third.duplicate_of) == (first.id, first.id)
    assert shown(database) == [first.id]
    log = get_transaction(database, second.id)
    assert log is not None
    assert (log.summary.outcome, log.summary.duplicate_of) == ("accepted", first.id)
    assert get_message(database, second.id) is None


async def test_the_same_again_at_once(database: Database, writer: Writer) -> None:
    """One commit on SQLite; on PostgreSQL perhaps several at once, and any may come first."""
    letters = [received(), received(), received(CONTENT + b"other")]
    with database.write():
        tasks = [asyncio.create_task(writer.save_message(letter)) for letter in letters]
        await asyncio.sleep(0.05)
    *equal, other = await asyncio.gather(*tasks)
    kept, linked = sorted(equal, key=lambda one: bool(one.duplicate_of))
    assert (kept.duplicate_of, linked.duplicate_of) == (None, kept.id)
    assert other.duplicate_of is None


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param(received(CONTENT + b"x"), id="other bytes"),
        pytest.param(received(letter=envelope(mail_from="wang@example.org")), id="other sender"),
        pytest.param(received(letter=envelope(mail_from=None)), id="null sender"),
        pytest.param(received(letter=envelope(rcpt_to=["b@reply.example"])), id="other recipient"),
        pytest.param(
            received(letter=envelope(rcpt_to=["sales@reply.example", "b@reply.example"])),
            id="one recipient more",
        ),
    ],
)
async def test_what_differs_is_another_message(database: Database, letter: ReceivedMessage) -> None:
    first, second = await save(database, NOON, [received(), letter])
    assert second.duplicate_of is None
    assert set(shown(database)) == {first.id, second.id}


async def test_the_recipients_order_and_repetition_do_not_matter(database: Database) -> None:
    one = received(letter=envelope(rcpt_to=["a@reply.example", "b@reply.example"]))
    two = ["b@reply.example", "a@reply.example", "b@reply.example"]
    first, second = await save(database, NOON, [one, received(letter=envelope(rcpt_to=two))])
    assert second.duplicate_of == first.id


@pytest.mark.parametrize(
    ("later", "linked"),
    [
        (timedelta(days=4, hours=23), True),
        (timedelta(days=5), False),
        (timedelta(days=30), False),
    ],
)
async def test_only_the_last_five_days_count(
    database: Database, later: timedelta, linked: bool
) -> None:
    [first] = await save(database, NOON, [received()])
    again = received(letter=envelope(at=NOON + later))
    [second] = await save(database, NOON + later, [again])
    assert (second.duplicate_of == first.id) is linked


async def test_after_five_days_the_newer_one_is_the_first(database: Database) -> None:
    later = NOON + timedelta(days=6)
    await save(database, NOON, [received()])
    [second] = await save(database, later, [received(letter=envelope(at=later))])
    [third] = await save(database, later, [received(letter=envelope(at=later))])
    assert third.duplicate_of == second.id


@pytest.mark.parametrize("action", [Action.REJECT, Action.DEFER])
async def test_what_was_not_taken_is_no_first(database: Database, action: Action) -> None:
    _, second = await save(database, NOON, [received(action=action), received()])
    assert second.duplicate_of is None
    assert shown(database) == [second.id]


async def test_a_refusal_of_the_same_bytes_is_never_linked(database: Database) -> None:
    _, second = await save(database, NOON, [received(), received(action=Action.REJECT)])
    assert second.duplicate_of is None


async def test_held_again_is_linked(database: Database) -> None:
    held = Action.QUARANTINE
    first, second = await save(database, NOON, [received(action=held), received(action=held)])
    assert second.duplicate_of == first.id
    assert shown(database, held=True) == [first.id]


async def test_what_is_accepted_now_is_not_hidden_behind_what_was_held(
    database: Database,
) -> None:
    held, accepted = await save(database, NOON, [received(action=Action.QUARANTINE), received()])
    assert accepted.duplicate_of is None
    assert shown(database) == [accepted.id]
    assert shown(database, held=True) == [held.id]


async def test_a_released_message_is_a_first_like_any_other(
    database: Database, domain: DomainRow
) -> None:
    [held] = await save(database, NOON, [received(action=Action.QUARANTINE)])
    assert release_message(database, held.id, by="li", now=NOON)
    [again] = await save(database, NOON, [received()])
    assert again.duplicate_of == held.id


async def test_a_deleted_message_does_not_come_back(database: Database) -> None:
    [first] = await save(database, NOON, [received()])
    assert delete_message(database, first.id, by="li", now=NOON)
    [again] = await save(database, NOON, [received()])
    assert again.duplicate_of == first.id
    assert shown(database) == []


async def test_what_is_accepted_now_does_not_vanish_with_a_held_copy_that_was_deleted(
    database: Database,
) -> None:
    [held] = await save(database, NOON, [received(action=Action.QUARANTINE)])
    assert delete_message(database, held.id, by="li", now=NOON)
    [again] = await save(database, NOON, [received(action=Action.QUARANTINE)])
    assert again.duplicate_of == held.id
    [accepted] = await save(database, NOON, [received()])
    assert accepted.duplicate_of is None
    assert shown(database) == [accepted.id]


async def test_imported_mail_is_never_linked(database: Database) -> None:
    letters = [received(letter=envelope(door=Door.IMPORT)) for _ in range(2)]
    first, second = await save(database, NOON, letters)
    assert first.duplicate_of is None
    assert second.duplicate_of is None
    assert is_id(second.id)
