"""Tag lists: what is plainly well formed is read as dkimpy reads it, and all else is left to it."""

from dkim.util import InvalidTagValueList, parse_tag_value
from hypothesis import given
from hypothesis import strategies as st

from mail.reason import ReasonedError
from verify.dkim.tags import parse_tags

PIECES = [
    b"a",
    b"b1",
    b"_",
    b"D",
    b"=",
    b"==",
    b";",
    b";;",
    b" ",
    b"\t",
    b"x y",
    b"\xff",
    b"-",
    b"1",
]
lists = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)


@given(lists)
def test_a_list_that_we_read_is_read_as_dkimpy_reads_it(text: bytes) -> None:
    try:
        ours = parse_tags(text)
    except ReasonedError:
        return
    assert list(ours.items()) == list(parse_tag_value(text).items())


@given(lists)
def test_a_list_that_dkimpy_refuses_is_refused(text: bytes) -> None:
    try:
        parse_tag_value(text)
    except InvalidTagValueList:
        pass
    else:
        return
    try:
        found = parse_tags(text)
    except ReasonedError:
        return
    raise AssertionError(f"{text!r} was read as {found}")
