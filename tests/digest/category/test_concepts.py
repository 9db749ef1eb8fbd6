"""Files of concepts are read in the quick way where they are plain, and mean the same."""

import tomllib
from pathlib import Path

import pytest

from digest.category.concepts import FOLDER, _read_file, _read_plainly, read_concepts
from digest.category.tokens import tokens, tokens_of_each
from mail.errors import SettingsProblem

PLAIN = '# Words.\nprice = ["how much", "€",\n  "gro\\u00df*",\n]\n\nbuy = ["buy"]\n'


def test_shipped_files_are_plain_and_say_what_toml_says() -> None:
    for path in FOLDER.glob("*.toml"):
        text = path.read_text("utf-8")
        assert _read_plainly(text) == tomllib.loads(text) == _read_file(path)


def test_a_plain_file_is_read_in_the_quick_way() -> None:
    assert _read_plainly(PLAIN) == {"price": ["how much", "€", "groß*"], "buy": ["buy"]}


@pytest.mark.parametrize(
    "text",
    [
        "price = ['how much']\n",
        'price = ["how much"] # and more\n',
        'price = [\n  "how much", # and more\n]\n',
        '"price" = ["how much"]\n',
        'price = [ "how [much]" ]\n',
        '[table]\nprice = ["how much"]\n',
    ],
)
def test_any_other_file_is_left_to_toml(text: str) -> None:
    assert _read_plainly(text) == {}


@pytest.mark.parametrize(
    "text",
    ['price = ["a"]\nprice = ["b"]\n', 'price = ["a",,]\n', 'price = "a"\n', "price = [1]\n"],
)
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "en.toml").write_text(text)
    with pytest.raises(SettingsProblem, match=r"en\.toml"):
        read_concepts(tmp_path)


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
    found = read_concepts(tmp_path)
    for phrase in ("prețul", "pretul", "gia bao nhieu", "τιμη", "السعر اخير", "wiec"):
        assert found.whole[phrase] == {"price"}
    assert found.stems["khong"] == {"not"}
    assert "ne" not in found.whole


def test_a_word_that_means_something_without_accents_keeps_its_meaning(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('price = ["taxé"]\nnot = ["taxe"]\n')
    assert read_concepts(tmp_path).whole["taxe"] == {"not"}


def test_marks_that_are_vowels_or_tones_are_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('price = ["क्यों", "ビジネス", "ซื้อที่"]\n')
    assert len(read_concepts(tmp_path).whole) == 3
