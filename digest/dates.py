"""When a message says that it was written (RFC 5322 §3.3), as RFC 3339 writes dates.

Read for what arrives: any order of day, month and year that leaves no doubt, months by their names
in many languages, zones by name or by what programs print of them, and times without seconds.
"""

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

_MONTHS = Path(__file__).parents[1] / "bounce_rules" / "letters" / "months.toml"
_LONGEST = 200
_BUDDHIST = 2400
"""A later year is no year of ours."""
_COMMENT = re.compile(r"\([^()]*\)")
_DAY = "(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2,3}(?![0-9:]))"
_NAME = r"(?P<month>[^\W\d_][^\s\d,;:/\-]{1,20})"
_BETWEEN = r"(?:[\s,.\-/]|de\s|del\s|of\s){1,6}"
# From what most mail has to what hardly any has.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?<![0-9]){_DAY}(?:{_BETWEEN})?{_NAME}{_BETWEEN}{_YEAR}(?![0-9:])",
        rf"{_NAME}{_BETWEEN}{_DAY},?\s+{_YEAR}(?![0-9:])",
        # asctime: Tue Nov  3 14:05:06 2026, with or without a zone before the year
        rf"{_NAME}\s+{_DAY},?\s+(?=[0-9]{{1,2}}:).{{5,40}}?\s(?P<year>[0-9]{{4}})(?![0-9])",
        r"(?P<year>[12][0-9]{3})\s?[\-/.年년]\s?(?P<month>[01]?[0-9])\s?[\-/.月월]\s?"
        r"(?P<day>[0-3]?[0-9])(?![0-9])",
        r"(?P<year>[12][0-9]{3})(?P<month>[01][0-9])(?P<day>[0-3][0-9])(?=[t ])",
        r"(?<![0-9])(?P<day>[0-3]?[0-9])\s(?P<month>1?[0-9])[月월]\s(?P<year>[12][0-9]{3})",
        r"(?<![0-9])(?P<first>[0-3]?[0-9])(?P<sign>[/.\-])(?P<second>[0-3]?[0-9])[/.\-]"
        r"(?P<year>[12][0-9]{3})",
    )
)
_TIME = re.compile(
    r"(?<![0-9])(?P<hour>[0-2]?[0-9])(?P<sign>[:.h])(?P<minute>[0-5]?[0-9])"
    r"(?:(?:[:.])(?P<second>[0-6]?[0-9]))?(?:[.,][0-9]{1,9})?(?![0-9])\s*(?P<half>[ap]\.?m\b)?"
)
_COMPACT_TIME = re.compile(
    r"(?<=[0-9]t)(?P<hour>[0-2][0-9])(?P<minute>[0-5][0-9])(?P<second>[0-6][0-9])"
)
_AFTERNOON = re.compile("下午|晚上|오후|午後|μμ|ch\\b")
_OFFSET = re.compile(
    r"(?:\s{0,3}[12][0-9]{3}(?=\s{1,3}[+\-−a-z]))?"  # asctime has the year before the zone
    r"\s*[\"']?(?:(?:gmt|utc|ut|z)?\s?(?P<sign>[+\-−])(?P<hours>[0-9]{1,2}?)(?::?(?P<minutes>[0-9]{2}))?(?![0-9])"
    r"|(?P<name>[a-z]{1,5}(?![a-z/])))"
)
_EPOCH = re.compile(r"[0-9]{10}\Z")
# RFC 5322 §4.3, and those that programs print; military letters say nothing reliable and are UTC.
_ZONES = {
    **dict.fromkeys(("hst",), -10.0),
    **dict.fromkeys(("akst",), -9.0),
    **dict.fromkeys(("pst", "akdt"), -8.0),
    **dict.fromkeys(("mst", "pdt"), -7.0),
    **dict.fromkeys(("cst", "mdt"), -6.0),
    **dict.fromkeys(("est", "cdt"), -5.0),
    **dict.fromkeys(("edt", "ast"), -4.0),
    **dict.fromkeys(("brt", "art", "adt"), -3.0),
    **dict.fromkeys(("cet", "met", "mez", "bst", "west"), 1.0),
    **dict.fromkeys(("cest", "mest", "mesz", "eet", "sast"), 2.0),
    **dict.fromkeys(("eest", "msk", "trt"), 3.0),
    **dict.fromkeys(("gst", "msd"), 4.0),
    **dict.fromkeys(("pkt",), 5.0),
    **dict.fromkeys(("ist",), 5.5),
    **dict.fromkeys(("ict", "wib"), 7.0),
    **dict.fromkeys(("hkt", "sgt", "awst"), 8.0),
    **dict.fromkeys(("jst", "kst"), 9.0),
    **dict.fromkeys(("aest",), 10.0),
    **dict.fromkeys(("aedt",), 11.0),
    **dict.fromkeys(("nzst",), 12.0),
    **dict.fromkeys(("nzdt",), 13.0),
}


def read_date(value: bytes) -> datetime | None:
    """An aware datetime, or None where no date can be made out. No zone means UTC, and no time
    the day's beginning."""
    text = _COMMENT.sub(" ", _text(value[:_LONGEST])).lower().strip()
    try:
        if _EPOCH.match(text):
            return datetime.fromtimestamp(int(text), UTC)
        day = _day(text)
        return None if day is None else _at(day, text)
    except (ValueError, OverflowError):
        return None


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day."""
    for form in _FORMS:
        for match in form.finditer(text):
            found = match.groupdict()
            month, day = _month_and_day(found)
            if month:
                return _year(found["year"]), month, day
    return None


def _month_and_day(found: dict[str, str]) -> tuple[int, int]:
    """Two numbers with slashes begin with the month, with points or hyphens with the day, unless
    only the other is possible."""
    if "first" not in found:
        month = found["month"]
        return (int(month) if month.isdecimal() else _month(month)), int(found["day"])
    first, second = int(found["first"]), int(found["second"])
    if first > 12 or (found["sign"] != "/" and second <= 12):
        first, second = second, first
    return first, second


def _month(name: str) -> int:
    """A month's number by the beginning of its name; 0 for no month."""
    for stem, number in _stems():
        if name.startswith(stem):
            return number
    return 0


@cache
def _stems() -> tuple[tuple[str, int], ...]:
    """How months begin, the longest first."""
    months = tomllib.loads(_MONTHS.read_text("utf-8"))["months"]
    stems = [(stem, int(number)) for number, names in months.items() for stem in names.split()]
    return tuple(sorted(stems, key=lambda pair: -len(pair[0])))


def _year(text: str) -> int:
    """RFC 5322 §4.3: two digits below 50 are 20xx, three digits count from 1900. Programs that are
    set to Thai count from the Buddha."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    if year > _BUDDHIST:
        return year - 543
    return year + 1900 if len(text) == 3 else year


def _at(day: tuple[int, int, int], text: str) -> datetime:
    """The moment of that day; a leap second is the one before it, 24:00 the next day."""
    clock = next((one for one in _TIME.finditer(text) if one["sign"] != "." or one["second"]), None)
    clock = clock or _COMPACT_TIME.search(text)
    if clock is None:
        return datetime(*day, tzinfo=UTC)
    hour = int(clock["hour"])
    half = clock.groupdict().get("half") or ("pm" if _AFTERNOON.search(text) else "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    zone = timezone(_offset(text, clock.end()))
    moment = datetime(*day, hour % 24, int(clock["minute"]), tzinfo=zone)
    moment += timedelta(seconds=min(int(clock["second"] or 0), 59), days=hour // 24)
    return moment


def _offset(text: str, at: int) -> timedelta:
    match = _OFFSET.match(text, at)
    if match is None:
        return timedelta(0)
    if match["name"]:
        return timedelta(hours=_ZONES.get(match["name"], 0.0))
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if offset >= timedelta(hours=24):
        return timedelta(0)
    return offset if match["sign"] == "+" else -offset
