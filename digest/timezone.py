"""Which offset a local time of a calendar entry has (RFC 5545 §3.6.5 and §3.3.5).

A zone's name may be one of the IANA database, one of Windows' (`bounce_rules/calendar`), or one
that only the entry itself explains, by its VTIMEZONE.
"""

import calendar
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import bounce_rules
from mail.errors import SettingsProblem

_FILE = Path(bounce_rules.__file__).parent / "calendar" / "windows_zones.toml"
_NAME = re.compile(r"[A-Za-z0-9_+\-]{1,40}(?:/[A-Za-z0-9_+\-]{1,40}){0,2}\Z")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?\s*\Z")
_SAID = re.compile(r"\(?(?:UTC|GMT)\s?([+-])(\d{1,2})(?::?(\d{2}))?\b", re.IGNORECASE)
_BY_DAY = re.compile(r"BYDAY=([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)", re.IGNORECASE)
_BY_MONTH = re.compile(r"BYMONTH=(\d{1,2})", re.IGNORECASE)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Change:
    """When a zone changes to an offset: one STANDARD or DAYLIGHT of a VTIMEZONE."""

    start: datetime
    offset: str
    rule: str

    def last_before(self, at: datetime) -> datetime:
        """The last time that this began before `at`, both as local times."""
        month, day = _BY_MONTH.search(self.rule), _BY_DAY.search(self.rule)
        if "YEARLY" not in self.rule.upper() or not month or not day:
            return self.start
        number, weekday = int(day[1] or 1), _DAYS.index(day[2].upper())
        found = _nth(self.start, at.year, int(month[1]), number, weekday)
        return (
            found if found <= at else _nth(self.start, at.year - 1, int(month[1]), number, weekday)
        )


def _nth(start: datetime, year: int, month: int, number: int, weekday: int) -> datetime:
    """The first, second, or (negative) last such weekday of a month, at the time of `start`."""
    month = min(max(month, 1), 12)
    first, length = calendar.monthrange(max(year, 1), month)
    days = list(range(1 + (weekday - first) % 7, length + 1, 7))
    place = number - 1 if number > 0 else number
    day = days[max(-len(days), min(place, len(days) - 1))]
    return start.replace(year=max(year, 1), month=month, day=day)


@cache
def windows_zones() -> dict[str, str]:
    """IANA's names by those of Windows, in lower case. Raises SettingsProblem where the data are
    wrong."""
    return read_zones(_FILE.read_text("utf-8"))


def read_zones(text: str) -> dict[str, str]:
    """The table of a file. Raises SettingsProblem that says what is wrong."""
    try:
        zones = tomllib.loads(text)["zones"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise SettingsProblem(f"{_FILE}: no table of zones: {error}") from error
    return {name.lower(): str(zone) for name, zone in zones.items()}


def zone_of(name: str, changes: Sequence[Change], at: datetime) -> tzinfo | None:
    """The zone that a TZID names, as far as it matters at the local time `at`; None if nobody
    knows it."""
    name = name.strip().strip('"')
    for candidate in (name, windows_zones().get(name.lower(), ""), _behind_slashes(name)):
        found = _iana(candidate)
        if found is not None:
            return found
    return _by_changes(changes, at) or _by_name(name)


def _iana(name: str) -> tzinfo | None:
    if not _NAME.match(name):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _behind_slashes(name: str) -> str:
    """Evolution and Mozilla put a path before the name: /x.org/20050126_1/Europe/Berlin."""
    return "/".join(name.split("/")[-2:]) if name.startswith("/") else ""


def _by_changes(changes: Sequence[Change], at: datetime) -> tzinfo | None:
    begun = [(change.last_before(at), change) for change in changes]
    before = [(start, change) for start, change in begun if start <= at] or begun[:1]
    if not before:
        return None
    return _fixed(max(before, key=lambda one: one[0])[1].offset)


def _by_name(name: str) -> tzinfo | None:
    """Names such as "(UTC+08:00) Beijing" say it themselves."""
    said = _SAID.match(name)
    return _fixed(f"{said[1]}{int(said[2]):02}{said[3] or '00'}") if said else None


def _fixed(offset: str) -> tzinfo | None:
    match = _OFFSET.match(offset)
    if match is None:
        return None
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if span >= timedelta(hours=24):
        return None
    return timezone(-span if match[1] == "-" else span)
