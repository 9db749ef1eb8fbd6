"""Replies: codes that belong together, printable text, and folding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.reply import LINE_LIMIT, Reply, fold, printable


def test_a_reply_says_code_enhanced_code_and_text() -> None:
    assert str(Reply(250, "2.0.0", "accepted")) == "250 2.0.0 accepted"
    assert Reply(354, "", "go ahead").wire() == b"354 go ahead\r\n"


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (550, "4.7.1", "mixed classes"),
        (250, "5.0.0", "mixed classes"),
        (450, "4.7", "not three numbers"),
        (199, "", "no such class"),
        (250, "2.0.0", "two\r\nlines"),
        (250, "2.0.0", "caf\u00e9"),
        (250, "2.0.0", "nul\x00"),
    ],
)
def test_a_reply_refuses_to_exist_when_it_would_lie(code: int, enhanced: str, text: str) -> None:
    with pytest.raises(ValueError):
        Reply(code, enhanced, text)


def test_the_transaction_id_is_the_last_word() -> None:
    assert str(Reply(250, "2.0.0", "accepted").with_id("01ABC")) == "250 2.0.0 accepted [01ABC]"


def test_a_long_reply_is_folded_with_its_codes_on_every_line() -> None:
    wire = Reply(550, "5.7.26", "word " * 250 + "end").wire()
    lines = wire.split(b"\r\n")
    assert lines[-1] == b""
    assert all(line.startswith(b"550-5.7.26 ") for line in lines[:-2])
    assert lines[-2].startswith(b"550 5.7.26 ")


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=3000))
def test_folding_keeps_every_word_and_the_limit(text: str) -> None:
    lines = fold(text, 100)
    assert all(len(line) <= 100 for line in lines)
    assert " ".join(lines).replace(" ", "") == text.replace(" ", "")
    wire = Reply(550, "5.7.1", text).wire()
    assert all(len(line) <= LINE_LIMIT for line in wire.split(b"\r\n"))


@given(st.text(max_size=400))
def test_foreign_words_become_printable(text: str) -> None:
    Reply(550, "5.7.1", printable(text))
