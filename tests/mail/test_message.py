"""Header blocks: every field with its exact octets, whatever the bytes are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.message import (
    MAX_FIELDS,
    MAX_HEADER_BYTES,
    SHORT_HEADER,
    Defect,
    Message,
    parse_message,
)
from mail.raw import RawMessage


def parse(content: bytes) -> Message:
    return parse_message(RawMessage.in_memory(content))


def test_fields_keep_their_octets_and_the_body_begins_after_the_empty_line() -> None:
    content = b"From: a@b.example\r\nSubject: one\r\n two\r\n\r\nbody\r\n"
    message = parse(content)
    assert [header.raw for header in message.headers] == [
        b"From: a@b.example\r\n",
        b"Subject: one\r\n two\r\n",
    ]
    assert content[message.body_start :] == b"body\r\n"
    assert message.headers[1].value == b"one two"
    assert not message.defects


def test_names_are_compared_without_case_and_from_the_top() -> None:
    message = parse(b"Received: 1\r\nreceived: 2\r\nRECEIVED: 3\r\n\r\n")
    assert [header.value for header in message.all("Received")] == [b"1", b"2", b"3"]
    first = message.first("rECEIVED")
    assert first is not None
    assert first.value == b"1"


@pytest.mark.parametrize(
    ("content", "defect"),
    [
        (b"just text\r\nmore\r\n", Defect.NO_HEADER),
        (b"A: b\r\n", Defect.NO_BODY_SEPARATOR),
        (b"A: b\r\nno colon here\r\nC: d\r\n\r\n", Defect.LINE_WITHOUT_COLON),
        (b"A : b\r\n\r\n", Defect.SPACE_BEFORE_COLON),
        (b" folded\r\nA: b\r\n\r\n", Defect.LEADING_CONTINUATION),
        (b"A: b\nC: d\r\n\r\n", Defect.BARE_LF),
        (b"A: b\rC: d\r\n\r\n", Defect.BARE_CR),
        (b"A: \x00\r\n\r\n", Defect.NUL),
        (b"A: \xff\r\n\r\n", Defect.EIGHT_BIT),
        (b"From someone@example.com Sat Nov 21\r\nA: b\r\n\r\n", Defect.FROM_LINE),
        (b"A: " + b"x" * MAX_HEADER_BYTES + b"\r\n\r\n", Defect.OVERSIZED),
        (b"A:b\r\n" * (MAX_FIELDS + 1) + b"\r\n", Defect.OVERSIZED),
    ],
)
def test_each_defect_is_noticed(content: bytes, defect: Defect) -> None:
    assert defect in parse(content).defects


def test_a_field_hidden_behind_a_bare_lf_is_seen() -> None:
    message = parse(b"Subject: x\nFrom: evil@bank.example\r\nFrom: a@b.example\r\n\r\n")
    assert len(list(message.all("from"))) == 2


def test_a_line_without_a_colon_hides_nothing_after_it() -> None:
    message = parse(b"A: b\r\ngarbage\r\nFrom: a@b.example\r\n\r\n")
    assert message.first("from") is not None


def test_a_message_that_begins_with_an_empty_line_has_no_header() -> None:
    message = parse(b"\r\nFrom: a@b.example\r\n\r\n")
    assert message.headers == ()
    assert message.body_start == 2


def test_the_empty_message_is_read_too() -> None:
    assert parse(b"").headers == ()


def test_a_hundred_thousand_fields_are_read() -> None:
    message = parse(b"X-Field: value\r\n" * 100_000 + b"\r\nbody")
    assert len(message.headers) == 100_000


def test_a_spool_file_is_read_like_memory(tmp_path: Path) -> None:
    content = b"A: b\r\n" * 30_000 + b"\r\nbody"
    path = tmp_path / "spooled"
    path.write_bytes(content)
    here = RawMessage.in_memory(content)
    spooled = RawMessage.in_file(path, len(content), here.sha256)
    assert parse_message(spooled).headers == parse_message(here).headers
    assert parse_message(spooled).body_start == parse_message(here).body_start


def test_the_message_id_is_fit_for_a_log_line() -> None:
    message = parse(b"Message-ID:\r\n <a\x00b@c.example>\r\n\r\n")
    assert message.message_id == "<a\ufffdb@c.example>"
    assert parse(b"Message-ID: \r\n\r\n").message_id is None


@given(st.lists(st.sampled_from([b"A: b", b"\r\n", b"\n", b"\r", b" ", b":", b"x", b"\x00", b"\xff",
                                 b"From ", b"\t"]), max_size=40))  # fmt: skip
def test_any_bytes_give_a_message_whose_fields_lie_in_its_header_block(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    message = parse(content)
    assert 0 <= message.body_start <= len(content)
    assert all(header.raw in message.header_block for header in message.headers)


@given(
    st.lists(
        st.sampled_from(
            b"A: b|To : c| d|\te|no field|:|\x00|\xe9: f|From x|\r\n|\n|\r".split(b"|")
        ),
        max_size=12,
    )
)
def test_a_short_block_is_read_as_the_same_lines_of_a_long_one(pieces: list[bytes]) -> None:
    block = b"".join(pieces)
    if block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\n\r\n" in block:
        return  # its end comes first
    block = block if block.endswith(b"\n") else block + b"\n"
    short = parse_message(RawMessage.in_memory(block))
    padding = b"Padding: " + b"x" * SHORT_HEADER + b"\r\n"
    long = parse_message(RawMessage.in_memory(block + padding))
    assert long.headers[:-1] == short.headers
    if short.headers:
        assert long.defects == short.defects
