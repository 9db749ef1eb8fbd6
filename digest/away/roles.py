"""What a date in a note is: the first day back, the last day away, a beginning, or nothing to us.

What stands directly before or after the date decides; where that says nothing, the nearest phrase
of its sentence does. Dates stand in the sentence as single characters, so that the words around
them can be looked at without the many ways to write a date.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from digest.automatic.phrases import Phrases, Said
from digest.away.dates import Found, Kind
from digest.away.languages import ANSWER, Language

FIRST_DATE = 0xE200
"""The character that stands for the first date of a note; the others follow."""

FIRST_ADDRESS = 0xE100
"""The same for addresses."""

_DATE = re.compile("[\ue200-\ue2ff]")
_NEAR = 48
_FROM = 14
"""Characters that "from my" may take."""
_COMMA = 15
"""Characters that a comma counts for, when the nearest phrase is looked for."""


_BACK = ("back", ANSWER)

# "Monday to Friday 9:00-17:00" are hours of work.
_HOURS = re.compile(r"[\s,:(]{0,3}(?:from |von |de )?\d{1,2}(?:[:.]\d\d)?\s?(?:am |h )?-")


class Role(IntEnum):
    """What a date is, the most telling first."""

    FIRST_DAY = 1
    """The first day back, in so many words."""
    LAST_DAY = 2
    """The last day away."""
    ON_DAY = 3
    """A day on which somebody is away, and no more is said."""
    WEAK_LAST_DAY = 4
    """What would be a last day, in a sentence that is about something else."""
    MENTIONED = 8
    """A day of which nothing is said that we know."""
    START = 9
    """The first day away."""
    ASIDE = 10
    """Nothing to us."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a note, folded, with its phrases, whether it or the one before was about
    absence, and whether the one behind it is about being back that day."""

    text: str
    said: Sequence[Said]
    is_about_absence: bool
    is_back_then: bool


_BREAK = re.compile(r"(?<=[!?;。])\s?|(?<=[^\W\d]{3}\.)\s|(?<=[\ue100-\ue2ff)]\.)\s|\n")


def sentences_of(text: str, phrases: Phrases, languages: Sequence[Language]) -> list[Sentence]:
    """A folded text in sentences. A line that was only wrapped goes on in the next one."""
    pieces = [piece for piece in _BREAK.split(text) if piece and piece.strip()]
    found = [(piece, phrases.find(piece)) for piece in pieces]
    about = [any(one.role in ("absent", "back") for one in said) for _, said in found]
    then = [_is_back_then(piece, 0, said, languages) for piece, said in found]
    return [
        Sentence(piece, said, is_about or was_about, is_back_then)
        for (piece, said), is_about, was_about, is_back_then in zip(
            found, about, [False, *about], [*then[1:], False], strict=False
        )
    ]


def _is_back_then(text: str, at: int, said: Sequence[Said], languages: Sequence[Language]) -> bool:
    """Whether what follows, before any other date, is about being back "that day"."""
    if not any(one.role in _BACK and one.start >= at for one in said):
        return False
    rest = _DATE.split(text[at:], maxsplit=1)[0]
    return any(word in rest for one in languages for word in one.words["that_day"])


def role_of(sentence: Sentence, at: int, found: Found, languages: Sequence[Language]) -> Role:
    """What the date at position `at` is, by the words of these languages together."""
    place = _Place(sentence.text, at, languages)
    if found.kind is Kind.WEEKDAY and _HOURS.match(place.behind):
        return Role.ASIDE
    if _is_aside(sentence, languages):
        return Role.ASIDE
    if place.begins_span():
        return Role.START
    if place.is_after("not_until") or _comes_back_then(sentence, place) or _resumes(sentence, at):
        return Role.FIRST_DAY
    if found.is_span or place.is_last():
        return Role.LAST_DAY if sentence.is_about_absence else Role.WEAK_LAST_DAY
    nearest = _nearest(sentence.text, at, sentence.said)
    if nearest == "back":
        return Role.START if _begins_absence(sentence, place) else Role.FIRST_DAY
    if nearest is None and not place.is_after("from") and not place.is_before("from_after"):
        return Role.MENTIONED
    if nearest is None or place.is_after("from") or place.is_before("from_after"):
        return Role.START
    return Role.ON_DAY if found.kind is not Kind.WEEKDAY else Role.START


def _is_aside(sentence: Sentence, languages: Sequence[Language]) -> bool:
    """Whether it is about prices, dates of payment and the like, and nobody's absence."""
    if any(one.role in ("absent", *_BACK) for one in sentence.said):
        return False
    return any(word in sentence.text for one in languages for word in one.words["aside"])


@dataclass(frozen=True, slots=True)
class _Place:
    """A date in its sentence, and the words directly around it."""

    text: str
    at: int
    languages: Sequence[Language]

    @property
    def before(self) -> str:
        return self.text[max(0, self.at - _NEAR) : self.at]

    @property
    def behind(self) -> str:
        return self.text[self.at + 1 : self.at + 1 + _NEAR]

    def is_after(self, key: str) -> bool:
        patterns = (one.before(key) for one in self.languages)
        return any(one is not None and one.search(self.before) for one in patterns)

    def is_before(self, *keys: str) -> bool:
        patterns = (one.behind(*keys) for one in self.languages)
        return any(one is not None and one.match(self.behind) for one in patterns)

    def is_last(self) -> bool:
        return (
            self.is_after("until")
            or self.is_after("after")
            or self.is_before("until_after", "after_after")
            or self.ends_span()
        )

    def begins_span(self) -> bool:
        """Whether another date comes right after "to", or a hyphen."""
        following = _DATE.search(self.behind)
        return following is not None and self._joins(self.behind[: following.start()])

    def ends_span(self) -> bool:
        """Whether a date or a bare day stands right before "to"."""
        dates = [one.end() for one in _DATE.finditer(self.before)]
        if dates and self._joins(self.before[dates[-1] :]):
            return True
        return any(one.day_joins().search(self.before) for one in self.languages)

    def _joins(self, between: str) -> bool:
        return any(one.joins().fullmatch(between) for one in self.languages)


_AND = re.compile(
    " (?:and|und|y|e|et|en|og|och|si|ve|dan|va|ja|es|a|i|και|и|і|та|و|और) | (?:و|ו)(?=\\w)|และ"
)
_CLAUSE = re.compile(r"\s?,[^,;:\ue200-\ue2ff]*")


def _comes_back_then(sentence: Sentence, place: _Place) -> bool:
    """Whether ", when I will be back" follows, or "I am back that day": "until" then names the
    first day back."""
    text, at = sentence.text, place.at + 1
    follows = sentence.is_back_then and not _DATE.search(text, at)
    if follows or _is_back_then(text, at, sentence.said, place.languages):
        return place.is_last()
    clause = _CLAUSE.match(sentence.text, place.at + 1)
    if clause is None or not place.is_before("until_when"):
        return False
    return any(one.role in _BACK and one.start in range(*clause.span()) for one in sentence.said)


def _begins_absence(sentence: Sentence, place: _Place) -> bool:
    """Whether it is the first of "from 1 September, and back on the 3rd"."""
    goes_on = place.behind.startswith((",", " ,")) or _AND.match(place.behind)
    return bool(
        goes_on
        and place.is_after("from")
        and _DATE.search(sentence.text, place.at + 1)
        and not any(one.role in _BACK and one.end <= place.at for one in sentence.said)
    )


def _resumes(sentence: Sentence, at: int) -> bool:
    """Whether the next word is that work goes on, as Chinese says it: 至12月1日恢复上班."""
    return any(one.role in _BACK and one.start == at + 1 for one in sentence.said)


def _nearest(text: str, at: int, said: Sequence[Said]) -> str | None:
    """Which of being away and being back is said next to the date."""
    best: tuple[int, str] | None = None
    for one, role in _told(text, said):
        low, high = (one.end, at) if one.end <= at else (at + 1, one.start)
        between = text[low:high]
        commas = between.count(",") + between.count("、") + len(_AND.findall(between))
        distance = len(between) + _COMMA * commas
        distance += 2 * _COMMA * len(_DATE.findall(between))
        if best is None or distance < best[0]:
            best = (distance, role)
    return best[1] if best else None


def _told(text: str, said: Sequence[Said]) -> Iterator[tuple[Said, str]]:
    """What is said of being away and being back; "back from my holiday" is about being back."""
    back_until = -_FROM
    for one in said:
        if one.role in _BACK:
            back_until = max(back_until, one.end)
            yield one, "back"
        elif one.role == "absent":
            between = text[back_until : one.start]
            belongs = len(between) <= _FROM and not re.search(
                rf"[,;:\ue200-\ue2ff]|{_AND.pattern}", between
            )
            yield one, "back" if 0 <= back_until <= one.start and belongs else "absent"
