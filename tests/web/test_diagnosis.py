"""A diagnosis in words, and what of it is kept from those who may not read the message."""

from typing import Any

import pytest

from web.diagnosis import diagnosis_lines, diagnosis_of

CHANGE = {"kind": "text_appended", "where": "body", "octets": 212, "excerpt": "unsubscribe"}


def diagnosis(proof: str = "signature", **changed: Any) -> dict[str, Any]:
    one = {"domain": "example.com", "proof": proof, "changes": [CHANGE], "hop": None, **changed}
    return {"signatures": [one]}


def test_the_line_names_the_change_and_that_it_is_proved() -> None:
    (line,) = diagnosis_lines(diagnosis(), "en", False)
    assert "212 octets" in line
    assert "(unsubscribe)" in line
    assert "the signature of example.com verifies" in line
    (chinese,) = diagnosis_lines(diagnosis(), "zh-CN", False)
    assert "212 字节" in chinese


@pytest.mark.parametrize("proof", ["body_hash", "header", "none"])
def test_what_is_not_proved_does_not_say_that_it_is(proof: str) -> None:
    (line,) = diagnosis_lines(diagnosis(proof), "en", False)
    assert "This is proved" not in line


def test_the_relays_are_named() -> None:
    hop = {"after": "list.example (i=1)", "before": ""}
    (line,) = diagnosis_lines(diagnosis(hop=hop), "en", False)
    assert "list.example (i=1) had still signed" in line


def test_a_closed_message_shows_no_excerpt() -> None:
    (line,) = diagnosis_lines(diagnosis(), "en", True)
    assert "unsubscribe" not in line
    assert "unsubscribe" not in str(diagnosis_of(diagnosis(), True))
    assert "unsubscribe" in str(diagnosis_of(diagnosis(), False))


def test_without_a_diagnosis_there_is_nothing_to_say() -> None:
    assert diagnosis_lines(None, "en", False) == ()
    assert diagnosis_of(None, True) is None
