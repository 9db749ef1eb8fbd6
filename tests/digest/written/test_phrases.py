"""The phrases as data: whole, readable, and never silently wrong."""

from pathlib import Path
from shutil import copytree

import pytest

from digest.written.page import marked
from digest.written.phrases import FOLDER, Label, fold, load_phrases, read_table, shipped_phrases
from mail.errors import SettingsProblem


def test_every_language_has_a_word_for_sender_recipient_and_subject() -> None:
    languages = read_table(FOLDER / "labels.toml").tables("language")
    assert len(languages) >= 40
    for language in languages:
        for label in ("from", "to", "subject"):
            assert language[label], (language["code"], label)


def test_a_label_is_found_whatever_its_case_and_spaces() -> None:
    labels = shipped_phrases().labels
    for label in ("发件人", "主题", "gesendet", "보낸사람", "dela"):
        assert label in labels
    assert Label.SUBJECT in labels["主题"]


def test_both_letters_i_are_one() -> None:
    assert fold("İLETİ") == fold("ileti")


def test_phrases_are_long_enough_to_mean_something() -> None:
    phrases = shipped_phrases()
    for openings in (phrases.devices, phrases.disclaimers, phrases.scanners, phrases.banners):
        for same in openings.by_start.values():
            assert all(len(one) >= 2 for one in same)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("labels.toml", "[[language]]", "[[tongue]]"),
        ("verbs.toml", "wrote = [", "said = ["),
        ("footers.toml", "confidence = ", "certainty = "),
        ("separators.toml", "source = ", "from = "),
        ("signatures.toml", "checked_on = 2026-11-21", 'checked_on = "yesterday"'),
        ("signatures.toml", "closings = [", "closings = ["[:-1]),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, file: str, old: str, new: str) -> None:
    folder = tmp_path / "written"
    copytree(FOLDER, folder)
    path = folder / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(SettingsProblem, match=file):
        load_phrases(folder)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match=r"separators\.toml"):
        load_phrases(tmp_path)


def test_every_sign_of_a_page_makes_a_mark() -> None:
    for sign in read_table(FOLDER / "pages.toml").tables("sign"):
        name = str(sign["find"])
        tag = f"{name} >" if name.startswith("<") else f"<div {name}>"
        assert marked(f"{tag}x</div>") != f"{tag}x</div>"
