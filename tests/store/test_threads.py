"""Conversations in the store: the same in whatever order mail comes, goes and is read anew."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from typing import Any

import pytest

from mail.lineage import Lineage
from mail.received import ReceivedMessage
from mail.verdict import Action
from store.changes import release_message, save_digests
from store.conversations import contested_among, conversations
from store.database import Database
from store.deletion import delete_message
from store.regrouping import MANY_MESSAGES
from store.thread_signs import signs_of
from store.threads import count_in_threads, read_surroundings, read_thread
from store.writer import Writer
from tests.store.samples import NOON, envelope, received


@dataclass(frozen=True, slots=True)
class Told:
    """One message: who wrote it, and what it says of its conversation."""

    lineage: Lineage
    by: str = "alice@a.example"
    category: str = "to_reply"

    @property
    def digest(self) -> Mapping[str, Any]:
        return {
            "category": self.category,
            "subject": self.lineage.subject,
            "from": {"name": None, "address": self.by},
            "to": [],
            "message_id": self.lineage.message_id,
            "attachments": [],
        }


def told(own: str, references: str = "", by: str = "alice", to: str = "", **more: Any) -> Told:
    """`references` and `to` with spaces between."""
    people = tuple(f"{one}@a.example" for one in (by, *to.split()))
    ids = tuple(f"<{one}>" for one in references.split())
    return Told(Lineage(f"<{own}>" if own else None, ids, people, **more), people[0])


Save = Callable[..., list[str]]


@pytest.fixture
def save(database: Database, writer: Writer) -> Save:
    """Puts messages into the store, in their order; their ids."""

    numbers = count()

    async def all_of(many: int, action: Action) -> list[str]:
        new = list(islice(numbers, many))
        items = [_received(number, action) for number in new]
        stored = await asyncio.gather(*map(writer.save_message, items))
        return [one.id for one in stored]

    def save(*many: Told, digest: bool = True, action: Action = Action.ACCEPT) -> list[str]:
        ids = asyncio.run(all_of(len(many), action))
        if digest:
            learn(database, dict(zip(ids, many, strict=True)))
        return ids

    return save


def _received(number: int, action: Action) -> ReceivedMessage:
    """Like no other, and a second after the one before."""
    letter = envelope(at=NOON + timedelta(seconds=number))
    return received(b"Subject: %d\r\n\r\ntext\r\n" % number, action, letter)


def learn(database: Database, many: Mapping[str, Told], version: int = 1) -> None:
    """Save what the worker would have found out."""
    save_digests(
        database,
        {one: message.digest for one, message in many.items()},
        lineages={one: message.lineage for one, message in many.items()},
        version=version,
    )


def threads(database: Database, ids: list[str]) -> list[str | None]:
    """The conversation of each."""
    found = [read_thread(database, one, 100) for one in ids]
    return [one.id if one is not None else None for one in found]


def test_a_conversation_is_read_oldest_first_a_page_at_a_time(
    database: Database, save: Save
) -> None:
    ids = save(*[told(f"m{n}", "m0" if n else "", by=f"p{n}") for n in range(5)])
    first = read_thread(database, ids[3], 3)
    assert first is not None
    assert (first.id, first.count) == (ids[0], 5)
    assert [one.id for one in first.page.items] == ids[:3]
    second = read_thread(database, ids[0], 3, first.page.next)
    assert second is not None
    assert ([one.id for one in second.page.items], second.page.next) == (ids[3:], None)
    assert count_in_threads(database, ids[:2]) == {ids[0]: 5, ids[1]: 5}


def test_the_surroundings_of_a_message_say_how_much_is_left_out(
    database: Database, save: Save
) -> None:
    ids = save(*[told(f"m{n}", "m0" if n else "") for n in range(9)])
    found = read_surroundings(database, ids[4], 2, 1)
    assert found is not None
    assert [one.id for one in found.messages] == ids[2:6]
    assert (found.earlier, found.later, found.count) == (2, 3, 9)


def test_a_message_that_nobody_digested_yet_is_alone(database: Database, save: Save) -> None:
    (identifier,) = save(told("a"), digest=False)
    found = read_surroundings(database, identifier, 5, 5)
    assert found is not None
    assert ([one.id for one in found.messages], found.count) == ([identifier], 1)
    assert read_thread(database, "0" * 26, 5) is None
    assert count_in_threads(database, [identifier]) == {}


def test_a_parent_that_comes_late_joins_its_children(database: Database, save: Save) -> None:
    children = save(told("x", "p", by="alice"), told("y", "p", by="bob"))
    assert threads(database, children) == children
    (parent,) = save(told("p", by="carol"))
    assert len(set(threads(database, [*children, parent]))) == 1


def test_a_held_message_joins_nothing_until_it_is_released(database: Database, save: Save) -> None:
    apart = save(told("x", "p", by="alice"), told("y", "p", by="bob"))
    (held,) = save(told("p", by="carol"), action=Action.QUARANTINE)
    assert threads(database, [*apart, held]) == [*apart, held]
    assert release_message(database, held, by="a", now=NOON)
    assert len(set(threads(database, [*apart, held]))) == 1


def test_when_a_message_goes_its_conversation_is_what_is_left(
    database: Database, save: Save
) -> None:
    parent, *children = save(told("p", by="carol"), told("x", "p"), told("y", "p", by="bob"))
    assert threads(database, children) == [parent, parent]
    delete_message(database, parent, by="a", now=NOON)
    assert threads(database, children) == children
    delete_message(database, children[0], by="a", now=NOON)
    delete_message(database, children[1], by="a", now=NOON)
    assert save(told("p", by="carol"))


def test_a_digest_that_is_saved_again_changes_nothing(database: Database, save: Save) -> None:
    messages = told("a"), told("b", "a")
    ids = save(*messages)
    learn(database, dict(zip(ids, messages, strict=True)))
    learn(database, dict(zip(ids, messages, strict=True)), version=2)
    assert threads(database, ids) == [ids[0], ids[0]]


def test_a_message_that_is_read_better_moves(database: Database, save: Save) -> None:
    first, second, other = save(told("a"), told("b", "a", by="bob"), told("c", by="bob"))
    learn(database, {second: told("b", "c", by="bob")}, version=2)
    assert threads(database, [first, second, other]) == [first, second, second]
    learn(database, {second: told("b", "", by="bob")}, version=3)
    assert threads(database, [first, second, other]) == [first, second, other]


def test_a_conversation_that_is_full_takes_no_more(database: Database, save: Save) -> None:
    full = save(*[told("" if n else "p", "p" if n else "") for n in range(MANY_MESSAGES)])
    assert set(threads(database, full[::50])) == {full[0]}
    (late,) = save(told("z", "p"))
    assert threads(database, [late, full[0]]) == [late, full[0]]


def _some(chance: random.Random) -> Told:
    names = ["a", "b", "c", "d", "e", "f"]
    return told(
        chance.choice([*names, ""]),
        " ".join(chance.sample(names, chance.choice([0, 0, 1, 1, 2, 3]))),
        by=chance.choice(["alice", "bob", "eve"]),
        to=" ".join(chance.sample(["alice", "bob", "sales"], 2)),
        subject=chance.choice(["", "s", "t"]),
        is_reply=chance.random() < 0.5,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_arrival_does_not_matter(database: Database, save: Save, seed: int) -> None:
    chance = random.Random(seed)
    messages = [_some(chance) for _ in range(14)]
    ids = save(*messages, digest=False)
    known = dict(zip(ids, messages, strict=True))
    waiting = chance.sample(ids, len(ids))
    while waiting:
        number = chance.randint(1, 4)
        batch, waiting = waiting[:number], waiting[number:]
        learn(database, {one: known[one] for one in batch})
    assert dict(zip(ids, threads(database, ids), strict=True)) == _expected(known)
    for one in chance.sample(ids, 7):
        delete_message(database, one, by="a", now=NOON)
        del known[one]
        assert dict(zip(known, threads(database, list(known)), strict=True)) == _expected(known)


def _expected(known: Mapping[str, Told]) -> dict[str, str]:
    """What the rule says of all messages at once."""
    signs = [
        signs_of(
            identifier,
            NOON + timedelta(seconds=number),
            message.digest,
            message.lineage,
        )
        for number, (identifier, message) in enumerate(known.items())
    ]
    return conversations(signs, contested_among(signs))
