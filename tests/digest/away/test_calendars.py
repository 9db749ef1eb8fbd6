"""Dates of other calendars, and the day back that they name."""

from datetime import UTC, date, datetime
from pathlib import Path

from digest.away import read_away
from digest.away.calendars import number_of, persian_day

TABLE = Path(__file__).with_name("calendars.tsv")


def back_on(text: str, sent: datetime) -> str:
    found = read_away("", text, sent, "writer@example.com")
    return str(found.back_on) if found and found.back_on else "-"


def test_each_calendar_names_the_first_day_back() -> None:
    rows = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()[1:]]
    found = [back_on(text, datetime.fromisoformat(f"{sent}T09:00Z")) for sent, _, text in rows]
    wrong = [(*row, one) for row, one in zip(rows, found, strict=True) if row[1] != one]
    assert len(rows) > 190
    assert wrong == []


def test_the_persian_year_turns_in_march() -> None:
    winter, spring = datetime(2027, 3, 10, tzinfo=UTC), datetime(2027, 4, 10, tzinfo=UTC)
    assert back_on("تا ۵ فروردین در مرخصی هستم.", winter) == "2027-03-26"
    assert back_on("در مرخصی هستم و ۲۸ اسفند برمی‌گردم.", winter) == "2027-03-19"
    assert back_on("تا ۱۰ فروردین در مرخصی هستم.", spring) == "2027-03-31"


def test_persian_years_begin_when_almanacs_say_so() -> None:
    begins = {1399: 20, 1400: 21, 1403: 20, 1404: 21, 1407: 20, 1408: 20, 1412: 20, 1413: 21}
    assert {year: persian_day(year, 1, 1) for year in begins} == {
        year: date(year + 621, 3, day) for year, day in begins.items()
    }
    assert persian_day(1403, 12, 30) == date(2025, 3, 20)
    assert persian_day(1404, 12, 30) is None


def test_chinese_numbers_are_read_by_places_and_by_units() -> None:
    words = ["一百一十五", "一一五", "二〇二六", "廿五", "十", "二十", "元", "12"]
    assert list(map(number_of, words)) == [115, 115, 2026, 25, 10, 20, 1, 12]
