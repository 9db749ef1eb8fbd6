"""What is known of forwarding as data, and subjects read with it."""

from pathlib import Path
from shutil import copytree

import pytest

from digest.forward.rules import FOLDER, Prefix, load_rules, prefix_of, shipped_rules
from mail.errors import SettingsProblem

SUBJECTS = {
    "Fwd: Offer": (Prefix.FORWARD, "Offer"),
    "FW: RE: Offer": (Prefix.FORWARD, "Offer"),
    "转发：报价": (Prefix.FORWARD, "报价"),
    "轉寄: 報價": (Prefix.FORWARD, "報價"),
    "WG: AW: Angebot": (Prefix.FORWARD, "Angebot"),
    "TR : Offre": (Prefix.FORWARD, "Offre"),
    "İLT: Teklif": (Prefix.FORWARD, "Teklif"),
    "Fwd[2]: Offer": (Prefix.FORWARD, "Offer"),
    "[Fwd: Offer]": (Prefix.FORWARD, "Offer"),
    "[External] Fwd: Offer": (Prefix.FORWARD, "Offer"),
    "Offer (fwd)": (Prefix.FORWARD, "Offer"),
    "Re: Fwd: Offer": (Prefix.REPLY, "Offer"),
    "回复：转发：报价": (Prefix.REPLY, "报价"),
    "VS: Tilbud": (Prefix.BOTH, "Tilbud"),
    "Offer: 500 lamps": (None, "Offer: 500 lamps"),
    "Forward rates": (None, "Forward rates"),
    "": (None, ""),
}


@pytest.mark.parametrize(("subject", "expected"), SUBJECTS.items(), ids=SUBJECTS.keys())
def test_the_outermost_prefix_says_what_was_done(
    subject: str, expected: tuple[Prefix | None, str]
) -> None:
    assert prefix_of(subject) == expected


def test_no_prefix_forwards_and_answers() -> None:
    rules = shipped_rules()
    assert sum(one is Prefix.FORWARD for one in rules.prefixes.values()) >= 60
    assert rules.prefixes["re"] is Prefix.REPLY
    assert rules.prefixes["vs"] is Prefix.BOTH


def test_names_of_fields_are_in_lower_case_and_once() -> None:
    names = [field.name for field in shipped_rules().fields]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("fields.toml", 'tells = "passed"', 'tells = "passes"'),
        ("fields.toml", "strong = true", "weak = true"),
        ("prefixes.toml", "forward = [", "forwards = ["),
        ("prefixes.toml", "source = ", "whence = "),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, file: str, old: str, new: str) -> None:
    folder = tmp_path / "forwards"
    copytree(FOLDER, folder)
    path = folder / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(SettingsProblem, match=file):
        load_rules(folder)
