"""Dates and sizes as people read them.

Times are written in UTC and say so; the page's script then writes them anew in the viewer's own
zone. Who has no script still reads the right time.
"""

import unicodedata
from datetime import UTC, datetime

from markupsafe import Markup

from web.i18n import say


def time_element(language: str, now: datetime, at: datetime | None, style: str = "short") -> Markup:
    """A `<time>` element. `style` is short (a list of mail), stamp (the log) or long."""
    if at is None:
        return Markup("<span>–</span>")
    at = at.astimezone(UTC)
    text = date_words(language, now, at, style)
    return Markup('<time datetime="{}" data-style="{}" title="{}">{}</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"), style, at.strftime("%Y-%m-%d %H:%M:%S UTC"), text
    )


def date_words(language: str, now: datetime, at: datetime, style: str = "short") -> str:
    """The date in words. Short: the time today, the day this year, else the day with the year."""
    at = at.astimezone(UTC)
    month = say(language, f"date.month.m{at.month}")
    values = {"year": at.year, "month": month, "day": at.day, "time": at.strftime("%H:%M")}
    if style == "long" or (style == "stamp" and at.year != now.year):
        return say(language, "date.long", **values)
    if style == "stamp":
        return say(language, "date.stamp", **values)
    if at.date() == now.astimezone(UTC).date():
        return say(language, "date.time", **values)
    return say(language, "date.day" if at.year == now.year else "date.day_year", **values)


def day_words(language: str, now: datetime, at: datetime) -> str:
    """A day to come: its weekday within a week, else the date."""
    days = (at.date() - now.astimezone(UTC).date()).days
    if 0 <= days < 7:
        return say(language, f"date.weekday.d{at.isoweekday()}")
    month = say(language, f"date.month.m{at.month}")
    key = "date.day" if at.year == now.year else "date.day_year"
    return say(language, key, year=at.year, month=month, day=at.day)


def whole_day(language: str, at: datetime) -> str:
    """A day with its year, which no zone moves."""
    month = say(language, f"date.month.m{at.month}")
    return say(language, "date.day_year", year=at.year, month=month, day=at.day)


def age_words(language: str, now: datetime, at: datetime) -> str:
    """How long ago something was, in its largest unit: `12 min`, `5 h`, `3 d`."""
    minutes = max(0, int((now - at).total_seconds()) // 60)
    if minutes < 60:
        return say(language, "mail.age.minutes", n=minutes)
    if minutes < 48 * 60:
        return say(language, "mail.age.hours", n=minutes // 60)
    return say(language, "mail.age.days", n=minutes // (24 * 60))


def size_words(language: str, octets: int) -> str:
    """`840 B`, `12 KB`, `3.4 MB`: in steps of 1,000, rounded to what matters."""
    if octets < 1000:
        return say(language, "size.octets", n=octets)
    size = float(octets)
    for unit in ("KB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def parse_moment(text: str) -> datetime | None:
    """An RFC 3339 date-time, or a day alone; taken as UTC where it names no zone. None if it is
    neither."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def plain(text: str) -> str:
    """A stranger's address or name for a place where somebody decides by it: what is invisible, or
    would turn the text around, becomes a mark."""
    return "".join("\ufffd" if unicodedata.category(ch).startswith("C") else ch for ch in text)
