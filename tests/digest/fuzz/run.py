"""Cases run through the reader that the server has, and what was wrong with each."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
from mail.raw import RawMessage
from tests.digest.contract import check_form
from tests.digest.fuzz.mutate import mutate
from tests.digest.fuzz.seeds import seeds

SLOW = 1.0
"""Seconds of the processor after which a case is told of."""

_ENVELOPES = (None, "", "a@example.com", "\ud800", "x" * 2_000, "SRS0=a=b=c.example=d@e.example")
_RCPT: tuple[list[str] | None, ...] = (
    None,
    [],
    ["reply+c.d=e.example@a.example"],
    ["\ud800@a"],
    ["b@example.com"] * 50,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One message and its envelope, made of the seed and a number."""

    number: int
    content: bytes
    mail_from: str | None
    rcpt: list[str] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was wrong with a case."""

    number: int
    problems: tuple[str, ...]


@dataclass(slots=True)
class Result:
    """What a run found; `slowest` are pairs of seconds of the processor and numbers of cases."""

    cases: int = 0
    findings: list[Finding] = field(default_factory=list)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    longest: float = 0.0
    """Seconds by the clock, from a question to its answer."""
    is_news: bool = False
    """Whether something was wrong with the latest case."""


def case(seed: int, number: int) -> Case:
    """The same for the same numbers."""
    chance = random.Random(f"{seed}:{number}")
    known = seeds()
    content = mutate(chance.choice(known), known, chance)
    return Case(number, content, chance.choice(_ENVELOPES), chance.choice(_RCPT))


def fuzz(
    seed: int,
    numbers: Iterator[int],
    readers: int = 1,
    limits: Limits | None = None,
    heard: Callable[[Result], None] = lambda _: None,
) -> Result:
    """Run them; `heard` is told now and then how far it is."""
    nursery = Nursery()
    result, lock = Result(), threading.Lock()

    def work() -> None:
        with Reader(limits, nursery) as reader:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                made = case(seed, number)
                begun = time.monotonic()
                seconds, problems = _run(made, reader)
                took = time.monotonic() - begun
                with lock:
                    _note(result, number, seconds, took, problems)
                    heard(result)

    threads = [threading.Thread(target=work) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nursery.close()
    return result


def _run(one: Case, reader: Reader) -> tuple[float, tuple[str, ...]]:
    told = reader.read(RawMessage.in_memory(one.content), one.mail_from, one.rcpt)
    problems = check_form(told.as_json())
    if told.broke:
        problems.append(told.broke)
    if told.seconds > SLOW:
        problems.append(f"{told.seconds:.2f} s of the processor")
    return told.seconds, tuple(problems)


def _note(
    result: Result, number: int, seconds: float, took: float, problems: tuple[str, ...]
) -> None:
    result.cases += 1
    result.longest = max(result.longest, took)
    result.slowest = sorted([*result.slowest, (seconds, number)], reverse=True)[:10]
    result.is_news = bool(problems)
    if problems:
        result.findings.append(Finding(number, problems))
