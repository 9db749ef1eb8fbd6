from itertools import product

import pytest

from mta.data import DataDecoder, NewlineWatch
from tests.mta.serving import cuts


def decode(*blocks: bytes) -> tuple[bytes, DataDecoder]:
    decoder = DataDecoder()
    content = b""
    for block in blocks:
        assert not decoder.done, "a block after the end"
        content += decoder.feed(block)
    return content, decoder


CASES = [
    pytest.param(b".\r\n", b"", b"", id="empty message"),
    pytest.param(b"a\r\n.\r\n", b"a\r\n", b"", id="one line"),
    pytest.param(b"\r\n.\r\n", b"\r\n", b"", id="an empty line"),
    pytest.param(b"..\r\n.\r\n", b".\r\n", b"", id="a line of one dot"),
    pytest.param(b"...\r\n..\r\n.\r\n", b"..\r\n.\r\n", b"", id="lines of dots"),
    pytest.param(b"..a\r\n..b\r\n.\r\n", b".a\r\n.b\r\n", b"", id="dots at the beginning of lines"),
    pytest.param(b".a\r\n.\r\n", b"a\r\n", b"", id="a dot that nobody doubled"),
    pytest.param(b"a.\r\nb..c\r\n.\r\n", b"a.\r\nb..c\r\n", b"", id="dots elsewhere"),
    pytest.param(b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n", id="a command after the end"),
    pytest.param(b"a\r\n.\r\n.\r\n", b"a\r\n", b".\r\n", id="an end after the end"),
    pytest.param(b"\r\r\n.\r\n", b"\r\r\n", b"", id="two CR before LF"),
    pytest.param(b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", b"", id="LF . LF is no end"),
    pytest.param(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", b"", id="LF . CRLF is no end"),
    pytest.param(b"a\r.\r\nb\r\n.\r\n", b"a\r.\r\nb\r\n", b"", id="CR . CRLF is no end"),
    pytest.param(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", b"", id="CRLF . LF is no end"),
    pytest.param(b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n", b"", id="CRLF . CR is no end"),
    pytest.param(
        b"a\r\n\0.\r\nb\r\n.\r\n", b"a\r\n\0.\r\nb\r\n", b"", id="CRLF NUL . CRLF is no end"
    ),
    pytest.param(b"\xff\x00\x80\r\n.\r\n", b"\xff\x00\x80\r\n", b"", id="any octet"),
]


@pytest.mark.parametrize(("wire", "content", "rest"), CASES)
def test_data_in_one_block(wire: bytes, content: bytes, rest: bytes) -> None:
    found, decoder = decode(wire)
    assert (found, decoder.done, decoder.rest) == (content, True, rest)


@pytest.mark.parametrize(("wire", "content", "rest"), CASES)
def test_data_cut_in_two_anywhere(wire: bytes, content: bytes, rest: bytes) -> None:
    for first, second in cuts(wire):
        decoder = DataDecoder()
        found = decoder.feed(first)
        left = second
        if not decoder.done:
            found += decoder.feed(second)
            left = b""
        assert (found, decoder.done, decoder.rest + left) == (content, True, rest), first


@pytest.mark.parametrize(("wire", "content", "rest"), CASES)
def test_data_one_octet_at_a_time(wire: bytes, content: bytes, rest: bytes) -> None:
    decoder = DataDecoder()
    found = b""
    position = 0
    while not decoder.done:
        found += decoder.feed(wire[position : position + 1])
        position += 1
    assert (found, wire[position:]) == (content, rest)


def slow_decode(wire: bytes) -> tuple[bytes, bytes] | None:
    """The same said line by line, as RFC 5321 §4.5.2 says it; None if there is no end."""
    lines: list[bytes] = []
    while True:
        line, end, wire = wire.partition(b"\r\n")
        if not end:
            return None
        if line == b".":
            return b"".join(lines), wire
        lines.append(line.removeprefix(b".") + end)


def test_every_short_sequence_is_read_as_the_line_by_line_rule_says() -> None:
    for length in range(9):
        for letters in product(b"\r\n.a", repeat=length):
            wire = bytes(letters)
            decoder = DataDecoder()
            content = decoder.feed(wire)
            expected = slow_decode(wire)
            assert decoder.done == (expected is not None), wire
            if expected is not None:
                assert (content, decoder.rest) == expected, wire


@pytest.mark.parametrize("length", range(7))
def test_a_newline_that_stands_alone_is_noticed_wherever_the_content_is_cut(length: int) -> None:
    for letters in product(b"\r\na", repeat=length):
        content = bytes(letters)
        alone = b"\r" in (rest := content.replace(b"\r\n", b"")) or b"\n" in rest
        for first, second in cuts(content):
            watch = NewlineWatch()
            found = [watch.saw_alone(first), watch.saw_alone(second), watch.ends_with_cr]
            assert any(found) is alone, (first, second)


def test_nothing_is_given_back_twice_or_held_back() -> None:
    decoder = DataDecoder()
    assert decoder.feed(b"x" * 1000) == b"x" * 1000
    assert decoder.feed(b"y\r\n") == b"y"
    assert decoder.feed(b"z") == b"\r\nz"
