"""An invitation's three facts (RFC 5545): what it asks for, when, and what it is called."""

import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime

from digest.charset.decode import decode
from digest.fields import one_line
from digest.timezone import Change, zone_of

_LOOKED_AT = 200_000
_FOLD = re.compile(r"\n[ \t]")
_SOFT_BREAK = re.compile(r"=\n(?=[^:\n]{0,2000}(?:\n|\Z))")
_LINE = re.compile(
    r"(?im)^(METHOD|DTSTART|SUMMARY|BEGIN|END|TZID|TZOFFSETTO|RRULE|RECURRENCE-ID)"
    r"((?:;(?:[^\":\n]|\"[^\"\n]{0,300}\"){0,300})?):([^\n]*)$"
)
_ZONE = re.compile(r";TZID=(\"[^\"]{1,200}\"|[^;:]{1,200})", re.IGNORECASE)
_ENCODED = re.compile(r";(?:ENCODING=)?QUOTED-PRINTABLE\b", re.IGNORECASE)
_CHARSET = re.compile(r";CHARSET=\"?([A-Za-z0-9_\-]{1,40})", re.IGNORECASE)
_STAMP = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2}))?(Z?))?\s*\Z", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_ENTRIES = ("VEVENT", "VTODO", "VJOURNAL")
_CHANGES = ("STANDARD", "DAYLIGHT")
_MOST_ENTRIES = 200
_MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class Calendar:
    """`start` is a date, or a date and time with an offset where the zone is known."""

    method: str | None
    start: str | None
    summary: str | None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {"method": self.method, "start": self.start, "summary": self.summary}


@dataclass(slots=True)
class _Entry:
    """The lines of one entry that matter: parameters and value by name."""

    lines: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """What a calendar says, line by line."""

    method: str = ""
    entries: list[_Entry] = field(default_factory=list)
    zones: dict[str, list[Change]] = field(default_factory=dict)
    zone: str = ""
    inside: list[str] = field(default_factory=list)
    change: dict[str, str] = field(default_factory=dict)

    def line(self, name: str, parameters: str, value: str) -> None:
        within = self.inside[-1] if self.inside else ""
        if name == "BEGIN":
            self.begin(value.upper())
        elif name == "END":
            self.end(value.upper())
        elif name == "METHOD" and not self.method:
            self.method = value
        elif within in _ENTRIES and self.entries:
            self.entries[-1].lines.setdefault(name, (parameters, value))
        elif name == "TZID" and within == "VTIMEZONE":
            self.zone = value.strip('"').lower()
        elif within in _CHANGES:
            self.change.setdefault(name, value)

    def begin(self, what: str) -> None:
        if len(self.inside) < 20:
            self.inside.append(what)
        if what in _ENTRIES and len(self.entries) < _MOST_ENTRIES:
            self.entries.append(_Entry())
        elif what in _CHANGES:
            self.change = {}

    def end(self, what: str) -> None:
        if what in self.inside:
            while self.inside.pop() != what:
                pass
        changes = self.zones.setdefault(self.zone, [])
        start = _moment(self.change.get("DTSTART", ""))
        if what in _CHANGES and start is not None and len(changes) < _MOST_CHANGES:
            offset, rule = self.change.get("TZOFFSETTO", ""), self.change.get("RRULE", "")
            changes.append(Change(start.replace(tzinfo=None), offset, rule))

    def main_entry(self) -> _Entry:
        """The entry itself, not one of its exceptions (RFC 5545 §3.8.4.4)."""
        whole = (entry for entry in self.entries if "RECURRENCE-ID" not in entry.lines)
        return next(whole, self.entries[0] if self.entries else _Entry())


def read_calendar(text: str, method: str | None) -> Calendar | None:
    """The first entry of a calendar; `method` is Content-Type's parameter, if it has one."""
    reading = _Reading()
    text = _FOLD.sub("", text[:_LOOKED_AT].replace("\r\n", "\n"))
    if "QUOTED-PRINTABLE" in text.upper():
        text = _SOFT_BREAK.sub("", text)
    for match in _LINE.finditer(text):
        reading.line(match[1].upper(), match[2], match[3].strip())
    if not reading.method and not reading.entries and not method:
        return None
    lines = reading.main_entry().lines
    named = one_line((reading.method or method or "").upper())[:40]
    start = _start(*lines.get("DTSTART", ("", "")), reading.zones)
    summary = one_line(_ESCAPED.sub(_unescape, _decoded(*lines.get("SUMMARY", ("", "")))))[:500]
    return Calendar(named or None, start or None, summary or None)


def _decoded(parameters: str, value: str) -> str:
    """vCalendar 1.0 encoded single values."""
    if not _ENCODED.search(parameters):
        return value
    charset = _CHARSET.search(parameters)
    octets = binascii.a2b_qp(value.encode("utf-8", "replace"))
    return decode(octets, charset[1] if charset else None).text


def _unescape(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]


def _moment(value: str) -> datetime | None:
    """A date or date-time of RFC 5545 §3.3.4 and §3.3.5; None if it is none."""
    match = _STAMP.match(value)
    if match is None:
        return None
    try:
        return datetime(*(int(match[number] or 0) for number in range(1, 7)))  # type: ignore[arg-type]
    except ValueError:
        return None


def _start(parameters: str, value: str, zones: dict[str, list[Change]]) -> str:
    """When it begins, as RFC 3339 writes it; a time without a zone is everybody's own."""
    at = _moment(value)
    if at is None:
        return ""
    if "T" not in value.upper():
        return at.date().isoformat()
    if value.upper().endswith("Z"):
        return at.isoformat() + "Z"
    named = _ZONE.search(parameters)
    if named is None:
        return at.isoformat()
    name = named[1].strip('"')
    try:
        return at.replace(tzinfo=zone_of(name, zones.get(name.lower(), ()), at)).isoformat()
    except (ValueError, OverflowError):
        return at.isoformat()
