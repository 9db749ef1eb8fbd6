"""What the console and the API ask of a store, and how long each answer takes."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.store import mails
from bench.store.multiply import BASE, message_id, unique_word
from store.database import Database
from store.messages import MessageFilter, count_messages, find_messages, get_message
from store.threads import read_thread
from store.transactions import trace

PAGE = 50


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one kind of question."""

    name: str
    median: float
    p95: float
    worst: float
    found: int


def measure(database: Database, boxes: tuple[str, ...], total: int, turns: int) -> Iterator[Took]:
    """Ask each question `turns` times, each time another one of its kind."""
    chance = random.Random(total)
    for name, ask in _questions(database, boxes, total, chance, turns):
        found, times = 0, []
        for _ in range(turns):
            begun = time.perf_counter()
            found = ask()
            times.append((time.perf_counter() - begun) * 1e3)
        times.sort()
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        yield Took(name, statistics.median(times), p95, times[-1], found)


def _questions(
    database: Database, boxes: tuple[str, ...], total: int, chance: random.Random, turns: int
) -> Iterator[tuple[str, Callable[[], int]]]:
    def page(wanted: MessageFilter, cursor: str | None = None) -> int:
        return len(find_messages(database, wanted, PAGE, cursor).items)

    def search(text: Callable[[], str]) -> Callable[[], int]:
        return lambda: page(MessageFilter(q=text()))

    def conversation(identifier: str) -> int:
        found = read_thread(database, identifier, PAGE)
        return found.count if found else 0

    def traced(number: int) -> int:
        name = message_id(number, total, mails.message_id(number % BASE))
        return len(trace(database, name, None, None, PAGE))

    def box() -> str:
        return chance.choice(boxes)

    yield "list page", lambda: page(MessageFilter())
    yield "page of a mailbox", lambda: page(MessageFilter(mailbox=box()))
    yield "page of a category", lambda: page(MessageFilter(category=chance.choice(_KINDS)))
    yield (
        "page of a mailbox's category",
        lambda: page(MessageFilter(mailbox=box(), category=chance.choice(_KINDS))),
    )
    yield "page of unread ones", lambda: page(MessageFilter(unread=True))
    cursors = iter(_cursors(database, chance, turns))
    yield "page from the middle", lambda: page(MessageFilter(), next(cursors))
    yield "all counts", lambda: count_messages(database).total
    yield (
        "search: a word that one message has",
        search(lambda: unique_word(chance.randrange(total), total)),
    )
    yield "search: a word that most have", search(lambda: mails.COMMON)
    yield "search: words that some have", search(lambda: " ".join(chance.sample(_MIDDLE, 2)))
    yield "search: two rare words", search(lambda: " ".join(chance.sample(_RARE, 2)))
    yield "search: two Chinese characters", search(lambda: chance.choice(mails.CHINESE))
    yield "search: a phrase", search(lambda: '"' + " ".join(chance.sample(_OFTEN, 2)) + '"')
    yield "search: from: and a word", search(lambda: f"from:{_sender(chance)} {mails.COMMON}")
    yield (
        "search: without a word",
        search(lambda: f"{chance.choice(_MIDDLE)} -{chance.choice(_OFTEN)}"),
    )
    yield "search: has:attachment", search(lambda: f"{chance.choice(_MIDDLE)} has:attachment")
    yield (
        "trace by Message-ID",
        lambda: traced(chance.randrange(total)),
    )
    yield "trace by sender", lambda: len(trace(database, _sender(chance), None, None, PAGE))
    some = iter(_some(database, chance, turns))
    yield "one message", lambda: int(get_message(database, next(some)) is not None)
    threads = iter(_some(database, chance, turns))
    yield "its conversation", lambda: conversation(next(threads))


_KINDS = mails.CATEGORIES
_OFTEN, _MIDDLE, _RARE = mails.ENGLISH[:50], mails.ENGLISH[200:1000], mails.ENGLISH[15_000:]


def _sender(chance: random.Random) -> str:
    number = chance.randrange(mails.PEOPLE)
    return f"person{number}@org{number % mails.ORGANISATIONS}.example"


def _cursors(database: Database, chance: random.Random, turns: int) -> list[str | None]:
    """Cursors from anywhere in the list."""
    return [find_messages(database, _until(chance), 1).next for _ in range(turns)]


def _some(database: Database, chance: random.Random, turns: int) -> list[str]:
    """Ids from anywhere in the list."""
    return [find_messages(database, _until(chance), 1).items[0].id for _ in range(turns)]


def _until(chance: random.Random) -> MessageFilter:
    return MessageFilter(until=mails.BEGIN + mails.SPAN * (0.01 + 0.99 * chance.random()))
