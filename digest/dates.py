"""When a message says that it was written (RFC 5322 §3.3), as RFC 3339 writes dates."""

import re
from datetime import datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# RFC 5322 §4.3; military letters say nothing reliable and are UTC.
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_COMMENT = re.compile(r"\([^()]*\)")
_USUAL = re.compile(
    r"(?:[a-z]{2,9}\.?,?\s*)?(\d{1,2})[\s\-]+([a-z]{3})[a-z]*\.?,?[\s\-]+(\d{2,4}),?\s+"
    r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d+)?)?\s*(?:([ap])m)?\s*([+\-]\d{2}:?\d{2}|[a-z]{1,5})?",
)
# asctime: Tue Nov  3 14:05:06 2026
_ASCTIME = re.compile(
    r"(?:[a-z]{3},?\s+)?([a-z]{3})[a-z]*\s+(\d{1,2}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(\d{4})"
    r"\s*([+\-]\d{4}|[a-z]{1,5})?"
)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?(?:z|[+\-]\d{2}:?\d{2})?"
)


def read_date(value: bytes) -> datetime | None:
    """An aware datetime, or None where no date can be made out. No zone means UTC."""
    text = _COMMENT.sub(" ", value[:200].decode("latin-1")).lower().strip()
    try:
        return _usual(text) or _asctime(text) or _iso(text)
    except (ValueError, OverflowError):
        return None


def _usual(text: str) -> datetime | None:
    match = _USUAL.match(text)
    if match is None or match[2] not in _MONTHS:
        return None
    hour = int(match[4])
    if match[7]:
        hour = hour % 12 + (12 if match[7] == "p" else 0)
    return _aware(
        (_year(match[3]), _MONTHS.index(match[2]) + 1, int(match[1])),
        (hour, int(match[5]), int(match[6] or 0)),
        match[8],
    )


def _asctime(text: str) -> datetime | None:
    match = _ASCTIME.match(text)
    if match is None or match[1] not in _MONTHS:
        return None
    return _aware(
        (int(match[6]), _MONTHS.index(match[1]) + 1, int(match[2])),
        (int(match[3]), int(match[4]), int(match[5] or 0)),
        match[7],
    )


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    found = datetime.fromisoformat(match[0].upper())
    return found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(0)))


def _year(text: str) -> int:
    """RFC 5322 §4.3: two digits below 50 are 20xx, three digits count from 1900."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _aware(day: tuple[int, int, int], clock: tuple[int, int, int], zone: str | None) -> datetime:
    hour, minute, second = clock
    return datetime(*day, hour, minute, min(second, 59), tzinfo=timezone(_offset(zone or "")))


def _offset(zone: str) -> timedelta:
    if zone[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset >= timedelta(hours=24):
            return timedelta(0)
        return -offset if zone[0] == "-" else offset
    return timedelta(hours=_ZONES.get(zone, 0))
