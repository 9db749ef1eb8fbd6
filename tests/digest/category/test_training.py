"""How the category model is made."""

from pathlib import Path

import pytest

from digest.category.training import CATEGORIES, FRAME, Text, fit, judge, read_texts
from mail.errors import SettingsProblem

TEXTS = [
    *(
        Text("en", "inquiry", f"t{n}", f"please send your price for {n} red pumps")
        for n in range(9)
    ),
    *(
        Text("en", "rejection", f"t{n}", f"we are not interested in {n} red pumps")
        for n in range(9)
    ),
    *(Text("en", "ooo", f"t{n}", f"back on the {n}th of May") for n in range(9)),
    Text("en", FRAME, "hello", "Dear all,"),
]


def test_every_training_text_can_be_read_and_every_language_has_all_categories() -> None:
    texts = read_texts()
    for language in {one.language for one in texts}:
        have = {one.category for one in texts if one.language == language}
        assert have == {*CATEGORIES, FRAME}, language


def test_no_text_stands_there_twice() -> None:
    texts = [(one.language, one.text) for one in read_texts()]
    assert len(texts) == len(set(texts))


def test_a_model_tells_what_it_never_saw() -> None:
    judged = judge(TEXTS, "words")
    assert judged.number == 27
    assert judged.macro_f1 == 1


def test_a_whole_topic_may_be_left_out() -> None:
    assert judge(TEXTS, "topic").number == 27


def test_training_twice_gives_the_same_weights() -> None:
    assert fit(TEXTS) == fit(TEXTS)


def test_a_line_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("inquiry\tprice\tHow much?\nwhat\n")
    with pytest.raises(SettingsProblem, match=r"en\.tsv line 2: want category, topic and text"):
        read_texts(tmp_path)
