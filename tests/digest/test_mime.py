"""The parts of whole and of broken messages."""

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mime import MAX_DEPTH, MAX_PARTS, Tree, read_tree
from mail.raw import RawMessage
from tests.digest.messages import joined, message, multipart, part


def tree_of(content: bytes) -> Tree:
    raw = RawMessage.in_memory(content)
    with raw.buffer() as buffer:
        tree = read_tree(raw, buffer)
        return Tree(tree.message, tree.parts, tree.defects, memoryview(content))


def outline(content: bytes) -> list[tuple[int, str, bytes]]:
    """Depth, type, and the octets of each leaf."""
    tree = tree_of(content)
    return [
        (one.depth, one.content_type, b"" if one.opened else tree.content(one)[0])
        for one in tree.parts
    ]


def test_a_message_without_mime_is_one_text() -> None:
    assert outline(message(b"hello\r\n")) == [(0, "text/plain", b"hello\r\n")]


def test_a_message_without_header_is_all_body() -> None:
    assert outline(b"just text\r\n") == [(0, "text/plain", b"just text\r\n")]


def test_nothing_at_all_is_one_empty_text() -> None:
    assert outline(b"") == [(0, "text/plain", b"")]


def test_the_line_end_before_a_delimiter_is_not_content() -> None:
    content = multipart(
        "multipart/mixed", [part(b"one\r\n"), part(b"two", content_type="text/html")]
    )
    assert outline(content) == [
        (0, "multipart/mixed", b""),
        (1, "text/plain", b"one\r\n"),
        (1, "text/html", b"two"),
    ]


def test_line_feeds_alone_are_line_ends() -> None:
    content = multipart("multipart/mixed", [part(b"one"), part(b"two")]).replace(b"\r\n", b"\n")
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"one", b"two"]


def test_preamble_and_epilogue_are_no_parts() -> None:
    body = b"preamble\r\n" + joined([part(b"one")], "b") + b"epilogue\r\n--b\r\n\r\nnot a part"
    content = message(body, content_type="multipart/mixed; boundary=b")
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"one"]


def test_multiparts_stand_inside_each_other() -> None:
    inner = part(
        joined([part(b"a"), part(b"b")], "in"), content_type="multipart/alternative; boundary=in"
    )
    content = multipart("multipart/mixed", [inner, part(b"c")], "out")
    assert outline(content) == [
        (0, "multipart/mixed", b""),
        (1, "multipart/alternative", b""),
        (2, "text/plain", b"a"),
        (2, "text/plain", b"b"),
        (1, "text/plain", b"c"),
    ]


def test_the_outer_delimiter_ends_an_inner_multipart_that_forgot_to() -> None:
    inner = part(b"--in\r\n\r\na\r\n", content_type="multipart/alternative; boundary=in")
    content = multipart("multipart/mixed", [inner, part(b"c")], "out")
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"", b"a\r\n", b"c"]


def test_an_inner_multipart_may_reuse_its_parents_boundary() -> None:
    inner = part(joined([part(b"a")], "b"), content_type="multipart/alternative; boundary=b")
    content = multipart("multipart/mixed", [inner, part(b"c")], "b")
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"", b"a", b"c"]


@pytest.mark.parametrize("boundary", ["b--", "-b", "a b", "=_x'()+,./:?", "b" * 70])
def test_odd_boundaries_are_found(boundary: str) -> None:
    content = multipart("multipart/mixed", [part(b"one"), part(b"two")], boundary)
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"one", b"two"]


def test_white_space_after_a_boundary_is_nothing() -> None:
    body = b"--b \t\r\n\r\none\r\n--b-- \r\n"
    content = message(body, content_type="multipart/mixed; boundary=b")
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"one"]


def test_a_longer_line_is_no_delimiter() -> None:
    body = joined([part(b"--bb\r\n--b x\r\n-- \r\n--")], "b")
    content = message(body, content_type="multipart/mixed; boundary=b")
    assert outline(content)[1][2] == b"--bb\r\n--b x\r\n-- \r\n--"


def test_a_truncated_message_keeps_what_is_there() -> None:
    content = multipart("multipart/mixed", [part(b"one"), part(b"two is cut")])[:-12]
    assert [leaf for _, _, leaf in outline(content)] == [b"", b"one", b"two is "]
    assert "the last boundary is missing" in tree_of(content).defects


def test_a_part_may_begin_without_its_empty_line() -> None:
    body = b"--b\r\njust text, no header\r\n--b--\r\n"
    content = message(body, content_type="multipart/mixed; boundary=b")
    assert outline(content)[1] == (1, "text/plain", b"just text, no header")


def test_a_header_that_runs_into_the_next_delimiter_has_an_empty_body() -> None:
    body = b"--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
    content = message(body, content_type="multipart/mixed; boundary=b")
    assert outline(content)[1:] == [(1, "text/html", b""), (1, "text/plain", b"two")]


def test_a_multipart_that_cannot_be_taken_apart_is_one_part() -> None:
    nameless = message(b"readable\r\n", content_type="multipart/mixed")
    assert outline(nameless) == [(0, "multipart/mixed", b"readable\r\n")]
    assert tree_of(nameless).defects == ("a multipart without a boundary",)
    partless = message(b"readable\r\n", content_type="multipart/mixed; boundary=b")
    assert outline(partless) == [(0, "multipart/mixed", b"readable\r\n")]
    assert "a multipart without parts" in tree_of(partless).defects


def test_messages_are_the_default_of_a_digest() -> None:
    content = multipart("multipart/digest", [part(b"Subject: inner\r\n\r\nhi")])
    assert outline(content)[1][1] == "message/rfc822"


def test_a_message_inside_is_not_taken_apart() -> None:
    inside = multipart("multipart/mixed", [part(b"one")], "in")
    content = multipart("multipart/mixed", [part(inside, content_type="message/rfc822")], "out")
    assert outline(content)[1:] == [(1, "message/rfc822", inside)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "text/plain"),
        ("", "text/plain"),
        ("/", "text/plain"),
        ("TEXT/HTML", "text/html"),
        ("pdf; name=a.pdf", "application/octet-stream"),
        ("text/html; charset", "text/html"),
        ("text/html\x00", "text/plain"),
    ],
)
def test_rubbish_in_content_type_still_has_a_type(value: str, kind: str) -> None:
    assert tree_of(message(b"x", content_type=value)).root.content_type == kind


def work_of(action: Callable[[], object]) -> int:
    """How many functions are called, ours and C's: a measure that no other program disturbs."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


def nested(levels: int) -> bytes:
    openings = [
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(levels)
    ]
    closings = [b"--b%d--\r\n" % level for level in reversed(range(levels))]
    return b"".join([*openings, b"\r\nhello\r\n", *closings])


def test_ten_thousand_levels_cost_no_more_than_the_limit() -> None:
    content = nested(10_000)
    tree = tree_of(content)
    assert len(tree.parts) == MAX_DEPTH + 1
    assert f"parts nested deeper than {MAX_DEPTH} were not looked into" in tree.defects
    assert work_of(lambda: tree_of(content)) < 200_000


def test_a_hundred_thousand_parts_cost_no_more_than_the_limit() -> None:
    content = multipart("multipart/mixed", [part(b"x")] * 100_000)
    tree = tree_of(content)
    assert len(tree.parts) == MAX_PARTS
    assert f"only the first {MAX_PARTS} parts were looked at" in tree.defects
    assert work_of(lambda: tree_of(content)) < 500_000


def test_a_million_lines_that_look_like_delimiters_end_the_search() -> None:
    content = message(
        b"--b\n\nx\n" + b"--c\n" * 1_000_000, content_type="multipart/mixed; boundary=b"
    )
    assert "too many lines begin with two hyphens" in tree_of(content).defects


def test_endless_headers_of_parts_end_the_search() -> None:
    body = (b"--b\r\n" + b"x: y\r\n" * 2_500 + b"\r\n") * 1000
    tree = tree_of(message(body, content_type="multipart/mixed; boundary=b"))
    assert len(tree.parts) < 200


ALPHABET = [b"--b", b"--c", b"--b--", b"\r\n", b"\n", b"\r\n\r\n", b"x", b"Content-Type: ", b": "]
MORE = [b"multipart/mixed; boundary=b", b"multipart/x; boundary=c", b"text/html", b"\x00", b"\xff"]


@given(st.lists(st.sampled_from(ALPHABET + MORE), max_size=40).map(b"".join) | st.binary())
def test_parts_always_lie_in_the_message_and_in_order(content: bytes) -> None:
    tree = tree_of(content)
    for one in tree.parts:
        assert 0 <= one.start <= one.end <= len(content)
        for around in tree.ancestors(one):
            assert around.start <= one.start
            assert one.end <= around.end
    leaves = [one for one in tree.parts if not one.opened]
    for before, after in pairwise(leaves):
        assert before.end <= after.start
