"""An invitation's three facts (RFC 5545): what it asks for, when, and what it is called."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.fields import one_line

_LOOKED_AT = 200_000
_FOLD = re.compile(r"\n[ \t]")
_LINE = re.compile(r"(?im)^(METHOD|DTSTART|SUMMARY|BEGIN|END)((?:;[^:\n]{0,300})?):([^\n]*)$")
_ZONE = re.compile(r"TZID=\"?([A-Za-z0-9_+\-/]{1,60})", re.IGNORECASE)
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?\s*\Z")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class Calendar:
    """`start` is a date, or a date and time with an offset where the zone is known."""

    method: str | None
    start: str | None
    summary: str | None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {"method": self.method, "start": self.start, "summary": self.summary}


def read_calendar(text: str, method: str | None) -> Calendar | None:
    """The first entry of a calendar; `method` is Content-Type's parameter, if it has one."""
    found: dict[str, str] = {}
    inside = ""
    for match in _LINE.finditer(_FOLD.sub("", text[:_LOOKED_AT])):
        name, value = match[1].upper(), match[3].strip()
        if name == "BEGIN":
            inside = value.upper()
        elif name == "END" and value.upper() in ("VEVENT", "VTODO"):
            break
        elif name == "METHOD" or inside in ("VEVENT", "VTODO"):
            found.setdefault(name, _start(value, match[2]) if name == "DTSTART" else value)
    if not found and not method:
        return None
    named = (found.get("METHOD") or method or "").strip().upper()[:40]
    summary = one_line(_ESCAPED.sub(_unescape, found.get("SUMMARY", "")))[:500]
    return Calendar(one_line(named) or None, found.get("DTSTART") or None, summary or None)


def _unescape(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]


def _start(value: str, parameters: str) -> str:
    """A date-time of RFC 5545 §3.3.5 as RFC 3339 writes it; "" if it is none."""
    match = _STAMP.match(value)
    if match is None:
        return ""
    try:
        if match[4] is None:
            return datetime(int(match[1]), int(match[2]), int(match[3])).date().isoformat()
        at = datetime(*(int(match[number]) for number in range(1, 7)))  # type: ignore[arg-type]
    except ValueError:
        return ""
    if match[7]:
        return at.isoformat() + "Z"
    zone = _ZONE.search(parameters)
    return _in_zone(at, zone[1]) if zone else at.isoformat()


def _in_zone(at: datetime, name: str) -> str:
    try:
        return at.replace(tzinfo=ZoneInfo(name)).isoformat()
    except (ValueError, OSError, KeyError):
        return at.isoformat()
