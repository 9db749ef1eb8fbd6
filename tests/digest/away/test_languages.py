"""A faulty file of a language stops the start, and is named."""

from pathlib import Path

import pytest

from digest.away.languages import FOLDER, load_languages, shipped_languages
from mail.errors import SettingsProblem


def test_every_shipped_language_has_words_for_everything() -> None:
    languages = shipped_languages().by_name.values()
    assert len(languages) >= 34
    for language in languages:
        assert all(language.phrases[role] for role in language.phrases)
        assert all(language.weekdays)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('order = "dmy"', 'order = "sideways"'),
        ('confidence = "medium"', 'confidence = "certain"'),
        ("checked_on = 2026-11-21", 'checked_on = "lately"'),
        ('["lundi"], ', ""),
        ('back = ["de retour"', 'back = ["(de)? retour"'),
        ('back = ["de retour"', 'back = [7, "de retour"'),
        ("today = ", "nowadays = "),
        ("{n}(er|)", "{n}+"),
        ("{n}(er|)", "23"),
        ("[[", "[[["),
    ],
)
def test_a_faulty_file_is_named(tmp_path: Path, before: str, after: str) -> None:
    text = " ".join((FOLDER / "fr.toml").read_text("utf-8").split(" "))
    text = text.replace("],[", "], [").replace("[\n  ", "[")
    assert before in text
    (tmp_path / "fr.toml").write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(SettingsProblem, match=r"fr\.toml"):
        load_languages(tmp_path)


def test_a_folder_without_languages_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="no languages"):
        load_languages(tmp_path)
