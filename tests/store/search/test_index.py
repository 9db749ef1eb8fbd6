"""Mail that was there before the index, or before its words are what they are now."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, update

from store import schema
from store.database import Database
from store.domains import DomainRow
from store.messages import MessageFilter, delete_message, find_messages, save_digests
from store.search.index import index_some, is_indexed
from store.search.place import first_id_at, place_of
from store.search.tokens import VERSION
from store.writer import Writer
from tests.store.samples import NOON, envelope, received


@pytest.fixture
async def zebras(database: Database, domain: DomainRow, writer: Writer) -> list[str]:
    """Seven messages with one word, newest first."""
    posted = [
        received(f"From: x@example.org\r\n\r\n{number}\r\n".encode(), letter=letter)
        for number in range(7)
        for letter in [envelope(mailboxes=(domain.mailbox,))]
    ]
    answers = await asyncio.gather(*(writer.save_message(one) for one in posted))
    ids = sorted((answer.id for answer in answers), reverse=True)
    save_digests(database, {one: {"subject": "Zebra", "category": "notice"} for one in ids})
    return ids


def found(database: Database, q: str) -> list[str]:
    return [row.id for row in find_messages(database, MessageFilter(q=q), 50).items]


def work_off(database: Database) -> Iterator[int]:
    while number := index_some(database, 3):
        yield number


async def test_a_store_without_an_index_is_indexed_newest_first_in_small_turns(
    database: Database, zebras: list[str]
) -> None:
    with database.write() as connection:
        connection.execute(delete(schema.search))
    assert found(database, "zebra") == []
    assert not is_indexed(database)
    index_some(database, 3)
    assert found(database, "zebra") == zebras[:3]
    assert list(work_off(database)) == [3, 1]
    assert found(database, "zebra") == zebras
    assert is_indexed(database)
    assert index_some(database) == 0


async def test_words_of_an_older_version_are_made_anew(
    database: Database, zebras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    list(work_off(database))
    with database.write() as connection:
        older = update(schema.search).where(schema.search.c.message_id == zebras[2])
        connection.execute(older.values(words=" okapi "))
    assert found(database, "okapi") == [zebras[2]]
    assert index_some(database) == 0
    monkeypatch.setattr("store.search.index.VERSION", VERSION + 1)
    list(work_off(database))
    assert found(database, "okapi") == []
    assert found(database, "zebra") == zebras
    with database.read() as connection:
        versions = set(connection.execute(select(schema.search.c.version)).scalars())
    assert versions == {VERSION + 1}


async def test_a_message_that_is_deleted_while_others_are_indexed_stays_gone(
    database: Database, zebras: list[str]
) -> None:
    with database.write() as connection:
        connection.execute(delete(schema.search))
    index_some(database, 2)
    assert delete_message(database, zebras[0], by="li", now=NOON)
    assert delete_message(database, zebras[5], by="li", now=NOON)
    list(work_off(database))
    assert found(database, "zebra") == [*zebras[1:5], zebras[6]]


@pytest.mark.sqlite_only
async def test_sqlites_index_has_nothing_left_of_what_is_gone(
    database: Database, zebras: list[str]
) -> None:
    """Whoever removes the message: its words leave the index with the row."""
    for identifier in zebras:
        assert delete_message(database, identifier, by="li", now=NOON)
    with sqlite3.connect(database.settings.path) as connection:
        connection.execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
        terms = "CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, search_index, row)"
        connection.execute(terms)
        assert connection.execute("SELECT term FROM terms").fetchall() == []
    connection.close()


def test_places_are_in_the_order_of_ids(zebra: str = "01M7WD7TG0R3XG6ZWCRZZTZDC2") -> None:
    assert first_id_at(place_of(zebra)) == zebra[:11]
    assert place_of(first_id_at(place_of(zebra) + 1)) == place_of(zebra) + 1
    assert place_of("~") > place_of(zebra) > place_of("") == 0


async def test_a_text_of_nothing_but_different_words_is_indexed_as_far_as_databases_can(
    database: Database, zebras: list[str]
) -> None:
    chance = random.Random(5)
    rare = "".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(250_000))
    long = "w" * 3_000 + " " + " ".join(f"w{number}x" for number in range(60_000))
    said = {"subject": "okapi", "category": "notice"}
    texts = {zebras[0]: rare, zebras[1]: long}
    save_digests(database, {key: said | {"text": text} for key, text in texts.items()})
    assert found(database, "okapi") == zebras[:2]
    assert found(database, rare[1_000:1_010]) == [zebras[0]]
    assert found(database, "w17x") == [zebras[1]]
    assert found(database, "w" * 3_000) == [zebras[1]]
