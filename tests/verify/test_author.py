"""Whose mail is it? Our own table of header blocks, and what cannot be a table."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.report import AuthorWord
from tests.verify.vectors import cases, name_of
from verify.dmarc.author import FIELD_LIMIT, find_author

CASES = cases("author")


def message(header: bytes) -> Message:
    return parse_message(RawMessage.in_memory(header + b"\r\nSubject: x\r\n\r\nbody\r\n"))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_table_of_authors(case: dict[str, Any]) -> None:
    encoding = "latin-1" if case.get("octets") else "utf-8"
    author = find_author(message(case["header"].encode(encoding)))
    found = author.domain.ascii if author.domain else author.word.value
    assert found == case.get("author", case.get("word")), author.reason
    assert author.reason.isascii()
    assert author.reason.isprintable()
    assert bool(author.reason) == (author.word is not AuthorWord.ONE)


def test_table_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 80


def test_a_message_that_is_all_body_has_no_author() -> None:
    found = find_author(parse_message(RawMessage.in_memory(b"no header at all\r\n")))
    assert found.word is AuthorWord.MISSING


def test_a_thousand_authors_of_one_domain_are_one() -> None:
    many = ", ".join(f"Li <li{number}@example.com>" for number in range(1000))
    assert find_author(message(b"From: " + many.encode())).word is AuthorWord.ONE


def test_a_from_field_of_megabytes_is_refused_unread() -> None:
    for filling in (b"a@b.example, ", b"(", b'"', b"\\", b"<", b"li:", b"\xfc", b"=?utf-8?q?"):
        field = b"From: " + filling * (3_000_000 // len(filling))
        assert find_author(message(field)).word is AuthorWord.MALFORMED


@pytest.mark.parametrize("filling", ["(", "((a)", '"\\', "\\", "<", ",", ":", "@", "ü.", "=?a?q?"])
def test_a_long_field_of_one_kind_is_read_in_bounded_time(filling: str) -> None:
    field = f"From: {filling * (FIELD_LIMIT // len(filling.encode()))}".encode()
    assert find_author(message(field)).domain is None


def test_a_long_label_is_not_encoded() -> None:
    assert find_author(message(f"From: li@{'ü' * 40_000}.example".encode())).domain is None


def test_lines_of_control_characters_are_scanned_once() -> None:
    for filling in (b"\x0b", b"\x0c", b"\r", b" ", b"\x00", b"\xa0"):
        block = b"From: li@example.com\r\nX: " + filling * 1_000_000
        find_author(message(block))


PIECES = st.sampled_from(
    [
        *("li", "example.com", "bank.example", "@", "<", ">", ",", ";", ":", '"', "\\", "(", ")"),
        *(" ", "\r\n ", "\r", "\x00", "=?utf-8?q?", "?=", "[", "]", "ü", "\n", "From:", "\r\n"),
    ]
)


@given(st.lists(PIECES, max_size=30))
def test_any_field_has_an_author_or_a_reason(pieces: list[str]) -> None:
    author = find_author(message(("From: " + "".join(pieces)).encode()))
    assert (author.domain is None) == (author.word is not AuthorWord.ONE)
    assert author.reason or author.domain


@given(st.binary(max_size=200))
def test_any_octets_have_an_author_or_a_reason(octets: bytes) -> None:
    author = find_author(message(b"From: " + octets))
    assert author.reason or author.domain
