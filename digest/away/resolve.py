"""Which day a written date means, as seen from the day of the message.

Without a year it is the first such day on or after the message; a note that its writer forgot to
switch off is the exception, so a day that has just passed is believed too. Where day and month
could be exchanged, the weekday beside it, then what lies ahead, then the language decide.
"""

from datetime import date, timedelta

from digest.away.calendars import Reading
from digest.away.dates import Found

JUST_PASSED = timedelta(days=14)
"""A note that still says "back on the 3rd" on the 8th means this month's 3rd."""

FAR_AHEAD = timedelta(days=400)
"""Nobody is away for longer without saying the year."""

_FARTHEST = timedelta(days=1200)


def resolve(found: Found, sent: date, before: date | None = None) -> date | None:
    """The day; None where it cannot be one that an absence note means. `before` is the date that
    stands before it: a day without a month comes after that one."""
    if found.last is not None:
        return found.last
    days = [_day_of(reading, sent, found.weekday, before) for reading in found.readings]
    possible = [(index, day) for index, day in enumerate(days) if day is not None]
    if not possible:
        return None

    def worth(one: tuple[int, date]) -> tuple[bool, bool, int]:
        index, day = one
        wrong_weekday = found.weekday is not None and day.weekday() != found.weekday
        return wrong_weekday, not sent - JUST_PASSED <= day <= sent + FAR_AHEAD, index

    best = min(possible, key=worth)[1]
    return best if sent - FAR_AHEAD <= best <= sent + _FARTHEST else None


def _day_of(reading: Reading, sent: date, weekday: int | None, before: date | None) -> date | None:
    year, written, day = reading
    if written == 0:
        return _day_alone(day, max(before or sent, sent), weekday)
    if year is not None:
        return _date(year, written, day)
    earliest = sent - JUST_PASSED
    ahead = [_date(sent.year + one, written, day) for one in (-1, 0, 1, 2, 3, 4)]
    first = [one for one in ahead if one is not None and one >= earliest]
    if not first:
        return None
    upcoming = next((one for one in first if one >= sent), first[0])
    # Only a day that has just passed is nearer than its next return in a year.
    return first[0] if upcoming - sent > timedelta(days=250) else upcoming


def _day_alone(day: int, since: date, weekday: int | None) -> date | None:
    """The first such day of a month from that day on."""
    possible = []
    for ahead in range(3):
        number = since.month - 1 + ahead
        found = _date(since.year + number // 12, number % 12 + 1, day)
        if found is not None and found >= since:
            possible.append(found)
    fitting = [one for one in possible if weekday is None or one.weekday() == weekday]
    return next(iter(fitting or possible), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
