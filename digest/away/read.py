"""An absence note's three facts: the first day back, whom to ask meanwhile, and who is gone.

The text is what this person wrote, without what they quote; the day of the message is what "on
Monday" and dates without a year are counted from. What is said twice, in two languages, is taken
where it is said best.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.automatic.spelling import fold
from digest.away.dates import Found, Kind, find_dates
from digest.away.languages import Language, shipped_languages
from digest.away.resolve import resolve
from digest.away.roles import FIRST_DATE, Role, Sentence, role_of, sentences_of
from digest.away.substitute import hide_addresses, substitute_of

LOOKED_AT = 6000
"""Characters of a note; what comes after is small print."""

_MOST_LANGUAGES = 3
_SOON = timedelta(days=14)
"""So far from a day on which somebody is away may the first day back be."""
_PLANNED = timedelta(days=180)
"""So far ahead may an absence begin or end; "since 30 October" is no day of next year."""
_WRAPPED = re.compile(r"(?<=[^\n.!?。:;,]{45})[ \t]?\n(?=[^\W\d_]|\d)")
_PAIR = re.compile(r"(?<![\d./])(\d{1,2})/(\d{1,2})(?:/(?:\d{4}|\d{2}))?(?![\d/])")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_DATES = re.compile("[\ue200-\ue2ff]")


@dataclass(frozen=True, slots=True)
class Away:
    """`back_on` is the first day back, `substitute` an address, `left`: gone for good."""

    back_on: date | None = None
    substitute: str | None = None
    left: bool = False

    def as_json(self) -> dict[str, str | bool | None]:
        """The contract's form."""
        back_on = self.back_on.isoformat() if self.back_on else None
        return {"back_on": back_on, "substitute": self.substitute, "left": self.left}


def read_away(
    subject: str, text: str, sent: datetime | None, sender: str = "", ours: Iterable[str] = ()
) -> Away | None:
    """What a note says; None where it says nothing of an absence.

    `sent` is when the message was written, in its own time zone: without it no dates are read.
    `sender` wrote the note, and `ours` are the addresses that it went to: they stand in for nobody.
    """
    known = shipped_languages()
    hidden, addresses = hide_addresses(f"{text[:LOOKED_AT]}\n\n{subject[:300]}")
    note = _WRAPPED.sub(" ", fold(hidden))
    said = Counter(one.language for one in known.phrases.find(note))
    if _KANA.search(note):  # Chinese has many of the same words, and none of these letters
        said = Counter({name: n for name, n in said.items() if not name.startswith("zh")})
    languages = [known.by_name[name] for name, _ in said.most_common(_MOST_LANGUAGES)]
    if not languages:
        return None
    dates = _dates(note, languages, sent, sender) if sent else []
    sentences = sentences_of(_hide_dates(note, dates), known.phrases, languages)
    roles = {one.role for sentence in sentences for one in sentence.said}
    is_left = bool(roles & {"left", "gone"})
    own = frozenset(one.lower() for one in (sender, *ours))
    back_on = (
        None if is_left or sent is None else _back_on(sentences, dates, languages, sent.date())
    )
    if back_on is None and not roles & {"absent", "left", "gone"}:
        return None
    substitute = substitute_of(sentences, addresses, own, is_left, languages)
    return Away(back_on, substitute, is_left)


def _dates(note: str, languages: Sequence[Language], sent: datetime, sender: str) -> list[Found]:
    return find_dates(note, languages, _order(note, languages, sent, sender), sent.date())


def _order(note: str, languages: Sequence[Language], sent: datetime, sender: str) -> str:
    """How numbers make a date here: what cannot be read otherwise tells it of the others."""
    for match in _PAIR.finditer(note):
        if int(match[1]) > 12 or int(match[2]) > 12:
            return "dmy" if int(match[1]) > 12 else "mdy"
    offset = sent.utcoffset()
    hours = offset.total_seconds() / 3600 if offset else 0.0
    return languages[0].order_for(sender, hours)


def _hide_dates(note: str, dates: Sequence[Found]) -> str:
    """The note with one character for each date."""
    pieces, position = [], 0
    for number, one in enumerate(dates):
        pieces += [note[position : one.start], chr(FIRST_DATE + number)]
        position = one.end
    return "".join([*pieces, note[position:]])


def _back_on(
    sentences: Sequence[Sentence],
    dates: Sequence[Found],
    languages: Sequence[Language],
    sent: date,
) -> date | None:
    """The first day back, by the date that says it best. Beside "closed today" it is another day
    that the note names, though we do not know its words for it."""
    best: tuple[tuple[int, bool, bool], date] | None = None
    before: date | None = None
    mentioned: date | None = None
    for sentence in sentences:
        for match in _DATES.finditer(sentence.text):
            found = dates[ord(match[0]) - FIRST_DATE]
            day = resolve(found, sent, before)
            if day is None:
                continue
            role = role_of(sentence, match.start(), found, languages)
            if _goes_before(found, role) and day <= sent + _PLANNED:
                before = day
            if role is Role.MENTIONED and sent < day <= sent + _SOON:
                mentioned = mentioned or day
            back = _first_day(found, role, day)
            worth = (int(role), day <= sent, found.kind in (Kind.WEEKDAY, Kind.WEEK))
            if back is not None and (best is None or worth < best[0]):
                best = (worth, back)
    if best is None:
        return None
    is_today = best[0][0] == Role.ON_DAY and best[1] == sent + timedelta(days=1)
    return mentioned if is_today and mentioned else best[1]


def _goes_before(found: Found, role: Role) -> bool:
    """Whether a day without a month is one after this date."""
    has_month = bool(found.readings) and found.readings[0][1] > 0
    return has_month and role not in (Role.MENTIONED, Role.ASIDE)


def _first_day(found: Found, role: Role, day: date) -> date | None:
    """The first day back, where `day` is what the role says."""
    if role in (Role.START, Role.MENTIONED, Role.ASIDE):
        return None
    if role is Role.FIRST_DAY:
        return found.first if found.kind is Kind.WEEK else None if found.kind is Kind.END else day
    if found.kind is Kind.AHEAD:
        return day
    if found.kind is Kind.WEEK and role is Role.LAST_DAY:
        return found.first
    return day + timedelta(days=1)
