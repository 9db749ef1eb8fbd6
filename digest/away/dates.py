"""Dates in a text, in all the manners of writing that absence notes use.

The text is folded (`digest.automatic.spelling`), so that digits and letters of all scripts are of
one kind. What is found keeps all its readings: 12/01 is one of two days, and which it is can be
told by the language, by the weekday beside it, and by what makes sense (`digest.away.resolve`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from digest.away.calendars import (
    ERAS,
    Calendar,
    Reading,
    era_year,
    number_of,
    persian_month_end,
    persian_readings,
    year_of,
)
from digest.away.day_alone import NUMBER, end_of_day
from digest.away.languages import Language, any_of, either

MANY = 40
"""Dates of one note that are looked at."""


class Kind(Enum):
    """In which way a day was said."""

    DAY = "day"
    """A date, or today and its like."""
    WEEKDAY = "weekday"
    """The name of a weekday alone."""
    WEEK = "week"
    """A whole week."""
    AHEAD = "ahead"
    """In, or for, some days or weeks."""
    END = "end"
    """The end of a week or a month."""


@dataclass(frozen=True, slots=True)
class Found:
    """A date in the text. Either `readings` say which day it may be, the likeliest first, or
    `first` and `last` are the days meant (the same, but for "next week").

    `weekday` is 0 for Monday. `is_span`: the last day of a span that was written in one piece, as
    in "December 24-26".
    """

    start: int
    end: int
    readings: tuple[Reading, ...] = ()
    weekday: int | None = None
    first: date | None = None
    last: date | None = None
    kind: Kind = Kind.DAY
    is_span: bool = False


_Maker = Callable[[re.Match[str], date], Found | None]

_ORDINAL = r"(?:st|nd|rd|th|ere?|ste|de|[eoa°.]|-?го|-?е|-?а|ης?|:[ea])?"
_DAY = rf"(?<![\d,:/])(?<!\d\.)(?P<day>\d{{1,2}}){_ORDINAL}(?!\d)"
_YEAR = (
    r"(?:[\s,.]{0,2}(?:de |del |do |nam |พ\.?ศ\.? ?)?(?P<year>(?:1[34]|2[05])\d\d)(?!\d)"
    r"|[-'.]\s?(?P<short>\d{2})(?![\d:]))?"
)
# Behind a whole name a point ends the sentence, unless a year follows.
_POINT = r"(?(brief)\.?|(?:\.(?=\s?\d))?)"
_TAIL = r"(?:\s?(?:г|р|r|roku|року|года)(?!\w)\.?)?"
# What stands before a word: in scripts without spaces, from Thai on, also letters.
_BEGINS = r"(?<!\w(?<=[\0-\u0dff]))"
_BEGINS_WORD = r"(?<![^\W\d](?<=[\0-\u0dff]))"
_PLAIN = Calendar.GREGORIAN
_DIGITS = "〇零○一二三四五六七八九"
_NOT_LUNAR = r"(?<!农历)(?<!農曆)(?<!阴历)(?<!陰曆)(?<!旧暦)(?<!음력)(?<!음력 )"
_NUMBERED = "第路街巷弄道段"
_NO_DAY = (
    "間|以内|内|前|後|后|동안|이내|营业|工作|曜|간|뒤|차"
    "|[游间目分楼樓座栋棟线線室館馆房车車店门門机仓庫库]"
)
"""What makes of a number before it a length of time, or the number of a house or a room."""
_DAY_OF_WEEK = re.compile(
    r"\s?\((?:周|週|星期|礼拜|禮拜)?([一二三四五六日天月火水木金土월화수목금토일])(?:曜日?|요일)?(?:祝)?\)"
)
_DAYS_OF_WEEK = {
    **{one: number for number, one in enumerate("一二三四五六日")},
    **{one: number for number, one in enumerate("月火水木金土日")},
    **{one: number for number, one in enumerate("월화수목금토일")},
    "天": 6,
}


def find_dates(text: str, languages: Sequence[Language], order: str, sent: date) -> list[Found]:
    """The dates in a folded text in their order, none over another.

    `order` ("dmy", "mdy", "ymd") is how numbers most likely make a date; `sent` is the day of the
    message, from which "tomorrow" counts.
    """
    grammar = _grammar(tuple(languages), order)
    found = []
    for pattern, maker in grammar.forms:
        for match in pattern.finditer(text):
            made = maker(match, sent)
            if made is not None:
                found.append(grammar.with_weekday(made, text))
    return _apart(sorted(found, key=lambda one: (one.start, one.start - one.end)))[:MANY]


def _apart(found: list[Found]) -> list[Found]:
    """Of two that share characters the one that begins first, and of those the longer."""
    chosen: list[Found] = []
    for one in found:
        if not chosen or one.start >= chosen[-1].end:
            chosen.append(one)
    return chosen


@dataclass(frozen=True, slots=True)
class _Month:
    """A month by its name, of the calendar that has it."""

    number: int
    calendar: Calendar

    def readings(self, year: str | None, day: int, sent: date) -> tuple[Reading, ...]:
        """The days that one of this month may be."""
        if self.calendar is not Calendar.PERSIAN:
            return ((year_of(year), self.number, day),)
        number = int(year) if year else None
        if number is not None and number < 100:
            number += 1400
        return persian_readings(number, self.number, day, sent)


@dataclass(frozen=True, slots=True)
class _Grammar:
    forms: tuple[tuple[re.Pattern[str], _Maker], ...]
    weekday_before: re.Pattern[str] | None
    weekday_behind: re.Pattern[str] | None
    weekdays: dict[str, int]

    def with_weekday(self, found: Found, text: str) -> Found:
        """The date with the weekday that stands beside it taken in."""
        if found.weekday is not None or not found.readings:
            return found
        near = _DAY_OF_WEEK.match(text, found.end)
        if near is not None:
            return replace(found, end=near.end(), weekday=_DAYS_OF_WEEK[near[1]])
        if self.weekday_before is not None and self.weekday_behind is not None:
            before = self.weekday_before.search(text[max(0, found.start - 30) : found.start])
            if before is not None:
                begin = found.start - len(before[0])
                return replace(found, start=begin, weekday=self.weekdays[before[1]])
            behind = self.weekday_behind.match(text, found.end)
            if behind is not None:
                return replace(
                    found, end=behind.end(), weekday=self.weekdays[behind[1] or behind[2]]
                )
        return found


@lru_cache(maxsize=48)
def _grammar(languages: tuple[Language, ...], order: str) -> _Grammar:
    months = {
        name: _Month(number, calendar)
        for language in reversed(languages)
        for calendar, year in (
            (Calendar.GREGORIAN, language.months),
            (Calendar.PERSIAN, language.persian_months),
        )
        for number, names in enumerate(year, 1)
        for name in names
    }
    weekdays = {
        name: number
        for language in reversed(languages)
        for number, names in enumerate(language.weekdays)
        for name in names
    }
    calendars = frozenset(one.calendar for one in languages)
    forms = [*_numeric(order, calendars), *_east_asian(), *_ordinal_day(languages)]
    if months:
        forms += _named(months, languages)
    if weekdays:
        forms += _weekdays(weekdays, languages)
    for language in languages:
        forms += _relative(language, months)
    compiled = tuple((re.compile(pattern), maker) for pattern, maker in forms)
    if not weekdays:
        return _Grammar(compiled, None, None, weekdays)
    any_day = f"({either(weekdays)})"
    fill = any_of([one for language in languages for one in language.words["fill"]])
    before = (
        rf"(?<![^\W\u0e00-\u0e7f]){any_day}\w{{0,3}}\.?[\s,(]{{0,3}}"
        rf"(?:{fill}[\s,.]{{0,2}}){{0,2}}\Z"
    )
    suffix = any_of([one for language in languages for one in language.words["day_suffix"]])
    behind = rf"{suffix}?[\s,]{{0,2}}(?:\(\s?{any_day}\w{{0,3}}\.?\s?\)|{any_day}(?![a-zа-я]))"
    return _Grammar(compiled, re.compile(before), re.compile(behind), weekdays)


_Form = tuple[str, _Maker]


def _numeric(order: str, calendars: frozenset[Calendar]) -> Iterator[_Form]:
    calendar = next((one for one in Calendar if one in calendars and one is not _PLAIN), _PLAIN)
    year = r"2[05]\d\d" + {Calendar.PERSIAN: r"|1[34]\d\d", Calendar.MINGUO: r"|1[01]\d"}.get(
        calendar, ""
    )

    def year_first(match: re.Match[str], sent: date) -> Found | None:
        return _found(match, _in_year(match[1], int(match[3]), int(match[4]), calendar, sent))

    yield rf"(?<![\d.])({year})\s?([-./])\s?(\d{{1,2}})\s?\2\s?(\d{{1,2}})(?!\d)\.?", year_first
    yield r"(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)", _compact

    def full(match: re.Match[str], sent: date) -> Found | None:
        one, other, year = int(match[1]), int(match[3]), match[4]
        found: tuple[Reading, ...] = ()
        if order == "ymd" and len(year) == 2:
            found = _in_year(f"{one:02}", other, int(year), calendar, sent)
        if calendar is Calendar.PERSIAN:
            found += _in_year(year, other, one, calendar, sent)
        return _found(match, found + _pairs(one, other, match[2], order, year_of(year, calendar)))

    def short(match: re.Match[str], sent: date) -> Found | None:
        one, other = int(match[1]), int(match[3])
        found = _pairs(one, other, match[2], order, None)
        if calendar is Calendar.PERSIAN:
            days = [persian_readings(None, month, day, sent) for _, month, day in found]
            found = (*(day for of_one in days for day in of_one), *found)
        return _found(match, found)

    yield (
        r"(?<![\d+])(?<!\d[./:])(\d{1,2})\s?([-./])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d:])"
        + _TAIL,
        full,
    )
    yield r"(?<![\d+])(?<!\d[./:])(\d{1,2})\s?([./])\s?(\d{1,2})(?!\d|[.:/]\d)\.?", short


def _in_year(
    year: str, month: int, day: int, calendar: Calendar, sent: date
) -> tuple[Reading, ...]:
    """A day whose year was written in digits; of two, it is one of the calendar's or ours."""
    ours = ((year_of(year, calendar), month, day),)
    if calendar is not Calendar.PERSIAN or (len(year) == 4 and year >= "1500"):
        return ours
    if len(year) == 4:
        return persian_readings(int(year), month, day, sent)
    return persian_readings(1400 + int(year), month, day, sent) + ours


def _pairs(one: int, other: int, mark: str, order: str, year: int | None) -> tuple[Reading, ...]:
    """Day and month in both orders, the likelier first; dots are written by those who put the
    day first."""
    day_first, month_first = (year, other, one), (year, one, other)
    if mark == "." and order != "ymd":
        return (day_first,)
    return (day_first, month_first) if order == "dmy" else (month_first, day_first)


def _compact(match: re.Match[str], sent: date) -> Found | None:
    return _found(match, ((int(match[1]), int(match[2]), int(match[3])),))


def _east_asian() -> Iterator[_Form]:
    number = rf"(?:\d{{1,4}}|[{_DIGITS}十百]{{1,6}}|元)"
    era = rf"(?:(?<![a-z\d])r(?=\s?\d)|{either(one for one in ERAS if one != 'r')})"
    plain = rf"(\d{{2,4}}|[二一][{_DIGITS}]{{3}})"
    year = rf"(?:(?:({era})\s?({number})|{plain})\s?[年년]\s?)?"
    day = r"(\d{1,2}|[一二三四五六七八九十廿卅]{1,3})"
    yield rf"{_NOT_LUNAR}{year}{day}\s?[月월]\s?{day}\s?(?:[日号號일])?", _era_date
    yield (
        rf"({era})\s?({number})()\s?[年/.]\s?(\d{{1,2}})\s?[/.]\s?(\d{{1,2}})(?![\d/.])",
        _era_date,
    )
    yield rf"{year}{day}\s?[月월]\s?(?:底|末|말)", _month_end_east
    yield rf"(?<![\d月월])(?<![{_NUMBERED}]){day}\s?[日號号일](?!\s?(?:{_NO_DAY}))", _day_only


def _era_date(match: re.Match[str], sent: date) -> Found | None:
    return _found(match, ((_era_year(match), number_of(match[4]), number_of(match[5])),))


def _month_end_east(match: re.Match[str], sent: date) -> Found | None:
    return _end_of_month(match, _era_year(match), number_of(match[4]), sent)


def _ordinal_day(languages: Sequence[Language]) -> Iterator[_Form]:
    """A day of a month that goes without saying, as in "the 30th"."""

    def alone(match: re.Match[str], sent: date) -> Found | None:
        end = end_of_day(match.string, *match.span(), languages)
        reading = None, 0, int(match[0])
        return None if end is None else Found(match.start(), end, readings=(reading,))

    yield NUMBER, alone


def _day_only(match: re.Match[str], sent: date) -> Found | None:
    return _found(match, ((None, 0, number_of(match[1])),))


def _era_year(match: re.Match[str]) -> int | None:
    if match[1]:
        return era_year(match[1], match[2])
    return year_of(str(number_of(match[3]))) if match[3] else None


def _named(months: dict[str, _Month], languages: Sequence[Language]) -> Iterator[_Form]:
    name, behind = _month_name(months, languages)
    days = {word: day for one in reversed(languages) for word, day in one.days.items()}
    link = r"[\s\-/]{0,3}(?:de |of |di |d'|del |do |lui |ב|ל)?"
    lead = [one for language in languages for one in language.words["month_lead"]]
    if lead:
        link += rf"(?:{either(lead)})?"
    spelled = rf"|(?<!\w)(?P<word>{either(days)})(?!\w)" if days else ""
    is_thai = any(one.calendar is Calendar.BUDDHIST for one in languages)
    thai = r"(?:\s(?P<thai>6\d|7\d)(?!\d))?" if is_thai else ""

    def day_first(match: re.Match[str], sent: date) -> Found | None:
        found = match.groupdict()
        year = (
            found["year"] or found["short"] or (f"25{match['thai']}" if found.get("thai") else None)
        )
        day = int(match["day"]) if match["day"] else days[match["word"]]
        return _found(match, months[_named_in(match)].readings(year, day, sent))

    yield rf"(?:{_DAY}{spelled}){link}{name}{behind}{_POINT}{_YEAR}{thai}{_TAIL}", day_first

    def month_first(match: re.Match[str], sent: date) -> Found | None:
        month, day = months[_named_in(match)], int(match["last"] or match["day"])
        made = _found(match, month.readings(match["before"] or match["year"], day, sent))
        return replace(made, is_span=bool(match["last"])) if made else None

    if any(one.month_first for one in languages):
        yield (
            rf"(?:(?P<before>20\d\d)\.?\s)?(?<!\w){name}\.?[\s\-]{{1,2}}(?:the )?"
            r"(?P<day>\d{1,2})(?!\d|[./:]\d)(?:st|nd|rd|th|\.(?=\s?-?\w{0,3}))?"
            r"(?:\s?(?:-|to)\s?(?P<last>\d{1,2})(?:st|nd|rd|th)?(?!\d))?"
            r"(?:,?\s{0,2}(?P<year>20\d\d)(?!\d))?",
            month_first,
        )


def _month_name(months: dict[str, _Month], languages: Sequence[Language]) -> tuple[str, str]:
    """The name of a month, and what may stand behind it: an ending, a word for "month", the name
    that it has elsewhere."""
    long = [one for one in months if len(one) >= 5 and one[0] < "\u0e00"] or ["\0"]
    tail = [one for language in languages for one in language.words["month_tail"]]
    word = rf"(?:\s?{any_of(tail)})?" if tail else ""
    brief = [one for one in months if _is_brief(one, months)] or ["\0"]
    whole = months.keys() - set(brief) or ["\0"]
    name = (
        rf"(?:(?P<long>{either(long)})\w{{0,4}}|(?P<brief>{either(brief)}){word}(?![^\W\d])"
        rf"|(?P<whole>{either(whole)}){word}(?![^\W\d]))"
    )
    other = rf"(?:\s?[/(]\s?(?:{either(months)})(?![^\W\d])\)?)?"
    return name, rf"(?:'\w{{0,5}})?{word}{other}"


def _is_brief(name: str, months: Mapping[str, _Month]) -> bool:
    """Whether a month's name is written with a point."""
    return len(name) <= 3 or any(
        one.startswith(name) and one != name and months[one] == months[name] for one in months
    )


def _named_in(match: re.Match[str]) -> str:
    return match["long"] or match["brief"] or match["whole"]


def _weekdays(weekdays: dict[str, int], languages: Sequence[Language]) -> Iterator[_Form]:
    bare = [one for one in weekdays if len(one) >= 4 or not one.isascii() or one == "joi"]
    after = [one for language in languages for one in language.words["next"]]
    this = [one for language in languages for one in language.words["this"]]
    lead = rf"(?:({any_of(after)})\s?(?:个|個)?\s?)?" if after else "()"
    near = rf"(?:{any_of(this)}\s?(?:个|個)?\s?)?" if this else ""

    def weekday(match: re.Match[str], sent: date) -> Found | None:
        number = weekdays[match[2]]
        if match[3]:
            return _found(match, ((None, 0, int(match[3])),), weekday=number)
        ahead = (number - sent.weekday() - 1) % 7 + 1
        if match[1] and ahead + sent.weekday() < 7:
            ahead += 7
        day = sent + timedelta(days=ahead)
        span = match.start(), match.end()
        return Found(*span, weekday=number, first=day, last=day, kind=Kind.WEEKDAY)

    other = [one for language in languages for one in language.words["no_weekday"]]
    none = rf"(?!{any_of(other)}(?!\w))" if other else ""
    yield (
        rf"{_BEGINS}(?<!\d[snrt][tdh]\s){lead}{near}{none}({either(bare)})"
        r"(?:[a-zа-яєії]{0,4}(?![^\W\d_])(?:,?\s(?:the\s)?(\d{1,2})(?:st|nd|rd|th)?(?!\w|[:.,/-]\d|\s?(?:h|am|pm|uhr|:)))?"
        r"|(?<![\0-\u036f]))",
        weekday,
    )


def _relative(language: Language, months: dict[str, _Month]) -> Iterator[_Form]:
    words = language.words
    for days, key in enumerate(("today", "tomorrow", "overmorrow")):
        if words[key]:
            other = [one for one in words["that_day"] if one.startswith(words[key])]
            none = rf"(?!{any_of(other)})" if other else ""
            yield rf"{_BEGINS}{none}{any_of(words[key])}(?![a-zа-я])", _in_days(days)
    for key, week in (("this_week", 0), ("next_week", 1)):
        if words[key]:
            end = any_of(words["end_of"]) if words["end_of"] else r"\Z."
            yield rf"({end}\s(?:of |der |de |del )?)?{any_of(words[key])}(?![a-zа-я])", _week(week)
    for key, unit in (("ahead_days", 1), ("ahead_weeks", 7)):
        number = rf"(\d{{1,3}}|{either(words['numbers'])})"
        for phrase in words[key]:
            pattern = re.escape(phrase).replace(r"\{n\}", number)
            yield rf"{_BEGINS_WORD}{pattern}(?![a-zа-я])", _ahead(unit, words["numbers"])
    if words["end_of"] and months:
        yield (
            rf"(?<!\w){any_of(words['end_of'])}\s({either(months)})(?![^\W\d])\.?"
            r"(?:\s((?:20|1[34])\d\d))?",
            lambda match, sent: _end_of_named(match, months[match[1]], match[2], sent),
        )


def _in_days(days: int) -> _Maker:
    def maker(match: re.Match[str], sent: date) -> Found | None:
        day = sent + timedelta(days=days)
        return Found(match.start(), match.end(), first=day, last=day)

    return maker


def _week(number: int) -> _Maker:
    def maker(match: re.Match[str], sent: date) -> Found | None:
        monday = sent + timedelta(days=7 * number - sent.weekday())
        sunday = monday + timedelta(days=6)
        if match[1]:
            return Found(match.start(), match.end(), first=sunday, last=sunday, kind=Kind.END)
        return Found(match.start(), match.end(), first=monday, last=sunday, kind=Kind.WEEK)

    return maker


def _ahead(unit: int, numbers: tuple[str, ...]) -> _Maker:
    def maker(match: re.Match[str], sent: date) -> Found | None:
        count = int(match[1]) if match[1].isdecimal() else numbers.index(match[1]) + 1
        day = sent + timedelta(days=unit * count)
        return Found(match.start(), match.end(), first=day, last=day, kind=Kind.AHEAD)

    return maker


def _end_of_month(match: re.Match[str], year: int | None, month: int, sent: date) -> Found | None:
    if not 1 <= month <= 12:
        return None
    year = year or sent.year + (month < sent.month)
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return Found(match.start(), match.end(), first=last, last=last, kind=Kind.END)


def _end_of_named(
    match: re.Match[str], month: _Month, year: str | None, sent: date
) -> Found | None:
    if month.calendar is not Calendar.PERSIAN:
        return _end_of_month(match, year_of(year), month.number, sent)
    last = persian_month_end(int(year) if year else None, month.number, sent)
    span = match.start(), match.end()
    return Found(*span, first=last, last=last, kind=Kind.END) if last else None


def _found(
    match: re.Match[str], readings: tuple[Reading, ...], weekday: int | None = None
) -> Found | None:
    possible = tuple(dict.fromkeys(one for one in readings if _is_day(one)))
    if not possible:
        return None
    end = match.start() + len(match[0].rstrip())
    return Found(match.start(), end, readings=possible, weekday=weekday)


def _is_day(reading: Reading) -> bool:
    year, month, day = reading
    if not 1 <= day <= 31 or not 0 <= month <= 12 or (year is not None and not 2000 < year < 2100):
        return False
    if month == 0:
        return True
    try:
        date(year or 2000, month, day)
    except ValueError:
        return False
    return True
