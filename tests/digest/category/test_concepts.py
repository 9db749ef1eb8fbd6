"""The table of concepts says what the lists say that people write."""

from pathlib import Path

import pytest

from digest.category.concepts import TABLE, read_concepts, write_concepts
from digest.category.tokens import tokens, tokens_of_each
from digest.category.wordlists import concepts_of, read_wordlists
from mail.errors import SettingsProblem


def test_the_shipped_table_was_made_of_the_shipped_lists() -> None:
    made = write_concepts(read_wordlists())
    assert TABLE.read_text("utf-8") == made, "postern train --concepts makes it anew"


def test_a_table_is_written_and_read_again() -> None:
    price, both = frozenset({"price"}), frozenset({"price", "not"})
    concepts = concepts_of({"how much": price, "钱": price, "no price": both}, {"cost": price})
    read = read_concepts(write_concepts(concepts))
    assert read == concepts
    assert list(read.found_in(["no", "price", "costs", "多少钱"])) == [both, price, price]


@pytest.mark.parametrize(
    "text",
    ['price = ["a"]\nprice = ["b"]\n', 'price = ["a",,]\n', 'price = "a"\n', "price = [1]\n"],
)
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "en.toml").write_text(text)
    with pytest.raises(SettingsProblem, match=r"en\.toml"):
        read_wordlists(tmp_path)


def test_the_no_of_a_number_refuses_nothing() -> None:
    assert tokens("PO No. 47, no thanks") == ["po", "0", "no", "thanks"]
    assert tokens("Заказ № 318") == ["заказ", "0"]
    assert tokens("12 no'lu İHALE") == ["0", "ihale"]


def test_texts_together_have_the_tokens_of_each() -> None:
    texts = ["How much?", "", "a@b.example", "www.x.example", "报价 10", "ﬁne", "e", "\u0301x"]
    assert tokens_of_each(texts) == [tokens(text) for text in texts]
    broken = ["two\nlines", "one"]
    assert tokens_of_each(broken) == [tokens(text) for text in broken]


def test_words_are_known_with_and_without_their_accents(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text(
        'price = ["prețul", "giá bao nhiêu", "τιμή", "السعر أخير", "więc"]\n'
        'not = ["không*", "né"]\n'
    )
    found = read_wordlists(tmp_path)
    for phrase in ("prețul", "pretul", "gia bao nhieu", "τιμη", "السعر اخير", "wiec"):
        assert found.whole[phrase] == {"price"}
    assert found.stems["khong"] == {"not"}
    assert "ne" not in found.whole


def test_a_word_that_means_something_without_accents_keeps_its_meaning(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('price = ["taxé"]\nnot = ["taxe"]\n')
    assert read_wordlists(tmp_path).whole["taxe"] == {"not"}


def test_marks_that_are_vowels_or_tones_are_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('price = ["क्यों", "ビジネス", "ซื้อที่"]\n')
    assert len(read_wordlists(tmp_path).whole) == 3
