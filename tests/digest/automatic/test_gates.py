"""Filters that ask who wrote, programs of mailing lists, and people who sound like them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.automatic.gates import read_gate
from digest.automatic.notices import FOLDER, load_notices
from mail.errors import SettingsProblem
from tests.digest.messages import digest_of, message

CASES = Path(__file__).parent / "gates.tsv"
OFFICE = "Office <office@works.example>"
BY_A_FILTER: list[dict[str, str | bytes]] = [
    {"From": OFFICE, "Auto-Submitted": "auto-replied", "In-Reply-To": "<1@b.example>"},
    {"From": "Mail Filter <confirm@filter.example>", "Precedence": "bulk"},
    {"From": "postmaster@works.example", "Auto-Submitted": "auto-generated"},
]
BY_A_LIST: list[dict[str, str | bytes]] = [
    {"From": "belts-owner@lists.example", "Auto-Submitted": "auto-replied", "Precedence": "bulk"},
    {"From": "SYMPA <sympa@lists.example>", "Auto-Submitted": "auto-replied"},
]
BARE: list[dict[str, str | bytes]] = [{"From": OFFICE}]
BY_A_PERSON: list[dict[str, str | bytes]] = [{"From": OFFICE, "In-Reply-To": "<1@b.example>"}]
HEADERS = {
    "challenge": BY_A_FILTER,
    "moderation": BY_A_LIST,
    "member": BY_A_LIST,
    "person": BY_A_PERSON,
}


def cases() -> Iterator[tuple[str, str, str, str]]:
    for line in CASES.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            language, kind, subject, text = line.split("\t")
            yield language, kind, subject, text.replace("\\n", "\n")


def category(subject: str, text: str, fields: dict[str, str | bytes]) -> str:
    whole = {**fields, "Subject": subject.encode(), "Content-Type": "text/plain; charset=utf-8"}
    return digest_of(message(text.encode(), whole)).category.value


def test_what_filters_and_lists_tell_is_a_notice_and_what_people_tell_is_not() -> None:
    wrong = []
    for language, kind, subject, text in cases():
        for fields in HEADERS[kind]:
            found = category(subject, text, fields)
            if (found == "notice") != (kind != "person") or found == "bounce":
                wrong.append(f"{language} {kind}: {found}")
    assert len({language for language, *_ in cases()}) >= 24
    assert not wrong


def test_words_alone_tell_it_mostly() -> None:
    programs = [one for one in cases() if one[1] != "person"]
    told = sum(category(subject, text, BARE[0]) == "notice" for _, _, subject, text in programs)
    assert told >= 0.9 * len(programs)


def test_who_quotes_a_filter_or_writes_of_himself_is_a_person() -> None:
    held = "Your message is being held. Click the link to prove that you are not a robot."
    assert read_gate("", held, is_program=False)
    assert not read_gate("", f'What is this? "{held}"', is_program=False)
    assert not read_gate("", f"I got this and I don't trust it: {held}", is_program=False)


def test_an_absence_that_names_a_link_is_no_challenge() -> None:
    text = "I am on vacation. Your message will be forwarded. Click here for urgent orders."
    assert not read_gate("Out of office", text, is_program=True)


@pytest.mark.parametrize("line", ["en\tguess\tsome words", "en held", "en\theld\t~ words"])
def test_a_faulty_table_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "signs.toml").write_bytes((FOLDER / "signs.toml").read_bytes())
    (tmp_path / "gates.tsv").write_text(f"{line}\n", "utf-8")
    with pytest.raises(SettingsProblem):
        load_notices(tmp_path)
