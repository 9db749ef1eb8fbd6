"""Absence notes of our own, and what is said of each."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from digest.away import Away, read_away
from tests.digest.away.notes import Note, read_notes

NOTES = read_notes()
HARD = read_notes("hard.tsv")
TERSE = read_notes("terse.tsv")
WRITER = "writer@example.com"
FRIDAY = datetime(2026, 11, 20, 10, tzinfo=UTC)


def numbered(notes: list[Note]) -> list[str]:
    return [f"{number}-{note.language}" for number, note in enumerate(notes)]


def read(note: Note) -> Away:
    return read_away(note.subject, note.text, note.sent, WRITER, ["li@example.com"]) or Away()


def back_on(text: str, sent: datetime = FRIDAY, sender: str = WRITER) -> date | None:
    found = read_away("Automatic reply", text, sent, sender)
    return found.back_on if found else None


def test_there_are_notes_enough_in_languages_enough() -> None:
    languages = Counter(note.language for note in NOTES)
    assert len(NOTES) >= 220
    assert len(languages) >= 34
    assert min(languages.values()) >= 2


@pytest.mark.parametrize("note", NOTES, ids=numbered(NOTES))
def test_a_note_says_when_somebody_is_back_and_whom_to_ask(note: Note) -> None:
    assert read(note) == Away(note.back_on, note.substitute, note.left)


@pytest.mark.parametrize("note", HARD, ids=numbered(HARD))
def test_a_note_that_was_written_after_the_reader_is_understood(note: Note) -> None:
    assert read(note) == Away(note.back_on, note.substitute, note.left)


def test_notes_that_ask_nobody_to_do_anything_are_understood_in_each_language() -> None:
    found = {f"{note.language}: {note.text}": read(note) for note in TERSE}
    told = {
        f"{note.language}: {note.text}": Away(note.back_on, note.substitute, note.left)
        for note in TERSE
    }
    assert len(told) > 100
    assert found == told


def test_a_day_without_its_month_is_the_next_such_day_and_other_numbers_are_none() -> None:
    lines = (Path(__file__).parent / "days.tsv").read_text("utf-8").splitlines()
    told = [line.split("\t") for line in lines if not line.startswith("#")]
    found = [[language, str(back_on(text) or "-"), text] for language, _, text in told]
    assert len(told) > 100
    assert found == told


@pytest.mark.parametrize(
    ("sender", "hours", "day"),
    [
        ("a@example.com", -5, (2027, 3, 4)),
        ("a@example.us", 0, (2027, 3, 4)),
        ("a@example.ph", 8, (2027, 3, 4)),
        ("a@example.co.uk", 0, (2027, 4, 3)),
        ("a@example.com", 1, (2027, 4, 3)),
        ("a@example.com.au", -5, (2027, 4, 3)),
    ],
)
def test_the_country_says_which_number_is_the_month(
    sender: str, hours: int, day: tuple[int, int, int]
) -> None:
    sent = datetime(2027, 2, 1, 10, tzinfo=timezone(timedelta(hours=hours)))
    assert back_on("I am on leave, back on 03/04/2027.", sent, sender) == date(*day)


@pytest.mark.parametrize(
    "text",
    [
        "I am on leave, back on 12/01/2026.",  # the other reading is long past
        "I am on leave, back on Tuesday 01/12/2026.",
        "I am on leave from 23/11/2026, back on 01/12/2026.",
        "I am on leave, back on 20261201.",
        "I am on leave, back on 1-Dec-26.",
        "I am on leave, back on the 1st of December, 2026.",
        "I am on leave, back on Dec. 1.",
        "我在休假，令和8年12月1日回来。",
        "我在休假，民國115年12月1日返回。",
        "休暇中です。２０２６年１２月１日に出社します。",
        "أنا في إجازة وسأعود في ١ ديسمبر ٢٠٢٦",
        "ลาพักร้อน กลับมาวันที่ ๑ ธันวาคม ๒๕๖๙",
    ],
)
def test_a_date_may_be_written_in_many_ways(text: str) -> None:
    assert back_on(text) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("sent", "text", "day"),
    [
        ("2026-12-28", "I am away, back on 4 January.", "2027-01-04"),
        ("2026-12-28", "I am away from 20 December until 3 January.", "2027-01-04"),
        ("2027-01-02", "I am away from 20 December until 3 January.", "2027-01-04"),
        ("2026-12-31", "I am away, back tomorrow.", "2027-01-01"),
        ("2026-11-20", "I am away, back on 20 November.", "2026-11-20"),
        ("2026-11-23", "I am away, back on 20 November.", "2026-11-20"),
        ("2026-11-20", "I am away, back on 19 October.", "2027-10-19"),
        ("2028-02-28", "I am away until 28 February.", "2028-02-29"),
        ("2026-11-23", "I am away, back on Monday.", "2026-11-30"),
        ("2026-11-20", "I am away, back on the 20th.", "2026-11-20"),
        ("2026-11-20", "I am away, back on the 19th.", "2026-12-19"),
        ("2026-11-20", "I am away, back on the 31st.", "2026-12-31"),
        ("2027-01-31", "I am away, back on the 30th.", "2027-03-30"),
        ("2026-11-20", "I am away since 30 October, back on the 5th.", "2026-12-05"),
        ("2026-11-20", "I am away until 10 December, back on the 11th.", "2026-12-11"),
        ("2026-11-18", "I am away from the 16th to the 19th.", "2026-11-20"),
    ],
)
def test_a_date_without_a_year_is_the_next_such_day(sent: str, text: str, day: str) -> None:
    at = datetime.fromisoformat(sent).replace(tzinfo=UTC)
    assert back_on(text, at) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until Monday, 30 November, when I will be back at my desk.",
        "I'm away until 30 November, on which date I will return.",
        "Ich bin bis Montag, den 30. November, an dem ich zurück bin, abwesend.",
        "Estaré fuera hasta el lunes 30 de noviembre, fecha en la que me reincorporaré.",
        "Estaré ausente hasta el 30 de noviembre, día en que vuelvo a la oficina.",
        "Je suis absent jusqu'au lundi 30 novembre, date à laquelle je serai de retour.",
        "Sarò assente fino al 30 novembre, giorno in cui rientrerò.",
        "Estarei ausente até 30 de novembro, data em que retornarei.",
    ],
)
def test_until_a_day_on_which_somebody_returns_names_the_first_day_back(text: str) -> None:
    assert back_on(text) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am away until 27 November. When I am back I will answer.", date(2026, 11, 28)),
        ("I am away until 27 November, when needed call me.", date(2026, 11, 28)),
        (
            "I am away until 27 November, when the fair ends, and back on 30 November.",
            date(2026, 11, 30),
        ),
        ("Я буду отсутствовать до 30 ноября.", date(2026, 12, 1)),
        ("We are closed today (20 November). Gates and dock: 23 November.", date(2026, 11, 23)),
        ("We are closed today (20 November). The fair: 3 March.", date(2026, 11, 21)),
        ("I am away from 21 November, and back on the 30th.", date(2026, 11, 30)),
        ("Tôi nghỉ lễ Quốc khánh từ 25/11 và trở lại thứ Hai 30/11.", date(2026, 11, 30)),
    ],
)
def test_until_names_the_last_day_away_otherwise(text: str, day: date) -> None:
    assert back_on(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "I am on leave. Our offer is valid until 31 December.",
        "I am on leave. The fair is on 3 March in hall 4.",
        "I am on leave. Call +49 30 12.12.12 or 1-800-12-01.",
        "I am on leave from 3 December on.",
        "I am on leave. We are at 12/14 Main Street.",
        "I am on leave and back in spring.",
        "I am on leave. Your message of 3 December was received.",
    ],
)
def test_other_dates_and_numbers_are_no_first_day(text: str) -> None:
    found = read_away("", text, FRIDAY, WRITER)
    assert found is not None
    assert found.back_on is None


def test_without_the_day_of_the_message_no_date_is_guessed() -> None:
    assert read_away("", "I am on leave, back on Monday.", None) == Away()


def test_text_without_an_absence_says_nothing() -> None:
    assert (
        read_away("Offer", "Please send 300 pieces by 3 December to a@example.org.", FRIDAY) is None
    )


@pytest.mark.parametrize(
    ("text", "substitute"),
    [
        (
            "I am away. Contact a@example.org; in urgent cases call or mail b@example.org.",
            "b@example.org",
        ),
        ("I am away. Please contact WRITER@example.com.", None),
        ("I am away. Please contact sales@reply.example.", None),
        ("I am away. Please contact Ann.\n\nJane Roe\njane@example.org", None),
        ("I am away. Contact Ann at ann(at)example(dot)org.", "ann@example.org"),
        ("I am away. Contact Ann at Ann.Lee@Example.org.", "Ann.Lee@Example.org"),
        ("I am away. Please see https://example.org/?to=a@example.org", None),
        ("I am away. Contact us to unsubscribe: unsubscribe@example.org", None),
        ("I am away.\n\nThis e-mail is confidential; contact legal@example.org if in error.", None),
        ("我在休假，有急事请联系王明wm@example.cn，谢谢", "wm@example.cn"),
        ("I am away. noreply@example.org is not read; contact b@example.org", "b@example.org"),
    ],
)
def test_the_substitute_is_who_is_to_be_asked(text: str, substitute: str | None) -> None:
    found = read_away("", text, FRIDAY, WRITER, ["sales@reply.example"])
    assert found is not None
    assert found.substitute == substitute


def test_whom_a_note_names_for_something_is_told_from_a_signature() -> None:
    absence = "I am away, assente, отсутствую.\n\n"
    named = (
        "For orders Oleg P. deals with it: x@a.example",
        "Per le pratiche in corso: arch. Tommaso Reali, x@a.example",
        "Если не терпит - Наталья Сухих, x@a.example",
        "Complaints and returns - Ms Exner, j.exner@a.example",
        "Per i preventivi la sig.ra Conti, x@a.example\n\nOlio Srl · info@b.example",
    )
    signatures = (
        "Jane Roe\nACME GmbH · Industriestr. 5 · x@a.example",
        "Jane Roe, Head of Purchasing, x@a.example",
        "Jane Roe - Head of Purchasing - x@a.example",
        "Central office: Mill Road 5, x@a.example",
        "Sales and service: +44 20 7946 0011, x@a.example",
        "Sitz der Gesellschaft: Ulm, x@a.example",
        "From: Jane Roe <x@a.example>",
        "公司地址：上海市浦东新区，x@a.example",
        "Follow us on social media: x@a.example",
        "For open orders: x@a.example\nFor all invoices: y@a.example",
    )
    found = {text: read_away("", absence + text, FRIDAY) or Away() for text in named + signatures}
    assert [text for text in named if found[text].substitute is None] == []
    assert [text for text in signatures if found[text].substitute is not None] == []


def test_who_has_left_is_not_coming_back() -> None:
    text = "Li Wei has left the company on 1 November and will not be back on Monday."
    assert read_away("", text, FRIDAY) == Away(None, None, True)


@pytest.mark.parametrize(
    "piece",
    ["1.1.", "12/", "until ", "a@", "12月", "back away ", "from 1 to ", "on the 3rd ", "that day "],
)
def test_rubbish_is_read_without_trouble(piece: str) -> None:
    read_away(piece * 100, piece * 5000, FRIDAY, WRITER)
