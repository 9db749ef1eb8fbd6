"""What the databases find is what the query says, message by message."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from mail.campaign import Campaign, How
from store import schema
from store.campaign_links import Link, write_links
from store.database import Database
from store.domains import DomainRow
from store.messages import (
    MessageFilter,
    delete_message,
    find_messages,
    save_digest,
    save_digests,
    set_flags,
)
from store.search import walk
from store.search.parse import CATEGORIES, parse_query
from store.search.place import free_numbers, place_of, slack
from store.writer import Writer
from tests.store.samples import NOON, envelope, received
from tests.store.search.evaluation import Mail, fits

CAMPAIGNS = ("spring", "Autumn")
WORDS = [
    *(
        "offer",
        "order",
        "Müller",
        "mueller",
        "muller",
        "AB-12",
        "AB12",
        "ab",
        "12",
        "报价",
        "报价单",
    ),
    *(
        "价单",
        "报",
        "单",
        "1,500",
        "1500",
        "offers",
        "der",
        "thank",
        "you",
        "li@a.example",
        "a.example",
    ),
    *("example", "счёт", "ещё", "데이터", "don't", "ราคา", "ราคาส่ง"),
]
MAILS = 80


def invented(chance: random.Random, number: int) -> dict[str, object]:
    """A digest of few different words, so that they meet in every way."""

    def text(most: int) -> str:
        return chance.choice([" ", "  ", ", ", ""]).join(
            chance.choices(WORDS, k=chance.randrange(most))
        )

    def person() -> dict[str, str]:
        return {"name": text(3), "address": chance.choice(["li@a.example", "bo@b.example"])}

    files = [
        {"name": f"{text(3)}.pdf", "inline": chance.random() < 0.3}
        for _ in range(chance.randrange(3))
    ]
    return {
        "subject": text(4),
        "text": text(25),
        "from": person(),
        "to": [person() for _ in range(chance.randrange(3))],
        "attachments": files,
        "message_id": f"<{number % 7}@a.example>",
        "category": chance.choice(CATEGORIES),
        "campaign": {"id": chance.choice(CAMPAIGNS), "recipient": None, "how": "references"},
        "confirmation": {"code": "1"} if chance.random() < 0.2 else None,
    }


def asked(chance: random.Random) -> str:
    """A query of the same words."""

    def term() -> str:
        word = chance.choice(WORDS)
        kinds = [
            *(word, word, word, f"{word}*", f'"{word} {chance.choice(WORDS)}"', word[:1]),
            *(f"{name}:{word}" for name in ("from", "to", "subject", "filename")),
            f'from:"{word}"',
            *(
                "has:attachment",
                "from:b.example",
                "filename:pdf",
                "3@a.example",
                "msgid:3@a.example",
            ),
            f"category:{chance.choice(CATEGORIES)}",
            f"campaign:{chance.choice(CAMPAIGNS)}",
            *("is:unread", "is:read", "is:flagged", "is:archived"),
            f"{chance.choice(['before', 'after'])}:2026-11-{chance.randrange(15, 23)}",
            f"{chance.choice(['larger', 'smaller'])}:{chance.choice([0, 100, 128, 1000, '1k'])}",
        ]
        return chance.choice(["", "", "-"]) + chance.choice(kinds)

    found = term()
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        found += chance.choice([" ", " ", " OR "]) + term()
    return found


@pytest.fixture
async def mails(database: Database, domain: DomainRow, writer: Writer) -> dict[str, Mail]:
    """Many messages, by their ids."""
    chance = random.Random(7)

    async def one(number: int) -> tuple[str, Mail]:
        at = NOON - timedelta(hours=chance.randrange(150))
        letter = envelope(mailboxes=(domain.mailbox,), at=at)
        content = f"From: x@example.org\r\n\r\n{number} {'x' * chance.randrange(1500)}\r\n"
        flags: dict[str, Any] = {
            flag: chance.random() < 0.3 for flag in ("seen", "flagged", "archived")
        }
        stored = await writer.save_message(received(content.encode(), letter=letter))
        if any(flags.values()):
            set_flags(database, stored.id, by="li", now=NOON, **flags)
        return stored.id, Mail(invented(chance, number), at, stored.size, **flags)

    known = dict(await asyncio.gather(*(one(number) for number in range(MAILS))))
    save_digests(database, {key: mail.digest for key, mail in known.items()})
    links = {
        key: Link(Campaign(mail.digest["campaign"]["id"], None, How.REFERENCES), 1.0)
        for key, mail in known.items()
    }
    with database.write() as connection:
        write_links(connection, links)
    return known


def everything(database: Database, wanted: MessageFilter, limit: int) -> Iterator[str]:
    """All pages, one after the other."""
    cursor = None
    while True:
        page = find_messages(database, wanted, limit, cursor)
        yield from (row.id for row in page.items)
        cursor = page.next
        if cursor is None:
            return


@pytest.mark.parametrize("small_steps", [False, True])
async def test_what_is_found_is_what_the_query_says_of_each_message(
    database: Database,
    mails: dict[str, Mail],
    small_steps: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if small_steps:
        monkeypatch.setattr(walk, "_FIRST_STEP", 3)
        monkeypatch.setattr(walk, "EFFORT", 20)
    chance = random.Random(2 * small_steps + database.settings.is_embedded)
    for _ in range(100):
        q, sees = asked(chance), chance.random() < 0.7
        query = parse_query(q)
        wanted = MessageFilter(q=q, sees_confirmations=sees)
        found = list(everything(database, wanted, chance.choice([1, 7, 200])))
        expected = [
            key for key, mail in mails.items() if fits(query, mail, sees_confirmations=sees)
        ]
        assert found == sorted(expected, reverse=True), (q, sees)


async def test_a_search_within_a_mailbox_or_category_keeps_to_it(
    database: Database, mails: dict[str, Mail], domain: DomainRow
) -> None:
    for category in CATEGORIES:
        wanted = MessageFilter(q="报价", category=category, mailbox=domain.mailbox)
        expected = {
            key
            for key, mail in mails.items()
            if mail.digest["category"] == category and fits(parse_query("报价"), mail)
        }
        assert set(everything(database, wanted, 50)) == expected
    assert not list(everything(database, MessageFilter(q="报价", mailbox="none"), 50))


async def test_a_search_may_begin_with_the_oldest(
    database: Database, mails: dict[str, Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    newest_first = list(everything(database, MessageFilter(q="报价"), 50))
    for effort in (walk.EFFORT, 20):
        monkeypatch.setattr(walk, "EFFORT", effort)
        monkeypatch.setattr(walk, "_FIRST_STEP", 3)
        found = list(everything(database, MessageFilter(q="报价", oldest_first=True), 7))
        assert found == newest_first[::-1]


async def test_what_is_deleted_is_found_no_more(database: Database, mails: dict[str, Mail]) -> None:
    found = list(everything(database, MessageFilter(q="报价"), 200))
    for identifier in found[::2]:
        assert delete_message(database, identifier, by="li", now=NOON)
    assert list(everything(database, MessageFilter(q="报价"), 200)) == found[1::2]
    assert not set(found[::2]) & set(everything(database, MessageFilter(q="-报价"), 200))


async def test_a_digest_that_is_made_again_is_found_by_its_new_words_only(
    database: Database, mails: dict[str, Mail]
) -> None:
    identifier = min(mails)
    assert save_digest(database, identifier, {"subject": "zebra", "category": "notice"})
    assert list(everything(database, MessageFilter(q="zebra"), 9)) == [identifier]
    assert save_digest(database, identifier, {"subject": "okapi", "category": "notice"})
    assert list(everything(database, MessageFilter(q="zebra"), 9)) == []
    assert list(everything(database, MessageFilter(q="okapi"), 9)) == [identifier]


async def test_mails_of_one_moment_are_all_found_and_in_order(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    """Their numbers in SQLite's index are the same at first."""
    posted = [
        received(f"From: x@example.org\r\n\r\n{number}\r\n".encode(), letter=letter)
        for number in range(150)
        for letter in [envelope(mailboxes=(domain.mailbox,))]
    ]
    answers = await asyncio.gather(*(writer.save_message(one) for one in posted))
    stored = [answer.id for answer in answers]
    said = {"subject": "zebra", "category": "notice"}
    random.Random(3).shuffle(stored)
    for start in range(0, 150, 50):
        save_digests(database, dict.fromkeys(stored[start : start + 50], said))
    for limit in (1, 10, 200):
        found = list(everything(database, MessageFilter(q="zebra"), limit))
        assert found == sorted(stored, reverse=True)


HARMFUL = [
    *('"' * 10_000, "a:" * 5_000, "OR " * 3_000, "- " * 5_000, "from:" * 2_000, "*" * 10_000),
    " ".join(f"w{number}*" for number in range(3_000)),
    " OR ".join(f"-w{number}" for number in range(3_000)),
    " OR ".join("报价单" for _ in range(3_000)),
    *("\x00\ud800" * 5_000, "ü" * 10_000, "1 " * 5_000, "12-" * 3_000, "ab1" * 3_000),
    '"' + "mueller " * 1_250,
    *("' OR 1=1 --", "NEAR(a b)", "words:a", "a AND NOT b", "a & !b | c:*", "^a", "{a b}"),
]


@pytest.mark.sqlite_only
def test_thousands_of_one_moment_stand_close_together(database: Database) -> None:
    """An import knows seconds only, and what it brings may all be of one."""
    ids = [f"01M7YNAYM0{number:016}" for number in range(400)]
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for some in (ids[:200], ids[200:210], ids[210:]):
            numbers = free_numbers(connection, some)
            rows = [
                {"message_id": one, "number": numbers[one], "version": 1, "words": " "}
                for one in some
            ]
            connection.execute(insert(schema.search), rows)
        found = connection.execute(select(schema.search.c.number)).scalars().all()
        assert len(set(found)) == len(ids)
        assert max(found) - place_of(ids[0]) <= slack(connection) < 2 * len(ids)
        connection.execute(delete(schema.search))


async def test_nothing_that_can_be_typed_does_harm(
    database: Database, mails: dict[str, Mail]
) -> None:
    for q in HARMFUL:
        query = parse_query(q)
        expected = [key for key, mail in mails.items() if fits(query, mail)]
        found = list(everything(database, MessageFilter(q=q), 200))
        assert found == sorted(expected, reverse=True), q[:40]


@pytest.mark.parametrize("first_step", [256, 2])
async def test_mail_of_any_month_is_found_and_in_order(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    first_step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of months for which PostgreSQL has no partition, before the first and after the last."""
    monkeypatch.setattr(walk, "_FIRST_STEP", first_step)
    posted = [
        received(f"From: x@example.org\r\n\r\n{number}\r\n".encode(), letter=letter)
        for number in range(40)
        for at in [NOON + timedelta(days=17 * number - 400)]
        for letter in [envelope(mailboxes=(domain.mailbox,), at=at)]
    ]
    answers = await asyncio.gather(*(writer.save_message(one) for one in posted))
    stored = [answer.id for answer in answers]
    said = [{"subject": f"zebra {number % 5}", "category": "notice"} for number in range(40)]
    save_digests(database, dict(zip(stored, said, strict=True)))
    for q, expected in (("zebra", stored), ("zebra 3", stored[3::5]), ('"zebra 3"', stored[3::5])):
        for limit in (1, 7, 50):
            found = list(everything(database, MessageFilter(q=q), limit))
            assert found == expected[::-1], (q, limit)
    dated = MessageFilter(q="zebra after:2026-08-01 before:2027-03-01")
    assert list(everything(database, dated, 3)) == [
        one.envelope.id
        for one in posted[::-1]
        if "2026-08-01" <= f"{one.envelope.received_at:%Y-%m-%d}" < "2027-03-01"
    ]
