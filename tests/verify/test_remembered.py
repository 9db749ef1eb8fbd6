"""What is remembered of strangers' words: the same result, and a bound on memory."""

import pytest

from verify.remembered import remembered


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
