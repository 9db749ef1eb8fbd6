"""What operators' corrections teach, and that they cannot break what is known."""

import random

import pytest

from digest.category.concepts import shipped_concepts
from digest.category.features import Features, features
from digest.category.lessons import MARGIN, Lesson, changed, learn, macro_f1, shipped_check
from digest.category.model import Model, shipped_model
from digest.category.training import CATEGORIES, FRAME, read_texts


def of(text: str) -> Features:
    return features("", text, shipped_concepts())


ODD = "The zebra form came back from the ministry, blue stamp and all, see you at the pergola."


def test_a_kind_of_message_that_is_corrected_again_and_again_is_learned() -> None:
    base = shipped_model()
    before = base.predict(of(ODD)).likely["notice"]
    lessons = [Lesson(of(f"{ODD} Number {n} of the zebra forms."), "notice") for n in range(12)]
    learned = learn(base, lessons, shipped_check())
    assert learned.changes is not None
    after = changed(base, learned.changes).predict(of(ODD)).likely["notice"]
    assert after > before


def test_no_lesson_changes_nothing() -> None:
    learned = learn(shipped_model(), [], shipped_check())
    assert learned.changes is not None
    assert learned.changes.weights == {}
    assert learned.after == learned.before


def test_a_thousand_wrong_corrections_cannot_push_it_below_the_floor() -> None:
    chance = random.Random(4)
    texts = [one for one in read_texts() if one.category != FRAME]
    wrong = [
        Lesson(of(one.text), chance.choice([name for name in CATEGORIES if name != one.category]))
        for one in chance.sample(texts, 1000)
    ]
    base, check = shipped_model(), shipped_check()
    learned = learn(base, wrong, check)
    kept = base if learned.changes is None else changed(base, learned.changes)
    assert macro_f1(kept, check) >= macro_f1(base, check) - MARGIN


def test_everything_called_rejection_is_refused_or_harmless() -> None:
    texts = [one for one in read_texts() if one.category == "inquiry"][:1000]
    base, check = shipped_model(), shipped_check()
    learned = learn(base, [Lesson(of(one.text), "rejection") for one in texts], check)
    kept = base if learned.changes is None else changed(base, learned.changes)
    assert macro_f1(kept, check) >= macro_f1(base, check) - MARGIN


def test_only_features_that_the_shipped_model_knows_are_kept() -> None:
    learned = learn(shipped_model(), [Lesson(of("Xyzzyplugh 4711 " * 9), "notice")], ())
    assert learned.changes is not None
    assert set(learned.changes.weights) <= set(shipped_model().weights)


def test_a_category_that_there_is_not_teaches_nothing() -> None:
    assert learn(shipped_model(), [Lesson(of(ODD), "other")], ()).lessons == 0


def test_changes_of_a_model_with_other_categories_are_left_out() -> None:
    base = shipped_model()
    assert changed(base, Model(("a",), (0.0,), {"#price": (9,)})) is base


def test_check_texts_are_of_every_category_and_were_not_learned() -> None:
    check = shipped_check()
    assert {one.category for one in check} == set(CATEGORIES)
    assert len(check) >= 300
    assert macro_f1(shipped_model(), check) == pytest.approx(0.93, abs=0.06)
