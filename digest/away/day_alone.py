"""Days whose month goes without saying, as in "back on the 23rd".

A number is such a day only where a language's words stand around it: those of `day_alone` before
and right behind it, and then the end of what is said, or a word of `day_goes_on`. Whatever else
follows, be it a floor, a piece, or a month that we cannot read, makes it something else: a wrong
day is worse than none. In these words (a|b) stands for either, and `*` for a word's endings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product

from digest.away.languages import Language

NUMBER = r"(?<!\d)(?<!\d[.,:/\-])(\d{1,2})(?!\d|%|\s%|[.,:/\-]\d)"
"""What may be the number of a day."""

_NEAR = 40
"""Characters before and behind a number that are looked at."""

_CLOSE = 10
"""Characters behind a word that goes on without another number: of "the 3rd or the 4th of January"
the month belongs to both."""

_NOON = 12
_GROUP = re.compile(r"\(([^()]*)\)")
_ENDS = "\n,;!?()।\"'"
_ANY, _LATE = "{n}", "{nn}"
"""A day in a template; the second is no hour of a clock, either."""


@dataclass(frozen=True, slots=True)
class _Template:
    """What stands before a day, behind it and belongs to it, and behind that."""

    lead: str
    tail: str
    ahead: str
    least: int

    def end_in(self, text: str, start: int, end: int) -> int | None:
        """Where the date ends, if this is how it is written here."""
        if int(text[start:end]) < self.least or not text.startswith(self.tail + self.ahead, end):
            return None
        before = text[max(0, start - _NEAR) : start]
        if self.lead:
            before = before.rstrip()
        if not before.endswith(self.lead):
            return None
        before = before[: len(before) - len(self.lead)]
        if _is_joined(before, self.lead) or before.rstrip(" .")[-1:].isdecimal():
            return None
        return end + len(self.tail)


def _is_joined(before: str, lead: str) -> bool:
    """Whether the word before a date begins farther left. Thai is written without spaces."""
    if not lead:
        return before[-1:] not in ("", " ", "\n", "(")
    return before[-1:].isalnum() and lead[0] < "\u0e00"


@dataclass(frozen=True, slots=True)
class _Words:
    """How one language writes such days."""

    templates: tuple[_Template, ...]
    leads: tuple[str, ...]
    tails: tuple[str, ...]
    goes_on: tuple[str, ...]
    has_points: bool

    def end_in(self, text: str, start: int, end: int) -> int | None:
        """Where the date of this number ends; None where it is none."""
        before = text[max(0, start - _NEAR) : start].rstrip()
        if not before.endswith(self.leads) and not text.startswith(self.tails, end):
            return None
        for one in self.templates:
            last = one.end_in(text, start, end)
            if last is not None:
                behind = text[last : last + _NEAR]
                is_whole = one.ahead or self._is_whole(behind, one.tail.endswith("."))
                return last if is_whole else None
        return None

    def _is_whole(self, behind: str, has_point: bool) -> bool:
        """Whether what stands behind leaves the number a day."""
        if behind[:1].isalnum() and behind[0] < "\u0e00":
            return False
        if behind.startswith("."):
            if not self.has_points:
                return True
            behind, has_point = behind[1:], True
        rest = behind.lstrip(" .") if has_point else behind.lstrip(" ")
        if not rest or rest[0] in _ENDS or rest.startswith("- "):
            return True
        return any(self._is_next(word, rest) for word in self.goes_on)

    def _is_next(self, word: str, rest: str) -> bool:
        stem = word.removesuffix("*")
        if not rest.startswith(stem):
            return False
        following = rest[len(stem) : len(stem) + _CLOSE]
        if stem == word and following[:1].isalpha() and word[-1] < "\u0e00":
            return False
        return not any(letter.isdecimal() for letter in following)


def end_of_day(text: str, start: int, end: int, languages: Sequence[Language]) -> int | None:
    """Where a date ends that is no more than this number and its words; None where it is none."""
    if not 1 <= int(text[start:end]) <= 31:
        return None
    ends = (_words_of(one).end_in(text, start, end) for one in languages)
    return next((one for one in ends if one is not None), None)


@lru_cache(maxsize=64)
def _words_of(language: Language) -> _Words:
    words = language.words
    templates = sorted(
        map(_template, _spelled_out(words["day_alone"])),
        key=lambda one: (-len(one.tail + one.ahead), -len(one.lead)),
    )
    goes_on = _spelled_out(words["day_goes_on"])
    plain = (words[key] for key in ("until_after", "after_after", "from_after"))
    return _Words(
        templates=tuple(templates),
        leads=tuple({one.lead.rstrip() for one in templates if one.lead}),
        tails=tuple({one.tail + one.ahead for one in templates if not one.lead}),
        goes_on=tuple(chain(goes_on, *plain)),
        has_points=any(one.tail.endswith(".") for one in templates),
    )


def _spelled_out(words: Sequence[str]) -> Iterator[str]:
    """Each of the words that (a|b) stands for."""
    for word in words:
        pieces = enumerate(_GROUP.split(word))
        yield from map(
            "".join, product(*(one.split("|") if at % 2 else [one] for at, one in pieces))
        )


def _template(text: str) -> _Template:
    mark = _LATE if _LATE in text else _ANY
    lead, _, behind = text.partition(mark)
    tail, _, ahead = behind.partition("+")
    return _Template(lead.rstrip(), tail, ahead, _NOON + 1 if mark == _LATE else 1)
