"""What is remembered of strangers' words: the same result, and a bound on memory."""

import pytest

from tests.fakes import FixedClock
from tests.memory import kept_after
from verify.answer import Answer, Status
from verify.cache import AnswerCache, CacheLimits
from verify.remembered import remembered
from verify.spf.parse import parse_record


def test_the_same_words_are_worked_on_once() -> None:
    seen: list[bytes] = []

    @remembered(entries=2, length=4)
    def read(words: bytes) -> int:
        seen.append(words)
        return len(words)

    assert [read(b"ab"), read(b"ab"), read(b"abc")] == [2, 2, 3]
    assert seen == [b"ab", b"abc"]


def test_long_words_are_not_kept() -> None:
    seen: list[bytes] = []

    @remembered(entries=2, length=4)
    def read(words: bytes) -> int:
        seen.append(words)
        return len(words)

    assert [read(b"abcde"), read(b"abcde")] == [5, 5]
    assert seen == [b"abcde", b"abcde"]


def test_no_more_than_so_many_results_are_kept() -> None:
    seen: list[bytes] = []

    @remembered(entries=2, length=4)
    def read(words: bytes) -> None:
        seen.append(words)

    for words in (b"a", b"b", b"c", b"a"):
        read(words)
    assert seen == [b"a", b"b", b"c", b"a"]


def test_what_cannot_be_read_is_said_each_time() -> None:
    @remembered(entries=2, length=4)
    def read(words: bytes) -> None:
        raise ValueError("nothing in it")

    for _ in range(2):
        with pytest.raises(ValueError, match="nothing in it"):
            read(b"a")


def test_a_cache_of_dns_answers_takes_no_more_memory_than_it_may() -> None:
    clock, limit = FixedClock(), 1_000_000

    def filled() -> AnswerCache:
        cache = AnswerCache(CacheLimits(octets=limit), clock)
        for number in range(20):
            name = f"n{number}.example"
            hosts = tuple(f"10.{number}.{n // 250}.{n % 250}" for n in range(4000))
            answer = Answer(name, "A", Status.OK, hosts, 3600, "192.0.2.53", clock())
            assert answer.evidence is not None
            assert answer.hosts == hosts
            assert len(answer.numbers) == len(hosts)
            cache.put((name, "A"), answer)
        return cache

    assert kept_after(filled) < limit


def test_spf_records_of_hundreds_of_terms_are_not_kept() -> None:
    parse_record(b"v=spf1 -all")

    def many() -> None:
        for number in range(50):
            parse_record(f"v=spf1 exists:n{number}.example".encode() + b" a" * 480)
            parse_record(f"v=spf1 exists:n{number}.".encode() + b"%{i}" * 240)

    assert kept_after(many) < 500_000
