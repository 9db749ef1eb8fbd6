"""The category model: what it is told apart by, and that it bears any text."""

import pytest

from digest.category.concepts import shipped_concepts
from digest.category.features import MOST_CHARACTERS, features
from digest.category.model import Model, read_model, shipped_model, write_model
from digest.category.training import CATEGORIES

TOLD = [
    ("inquiry", "Quotation needed", "Kindly let us have your price for forty pumps."),
    ("inquiry", "", "我们想采购这款水泵，请报个价，另外寄两个样品。"),
    ("rejection", "", "Thanks, but we are not interested. Please take us off your list."),
    ("rejection", "", "谢谢介绍，我们有长期合作的供应商，暂时不需要。"),
    ("ooo", "", "I am on annual leave and will be back on Monday. For urgent cases contact Jane."),
    ("ooo", "", "我正在休假，周一回来，急事请联系同事。"),
    ("bounce", "", "Your message could not be delivered: the mailbox does not exist."),
]


@pytest.mark.parametrize(("category", "subject", "text"), TOLD)
def test_plain_cases_are_told_in_english_and_chinese(
    category: str, subject: str, text: str
) -> None:
    said = shipped_model().predict(features(subject, text, shipped_concepts()))
    assert said.category == category
    assert said.reasons


def test_probabilities_are_of_all_categories_and_together_one() -> None:
    said = shipped_model().predict(features("", "price", shipped_concepts()))
    assert set(said.likely) == set(CATEGORIES)
    assert sum(said.likely.values()) == pytest.approx(1)


def test_what_is_impossible_is_never_said() -> None:
    text = "Your message could not be delivered: the mailbox does not exist."
    found = features("", text, shipped_concepts())
    assert shipped_model().predict(found, frozenset({"bounce"})).category != "bounce"


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\ud800", "價" * 10_000_000, "a" * 10_000_000, "?" * 9999]
)
def test_any_text_has_an_answer_and_few_features(text: str) -> None:
    found = features("", text, shipped_concepts())
    assert len(found.runs) + len(found.concepts) < 10 * MOST_CHARACTERS
    assert shipped_model().predict(found).category in CATEGORIES


def test_one_spelling_for_what_means_the_same() -> None:
    first = features(
        "", "ＰＲＩＣＥ of 20 pumps: http://a.example/1, x@a.example", shipped_concepts()
    )
    other = features(
        "", "price of 7 pumps: https://b.example/2/3, y.z@b.example", shipped_concepts()
    )
    assert first == other


def test_a_model_is_written_and_read_again() -> None:
    model = Model(("a", "b"), (0.5, -0.5), {"#price": (10, -20), ' "x': (1, 0)})
    written = read_model(write_model(model))
    assert written == model
    assert "x" not in written.weights


def test_numbers_that_are_none_are_an_error_when_they_are_used() -> None:
    model = read_model("a\tb\n0.5\t-0.5\n#price\t10 x\n")
    with pytest.raises(ValueError, match="x"):
        dict(model.weights)


def test_a_file_that_was_cut_off_is_an_error() -> None:
    model = write_model(Model(("a", "b"), (0.5, -0.5), {"#price": (10, -20)}))
    for cut in (1, 5, 10):
        with pytest.raises(ValueError, match="cut off"):
            read_model(model[:-cut])


def test_no_feature_that_is_shipped_breaks_the_lines_of_its_file() -> None:
    categories = len(shipped_model().categories)
    weights = dict(shipped_model().weights)
    assert all(len(numbers) == categories for numbers in weights.values())
    assert not any(set(name) & set("\t\n\r") for name in weights)
