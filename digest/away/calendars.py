"""Years and days of calendars that count otherwise than ours, as people write them in notes.

The Persian calendar has months of its own; the Thai, the Japanese and the Taiwanese one have our
months and other years. The Islamic lunar calendar is left alone: its months begin when the moon is
seen, and notes that use it name our day beside it.
"""

from datetime import date, timedelta
from enum import StrEnum

Reading = tuple[int | None, int, int]
"""A year, or None where it is left out; a month; a day."""


class Calendar(StrEnum):
    """Which one people of a language write."""

    GREGORIAN = "gregorian"
    PERSIAN = "persian"
    BUDDHIST = "buddhist"
    MINGUO = "minguo"


ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911, "r": 2018}
"""The year before the first of each era."""

_NOWRUZ = date(2024, 3, 20)
_NOWRUZ_YEAR = 1403
_LONG_MONTHS = 6
"""Months of 31 days, with which the Persian year begins; the last has 29, but in leap years."""
_BUDDHIST = 543
_DIGITS = {digit: number for number, digit in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_UNITS = {"十": 10, "百": 100}
_TENS = {"廿": "二十", "卅": "三十", "元": "一"}


def persian_day(year: int, month: int, day: int) -> date | None:
    """The day that a Persian date names; None where there is none.

    Leap years by the cycle of 33 years, which agrees with the sun until the year 1500 (2121).
    """
    if not (1300 < year < 1500 and 1 <= month <= 12 and 1 <= day <= _days_of(year, month)):
        return None
    before = 30 * (month - 1) + min(month - 1, _LONG_MONTHS)
    return _new_year(year) + timedelta(days=before + day - 1)


def persian_readings(year: int | None, month: int, day: int, sent: date) -> tuple[Reading, ...]:
    """The days that it may be; without a year that of the year of `sent`, the next, the last."""
    current = _persian_year(sent)
    years = (current, current + 1, current - 1) if year is None else (year,)
    days = [persian_day(one, month, day) for one in years]
    return tuple((one.year, one.month, one.day) for one in days if one is not None)


def persian_month_end(year: int | None, month: int, sent: date) -> date | None:
    """The last day of a Persian month; without a year of the next such month."""
    current = _persian_year(sent)
    for one in (current, current + 1) if year is None else (year,):
        last = persian_day(one, month, _days_of(one, month))
        if last is not None and (year is not None or last >= sent):
            return last
    return None


def _persian_year(day: date) -> int:
    year = day.year - 621
    return year - (day < _new_year(year))


def _new_year(year: int) -> date:
    leaps = (8 * year + 21) // 33 - (8 * _NOWRUZ_YEAR + 21) // 33
    return _NOWRUZ + timedelta(days=365 * (year - _NOWRUZ_YEAR) + leaps)


def _days_of(year: int, month: int) -> int:
    if month <= _LONG_MONTHS:
        return 31
    is_leap = (25 * year + 11) % 33 < 8
    return 30 if month < 12 or is_leap else 29


def year_of(text: str | None, calendar: Calendar = Calendar.GREGORIAN) -> int | None:
    """A year in our counting: of four digits, ours or the Buddhist one; of three, that of Taiwan;
    of two, ours unless only the Buddhist one lies in this century."""
    if not text:
        return None
    year = int(text)
    if year < 100:
        is_buddhist = calendar is Calendar.BUDDHIST and year >= _BUDDHIST % 100
        return 2000 + year - (_BUDDHIST % 100 if is_buddhist else 0)
    if year < 200:
        return year + ERAS["民國"]
    return year - _BUDDHIST if year > 2400 else year


def era_year(era: str, number: str) -> int:
    """The year of an emperor or a republic."""
    return ERAS[era] + number_of(number)


def number_of(text: str) -> int:
    """A number in digits or in Chinese: 一百一十五, 一一五, 廿五; 0 where it is none."""
    if text.isdecimal():
        return int(text)
    for one, other in _TENS.items():
        text = text.replace(one, other)
    if not any(one in _UNITS for one in text):
        return int("".join(str(_DIGITS.get(one, 0)) for one in text) or "0")
    total, digit = 0, 0
    for one in text:
        if one in _UNITS:
            total += (digit or 1) * _UNITS[one]
            digit = 0
        else:
            digit = _DIGITS.get(one, 0)
    return total + digit
