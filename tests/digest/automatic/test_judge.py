"""Automatic answers in many languages, and people who only write about holidays."""

import shutil
from pathlib import Path

import pytest

from digest.automatic.judge import read_automatic
from digest.automatic.rules import FOLDER, load_rules
from digest.away import Away
from digest.fields import Fields
from mail.errors import SettingsProblem
from tests.digest.automatic.cases import Case, read_cases
from tests.digest.messages import digest_of, message

ANSWERS = read_cases("automatic.tsv")
PEOPLE = read_cases("not_ooo.tsv")
RECEIPTS = read_cases("receipts.tsv")


def names(cases: list[Case]) -> list[str]:
    return [f"{number}-{case.language}" for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", ANSWERS, ids=names(ANSWERS))
def test_an_automatic_answer_is_told_by_rules(case: Case) -> None:
    digest = digest_of(case.content(), mail_from="writer@example.net")
    assert digest.category == "ooo"
    assert digest.confidence >= 0.7


@pytest.mark.parametrize("case", PEOPLE, ids=names(PEOPLE))
def test_a_person_who_writes_about_holidays_is_no_automatic_answer(case: Case) -> None:
    digest = digest_of(case.content(), mail_from="writer@example.net")
    assert digest.category != "ooo"
    assert digest.away is None


def test_a_decision_in_the_phrases_of_receipts_is_a_letter() -> None:
    wrong = []
    for case in read_cases("formal.tsv"):
        found = digest_of(case.content(), mail_from="writer@example.net").category
        if found not in ("to_reply", "rejection", "inquiry"):
            wrong.append((case.language, case.subject, found))
    assert wrong == []


def test_who_answers_an_automatic_answer_of_ours_is_a_person() -> None:
    nothing = Fields(())
    note = "This is an automatic reply: we have received your message."
    titles = [
        *("Automatic reply", "Automatische Antwort", "Réponse automatique", "Autosvar"),
        *(
            "Автоматический ответ",
            "Automatikus válasz",
            "自动回复",
            "自動返信",
            "자동 회신",
            "رد تلقائي",
        ),
        *("תשובה אוטומטית", "स्वचालित उत्तर", "Trả lời tự động", "ตอบกลับอัตโนมัติ"),
    ]
    for title in titles:
        for before in ("", "Fwd: ", "[EXTERNAL] "):
            assert read_automatic(nothing, f"{before}{title}: x", "", is_null_sender=False)
        for before in ("Re: ", "RE[2]: ", "SV: AW: ", "[EXTERNAL] Re: ", "回复：", "Ответ: "):
            subject = f"{before}{title}: x"
            assert read_automatic(nothing, subject, "x", is_null_sender=False) is None
            assert read_automatic(nothing, subject, note, is_null_sender=False)


def test_who_wishes_us_a_good_holiday_is_a_person() -> None:
    letters = [
        ("RE: Out of Office: Offer", "No problem, enjoy your holiday; I wait until you are back."),
        ("AW: Automatische Antwort: x", "Alles klar, dann warte ich bis Montag. Schönen Urlaub!"),
        ("R: Risposta automatica: x", "Va bene, aspetto il Suo rientro lunedì. Buone ferie!"),
        ("Odp: Automatyczna odpowiedź: x", "Poczekam na Pana powrót. Udanego urlopu!"),
        ("YNT: Otomatik yanıt: x", "Tamam, pazartesi dönmenizi beklerim. İyi tatiller!"),
        ("회신: 자동 회신: x", "네, 월요일에 돌아오실 때까지 기다리겠습니다. 휴가 잘 보내세요."),
        ("回复：自动回复：x", "好的，等您周一回来再说，假期愉快。"),
    ]
    for subject, text in letters:
        case = Case("", {"From": "a@example.net"}, subject, text)
        assert digest_of(case.content(), mail_from="a@example.net").category != "ooo"


def test_who_is_gone_for_good_is_told_from_a_machine_that_does_not_run() -> None:
    wrong = []
    lines = (Path(__file__).parent / "gone.tsv").read_text("utf-8").splitlines()
    for line in lines[1:]:
        expected, language, text = line.split("\t")
        case = Case(language, {"From": "a@example.net"}, "Re: Offer", text)
        digest = digest_of(case.content(), mail_from="a@example.net")
        found = digest.away or Away()
        is_gone = digest.category == "ooo" and found.left and found.substitute is not None
        if (is_gone, digest.category == "ooo") != (expected == "left",) * 2:
            wrong.append((expected, language, digest.category.value, found))
    assert len({line.split("\t")[1] for line in lines[1:]}) >= 34
    assert not wrong


def test_there_are_people_enough() -> None:
    assert len(PEOPLE) >= 60


@pytest.mark.parametrize("case", RECEIPTS, ids=names(RECEIPTS))
def test_a_receipt_is_an_automatic_answer_and_nobody_is_away(case: Case) -> None:
    digest = digest_of(case.content(), mail_from="writer@example.net")
    assert digest.category == "ooo"
    assert digest.away is None


def test_a_filter_that_asks_who_we_are_tells_of_no_absence() -> None:
    text = b"Your message is waiting. Prove that you are a person: https://guard.example/1"
    digest = digest_of(message(text, {"Auto-Submitted": "auto-replied"}))
    assert digest.category.value == "ooo"
    assert digest.away is None


def test_an_automatic_answer_that_says_nothing_more_may_be_an_absence() -> None:
    digest = digest_of(message(b"Thanks.", {"Auto-Submitted": "auto-replied"}), "a@example.net")
    assert digest.away == Away()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ticket = 4", "ticket = true"),
        ("ticket = 4", ""),
        ('name = "x-vacation"', "title = 1"),
        ('confidence = "low"', 'confidence = "none"'),
    ],
)
def test_faulty_signs_are_named(tmp_path: Path, before: str, after: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "automatic")
    file = tmp_path / "automatic" / "signs.toml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(SettingsProblem, match=r"signs\.toml"):
        load_rules(tmp_path / "automatic")


def test_a_faulty_language_is_named(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "automatic")
    file = tmp_path / "automatic" / "en.toml"
    file.write_text(file.read_text("utf-8").replace("robot = [", "robots = ["), "utf-8")
    with pytest.raises(SettingsProblem, match=r"en\.toml"):
        load_rules(tmp_path / "automatic")


def test_what_a_program_wrote_of_itself_is_an_answer_only_where_it_says_so() -> None:
    wrong = []
    for expected, subject, text in rows("generated.tsv"):
        headers = {"Auto-Submitted": "auto-generated", "From": "a@example.net"}
        digest = digest_of(Case("", headers, subject, text).content(), "a@example.net")
        if digest.category.value != expected:
            wrong.append((expected, digest.category.value, text))
    assert not wrong


def test_what_somebody_types_above_a_letter_is_no_note_of_absence() -> None:
    quoted = "On Mon, Nov 16, 2026 at 9:55 AM Li <li@acme.example> wrote:\n> Shall we swap it?\n"
    wrong = []
    for expected, text in rows("typed.tsv"):
        headers = {"In-Reply-To": "<1@acme.example>", "From": "a@example.net"}
        content = Case("", headers, "Re: pump", f"{text}\n\n{quoted}").content()
        digest = digest_of(content, "a@example.net")
        if (digest.category.value == "ooo") != (expected == "note"):
            wrong.append((expected, digest.category.value, text))
    assert not wrong


def rows(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]
