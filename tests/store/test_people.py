"""Who wrote to us: counted once, found by name, gone with what they wrote."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from mail.verdict import Action
from store import schema
from store.changes import release_message, save_digests
from store.database import Database
from store.deletion import delete_message
from store.domains import DomainRow
from store.people import (
    find_people,
    get_person,
    mailboxes_of,
    written_by,
)
from store.thread_signs import address_of, shown_author
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

Write = Callable[..., str]


@pytest.fixture
def write(database: Database, writer: Writer, domain: DomainRow) -> Write:
    """Has somebody write a message; its id."""
    numbers = count()

    def write(
        address: str | None,
        name: str = "",
        *,
        action: Action = Action.ACCEPT,
        mail_from: str = "li@example.org",
        **more: Any,
    ) -> str:
        number = next(numbers)
        at = NOON + timedelta(hours=number)
        letter = envelope(at=at, mailboxes=[domain.mailbox], mail_from=mail_from)
        item = received(b"Subject: %d\r\n\r\ntext\r\n" % number, action, letter)
        identifier = asyncio.run(_saved(writer, item)).id
        if action is not Action.REJECT:
            learn(database, identifier, address, name, **more)
        return str(identifier)

    return write


async def _saved(writer: Writer, item: Any) -> Any:
    return await writer.save_message(item)


def learn(
    database: Database, identifier: str, address: str | None, name: str = "", **more: Any
) -> None:
    """What a digest tells of the author."""
    digest = {"category": "to_reply", "from": {"name": name, "address": address}} | more
    save_digests(database, {identifier: digest})


def rows_of(database: Database) -> dict[str, int]:
    """How many rows the tables of people have."""
    tables = (schema.people, schema.person_words, schema.person_messages, schema.threads)
    with database.read() as connection:
        return {
            one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in tables
        }


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Li.Wei@EXAMPLE.org", "li.wei@example.org"),
        ("li@bücher.example", "li@xn--bcher-kva.example"),
        ('"a@b"@c.example', '"a@b"@c.example'),
        ("li@[192.0.2.1]", "li@[192.0.2.1]"),
        ("李@例え.example", "李@xn--r8jz45g.example"),
        ("no address", None),
        ("@example.org", None),
        ("a@", None),
        (f"{'a' * 400}@example.org", None),
        (None, None),
    ],
)
def test_an_address_has_one_spelling(text: str | None, address: str | None) -> None:
    assert address_of(text) == address


def test_a_person_has_the_name_that_was_seen_last(database: Database, write: Write) -> None:
    write("li@example.org", "Li")
    write("LI@Example.ORG", "Li Wei")
    write("li@example.org")
    found = get_person(database, "Li@example.org")
    assert found is not None
    assert (found.address, found.name, found.messages) == ("li@example.org", "Li Wei", 3)
    assert (found.first_at, found.last_at) == (NOON, NOON + timedelta(hours=2))
    assert get_person(database, "nobody@example.org") is None
    assert get_person(database, "no address") is None


def test_mail_that_is_read_anew_is_counted_once(database: Database, write: Write) -> None:
    identifier = write("li@example.org", "=?broken")
    learn(database, identifier, "li@example.org", "Li Wei")
    found = get_person(database, "li@example.org")
    assert found is not None
    assert (found.name, found.messages) == ("Li Wei", 1)
    assert [one.address for one in find_people(database, "wei", 5).items] == ["li@example.org"]
    assert not find_people(database, "broken", 5).items


def test_mail_that_proves_to_be_by_another_is_counted_there(
    database: Database, write: Write
) -> None:
    identifier = write("li@example.org", "Li")
    learn(database, identifier, "wang@example.org", "Wang")
    assert get_person(database, "li@example.org") is None
    found = get_person(database, "wang@example.org")
    assert found is not None
    assert (found.name, found.messages) == ("Wang", 1)


def test_who_forwarded_a_message_did_not_write_it(database: Database, write: Write) -> None:
    write("boss@ours.example", "Boss", forward={"original_sender": "Li@customer.example"})
    assert get_person(database, "boss@ours.example") is None
    found = get_person(database, "li@customer.example")
    assert found is not None
    assert found.name == ""


def test_a_forward_of_somebody_with_a_name_alone_is_not_its_forwarders(
    database: Database, write: Write
) -> None:
    write("boss@ours.example", "Boss", forward={"original_sender": "Li Wei"})
    assert get_person(database, "boss@ours.example") is None
    digest = {"from": {"name": "Boss", "address": "boss@ours.example"}}
    assert shown_author(digest | {"forward": {"original_sender": "Li Wei"}}) == ("Li Wei", "")
    assert shown_author(digest) == ("Boss", "boss@ours.example")


def test_a_released_forward_does_not_lend_its_forwarders_name(
    database: Database, write: Write
) -> None:
    identifier = write(
        "boss@ours.example",
        "Boss",
        action=Action.QUARANTINE,
        forward={"original_sender": "li@customer.example"},
    )
    release_message(database, identifier, by="a", now=NOON)
    found = get_person(database, "li@customer.example")
    assert found is not None
    assert (found.name, found.messages) == ("", 1)


def test_held_mail_tells_of_nobody_until_it_is_released(database: Database, write: Write) -> None:
    identifier = write("li@example.org", "Li", action=Action.QUARANTINE)
    assert get_person(database, "li@example.org") is None
    assert not written_by(database, "li@example.org", 5).items
    assert not find_people(database, "li", 5).items
    release_message(database, identifier, by="a", now=NOON)
    assert written_by(database, "li@example.org", 5).items == (identifier,)
    found = get_person(database, "li@example.org")
    assert found is not None
    assert found.messages == 1


def test_a_person_goes_with_their_last_message(database: Database, write: Write) -> None:
    first, second = write("li@example.org", "Li"), write("li@example.org", "Li")
    held = write("li@example.org", "Li", action=Action.QUARANTINE)
    delete_message(database, first, by="a", now=NOON)
    found = get_person(database, "li@example.org")
    assert found is not None
    assert (found.messages, found.first_at) == (1, NOON + timedelta(hours=1))
    delete_message(database, second, by="a", now=NOON)
    assert get_person(database, "li@example.org") is None
    delete_message(database, held, by="a", now=NOON)
    assert set(rows_of(database).values()) == {0}


def test_people_are_found_by_the_beginnings_of_words(database: Database, write: Write) -> None:
    for address, name in (
        ("li@one.example", "Li Wei"),
        ("wei@two.example", "Wei Müller"),
        ("zhang@three.example", "张伟"),
    ):
        write(address, name)

    def found(q: str) -> list[str]:
        return [one.address for one in find_people(database, q, 10).items]

    assert found("wei") == ["wei@two.example", "li@one.example"]
    assert found("WEI mül") == ["wei@two.example"]
    assert found("张") == ["zhang@three.example"]
    assert found("li@one.ex") == ["li@one.example"]
    assert found("two") == ["wei@two.example"]
    assert found("eller") == []
    assert found("\x00 %_") == []


def test_people_come_a_page_at_a_time(database: Database, write: Write) -> None:
    for number in range(5):
        write(f"p{number}@example.org")
    page, seen = find_people(database, "", 2), []
    while True:
        seen += [one.address for one in page.items]
        if page.next is None:
            break
        page = find_people(database, "", 2, page.next)
    assert seen == [f"p{number}@example.org" for number in reversed(range(5))]
    with pytest.raises(ValueError, match="cursor"):
        find_people(database, "", 2, "nonsense!")


def test_what_somebody_wrote_comes_a_page_at_a_time(
    database: Database, write: Write, domain: DomainRow
) -> None:
    ids = [write("li@example.org") for _ in range(3)]
    first = written_by(database, "li@example.org", 2)
    assert first.items == (ids[2], ids[1])
    assert written_by(database, "li@example.org", 2, first.next).items == (ids[0],)
    assert mailboxes_of(database, "li@example.org") == (domain.mailbox,)
    assert mailboxes_of(database, "no address") == ()


def test_a_message_without_an_author_is_nobodys(database: Database, write: Write) -> None:
    identifier = write(None)
    assert rows_of(database)["person_messages"] == 0
    delete_message(database, identifier, by="a", now=NOON)
    assert set(rows_of(database).values()) == {0}
