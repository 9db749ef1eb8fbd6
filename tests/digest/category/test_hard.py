"""The category model against messages that it never learned and that were made to be hard."""

from digest.category.training import read_texts
from tests.digest.category.hard import CATEGORIES, macro_f1, read_hard


def test_hard_messages_are_many_and_of_all_categories_and_twenty_languages() -> None:
    messages = read_hard()
    assert len(messages) >= 300
    assert {one.category for one in messages} == set(CATEGORIES)
    assert len({one.language for one in messages}) >= 20


def test_hard_messages_are_told_right() -> None:
    pairs = [(one.category, one.digest().category.value) for one in read_hard()]
    assert macro_f1(pairs) >= 0.9


def test_messages_that_were_written_after_the_model_are_told_right() -> None:
    some = [one for one in read_hard() if one.kind == "second"]
    pairs = [(one.category, one.digest().category.value) for one in some]
    assert len(pairs) >= 100
    assert macro_f1(pairs) >= 0.85


def test_no_text_of_the_hard_messages_was_learned() -> None:
    learned = {one.text for one in read_texts() if len(one.text) > 20}
    assert not [one for one in read_hard() if one.body in learned]
