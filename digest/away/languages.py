"""The languages in which absence notes are understood: `bounce_rules/away/*.toml`, a file each.

A file has the words for months, weekdays and days, the words that stand before or after a date and
say what it is (the last day away, the first day back, the beginning), and the phrases by which a
note says that somebody is away, is back, is gone, or who is to be asked. How phrases are written is
said in `digest.automatic.phrases`; the other words are plain, but for those around a day without a
month (`digest.away.day_alone`).
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.automatic.origin import check_origin, texts
from digest.automatic.phrases import Phrases
from digest.automatic.spelling import fold, fold_each
from digest.away.calendars import Calendar
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "away"

_WEST, _EAST = -10.0, -4.0
"""Hours from UTC of the countries that write the month first."""

ROLES = ("absent", "back", "left", "gone", "urgent", "contact")
"""What phrases say. "left" is said of machines that do not run, too; "gone" only of people."""

ANSWER = "answer"
"""What a phrase says beside these: when somebody answers, or is there again. Everybody writes such
words, so they mean something only in a note."""

_WORDS = (
    *("today", "tomorrow", "overmorrow", "this_week", "next_week", "end_of"),
    *("ahead_days", "ahead_weeks", "numbers", "fill", "until", "until_after", "after", "from"),
    *("to", "not_until", *ROLES, ANSWER),
)
_OPTIONAL = (
    *(
        "next",
        "this",
        "after_after",
        "from_after",
        "until_when",
        "month_first_domains",
        "aside",
        "day_suffix",
        "day_alone",
        "day_goes_on",
        "that_day",
        "month_lead",
        "month_tail",
        "no_weekday",
        "concerning",
        "concerning_after",
        "address_label",
        "imprint",
    ),
)
_ORDERS = ("dmy", "mdy", "ymd", "region")
_DAY_ALONE = re.compile(r"(?!\{nn?\}\Z)[^{}+]*\{nn?\}[^{}+]*(?:\+[^{}+]+)?")
"""Words before and behind a day that tell it from other numbers; those after + must follow, but
are left to be looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One file. `words` are folded; `order` is how numbers make a date, or "region"; `days` are
    days of a month that are written in words."""

    name: str
    order: str
    month_first: bool
    calendar: Calendar
    months: tuple[tuple[str, ...], ...]
    persian_months: tuple[tuple[str, ...], ...]
    days: Mapping[str, int]
    weekdays: tuple[tuple[str, ...], ...]
    words: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[str, ...]]

    def order_for(self, sender: str, offset: float) -> str:
        """How numbers make a date for somebody with this address, so many hours east of UTC.

        Only a language of several countries leaves it open: American hours are west of UTC.
        """
        if self.order != "region":
            return self.order
        domain = sender.rpartition(".")[2].lower()
        if domain in self.words["month_first_domains"]:
            return "mdy"
        return "mdy" if len(domain) > 2 and _WEST <= offset <= _EAST else "dmy"

    def before(self, key: str) -> re.Pattern[str] | None:
        """Whether a text ends with one of these words and at most three words of filling."""
        return _before(self.words[key], self.words["fill"])

    def behind(self, *keys: str) -> re.Pattern[str] | None:
        """Whether a text begins with one of these words."""
        return _behind(tuple(one for key in keys for one in self.words.get(key, ())))

    def joins(self) -> re.Pattern[str]:
        """What makes a span of the dates around it: "to", a hyphen, and filling."""
        return _joins(self.words["to"], self.words["fill"])

    def day_joins(self) -> re.Pattern[str]:
        """Whether a text ends with a bare day and the same: "3 to " before "14 August"."""
        return _day_joins(self.words["to"], self.words["fill"])


@dataclass(frozen=True, slots=True)
class Languages:
    """All of them, and one table of their phrases."""

    by_name: Mapping[str, Language]
    phrases: Phrases


@lru_cache(maxsize=1)
def shipped_languages() -> Languages:
    """Those that come with Postern."""
    return load_languages(FOLDER)


def load_languages(folder: Path) -> Languages:
    """Read all files. Raises SettingsProblem naming the file and what is wrong in it."""
    found = {}
    phrases = Phrases()
    for path in sorted(folder.glob("*.toml")):
        try:
            language = _read(tomllib.loads(path.read_text("utf-8")))
            phrases.add(_entries(language))
        except (ValueError, TypeError, KeyError) as error:  # also what TOML and UTF-8 raise
            raise SettingsProblem(f"{path}: {error}") from None
        found[language.name] = language
    if not found:
        raise SettingsProblem(f"{folder}: there are no languages (*.toml) here")
    return Languages(found, phrases)


def _entries(language: Language) -> list[tuple[str, str, str]]:
    return [
        (language.name, role, phrase)
        for role, phrases in language.phrases.items()
        for phrase in phrases
    ]


def _read(table: Mapping[str, Any]) -> Language:
    check_origin(table)
    known = {"language", "order", "month_first", "months", "weekdays", *_WORDS, *_OPTIONAL}
    known |= {"calendar", "persian_months", "days"}
    unknown = table.keys() - known - {"source", "checked_on", "confidence"}
    missing = {"language", "order", "months", "weekdays", *_WORDS} - table.keys()
    if unknown or missing:
        raise ValueError(f"unknown: {sorted(unknown)}, missing: {sorted(missing)}")
    if table["order"] not in _ORDERS:
        raise ValueError(f"order must be one of {', '.join(_ORDERS)}")
    for one in texts(table, "day_alone"):
        if not _DAY_ALONE.fullmatch(one):
            raise ValueError(f"{one!r} in day_alone must be words around one {{n}} or {{nn}}")
    words = {
        key: tuple(fold_each(texts(table, key)))
        for key in (*_WORDS, *_OPTIONAL)
        if key not in (*ROLES, ANSWER)
    }
    return Language(
        name=table["language"],
        order=table["order"],
        month_first=table.get("month_first", False) is True,
        calendar=Calendar(table.get("calendar", "gregorian")),
        months=_lists(table["months"], 12, "months"),
        persian_months=_lists(table.get("persian_months", [[]] * 12), 12, "persian_months"),
        days={
            fold(word): number
            for number, words in enumerate(table.get("days", []), 1)
            for word in texts({"days": words}, "days")
        },
        weekdays=_lists(table["weekdays"], 7, "weekdays"),
        words=words,
        phrases={role: texts(table, role) for role in (*ROLES, ANSWER)},
    )


def _lists(found: Any, length: int, key: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(found, list) or len(found) != length:
        raise TypeError(f"{key} must have {length} lists of words")
    return tuple(tuple(fold_each(texts({key: one}, key))) for one in found)


def either(words: Iterable[str]) -> str:
    """The words as alternatives of a regular expression, the longest first."""
    return "|".join(map(re.escape, sorted(set(words), key=len, reverse=True)))


def any_of(words: Iterable[str]) -> str:
    """The same as one group that captures nothing."""
    return f"(?:{either(words)})"


@lru_cache(maxsize=512)
def _before(words: tuple[str, ...], fill: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    return re.compile(
        rf"(?<![^\W\d_](?<=[\0-\u0dff])){any_of(words)}(?:[\s,.:(\-]{{0,3}}{any_of(fill)}){{0,3}}"
        r"[\s,.:(\-]{0,3}\Z"
    )


@lru_cache(maxsize=512)
def _behind(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    return re.compile(rf"[\s,(]{{0,3}}{any_of(words)}")


_SPACE = r"[\s,.:()]{0,3}"


def _join_of(to: tuple[str, ...], fill: tuple[str, ...]) -> str:
    return rf"{_SPACE}(?:-|~|{either(to)})(?:{_SPACE}{any_of(fill)}){{0,3}}{_SPACE}"


@lru_cache(maxsize=512)
def _joins(to: tuple[str, ...], fill: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:\s{{0,2}}\d{{1,2}}:\d\d)?{_join_of(to, fill)}")


@lru_cache(maxsize=512)
def _day_joins(to: tuple[str, ...], fill: tuple[str, ...]) -> re.Pattern[str]:
    ordinal = r"(?:st|nd|rd|th|er|[oa°.])?"
    return re.compile(rf"(?<![\d:])\d{{1,2}}{ordinal}{_join_of(to, fill)}\Z")
