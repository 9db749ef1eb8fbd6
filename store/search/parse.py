"""From what people type to a `Query`. Pure; whatever is typed, there is an answer, and what was
not understood is said in its notes.

    offer "delivery time" -draft from:li@example.com price OR 价格 has:attachment after:2026-03-01

A word may end in `*`; an operator may stand in Chinese as in English, with a wide colon too.
Dates are days in UTC, and a day belongs to `after:` and not to `before:`. Sizes are in octets, or
with k, m, g times 1024.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from store.columns import storable
from store.search.query import (
    Field,
    HasAttachment,
    InCampaign,
    InCategory,
    Is,
    Leaf,
    Note,
    NoteCode,
    Query,
    Received,
    Size,
    State,
    Term,
    Words,
)
from store.search.tokens import Form, forms, id_token

QUERY_LIMIT = 1000
"""Characters of a query that are looked at."""

MOST_TERMS = 64
"""Terms of a query that are looked for."""

MOST_NOTES = 8

CATEGORIES = ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice")

_NOTED_CHARACTERS = 60
_ITEM = re.compile(
    r'(?P<minus>-?)(?:(?P<name>[^\W\d_][^\W_]{0,19}):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]*))'
)
_QUOTES = str.maketrans("“”„‟＂：－", '""""":-')
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)([kmg]?)b?")
_MOST_OCTETS = 1 << 40
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_FIELDS = {
    "from": Field.FROM,
    "发件人": Field.FROM,
    "to": Field.TO,
    "收件人": Field.TO,
    "subject": Field.SUBJECT,
    "主题": Field.SUBJECT,
    "filename": Field.FILENAME,
    "附件名": Field.FILENAME,
}


def parse_query(text: str) -> Query:
    """What `text` asks for. Never raises."""
    reader = _Reader()
    read = storable(text, QUERY_LIMIT).translate(_QUOTES)
    for item in _ITEM.finditer(read):
        reader.take(item)
    reader.end()
    if len(text) > QUERY_LIMIT:
        reader.note(NoteCode.TOO_LONG, text[QUERY_LIMIT:])
    return Query(
        tuple(tuple(clause) for clause in reader.clauses),
        tuple(reader.notes),
        is_blank=not text.strip(),
    )


class _Reader:
    """Takes one item after the other; knows whether an OR stands before the next."""

    def __init__(self) -> None:
        self.clauses: list[list[Term]] = []
        self.notes: list[Note] = []
        self._terms = 0
        self._can_join = False
        self._joins = False

    def take(self, item: re.Match[str]) -> None:
        """One item; nothing, where there is only white space or a minus."""
        typed = item[0]
        if typed == "OR":
            self._joins = self._can_join
            if not self._can_join:
                self.note(NoteCode.LONE_OR, typed)
        elif typed.strip("-") and typed != "AND":
            leaf = self._leaf(typed, item)
            if leaf is not None:
                self._add(Term(leaf, bool(item["minus"])), typed)

    def end(self) -> None:
        """There are no more items."""
        if self._joins:
            self.note(NoteCode.LONE_OR, "OR")

    def note(self, code: NoteCode, text: str) -> None:
        """Something was not understood."""
        found = Note(code, text[:_NOTED_CHARACTERS])
        is_said = code is NoteCode.TOO_LONG and any(one.code is code for one in self.notes)
        if not is_said and found not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(found)

    def _add(self, term: Term, typed: str) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            self.note(NoteCode.TOO_LONG, typed)
            return
        if self._joins:
            self.clauses[-1].append(term)
        else:
            self.clauses.append([term])
        self._can_join, self._joins = True, False

    def _leaf(self, typed: str, item: re.Match[str]) -> Leaf | None:
        name, value = (item["name"] or "").casefold(), item["phrase"] or item["word"] or ""
        if not name:
            return self._words(Field.ANY, typed.removeprefix("-"), value)
        if name in _FIELDS:
            return self._words(_FIELDS[name], typed, value) if self._has(value, typed) else None
        if name in _OPERATORS:
            return self._operator(name, typed, value)
        if value and not value.startswith("//"):
            self.note(NoteCode.UNKNOWN_OPERATOR, f"{item['name']}:")
        return self._words(Field.ANY, typed, f"{item['name']} {value}")

    def _operator(self, name: str, typed: str, value: str) -> Leaf | None:
        if not self._has(value, typed):
            return None
        leaf = _OPERATORS[name](value if name in _AS_TYPED else value.casefold())
        if leaf is None:
            self.note(NoteCode.BAD_VALUE, typed)
        return leaf

    def _has(self, value: str, typed: str) -> bool:
        if not value:
            self.note(NoteCode.NO_VALUE, typed)
        return bool(value)

    def _words(self, field: Field, typed: str, value: str) -> Words | None:
        goes_on = value.endswith("*") and not value[:-1].endswith(" ")
        found = forms(value, prefix=goes_on)
        if not found:
            self.note(NoteCode.NO_WORD, typed)
            return None
        if field is Field.ANY and "@" in value and (known := id_token(value)):
            found = (*found, Form((known,)))
        return Words(field, found)


def _attachment(value: str) -> Leaf | None:
    return HasAttachment() if value in ("attachment", "attachments", "file", "附件") else None


def _category(value: str) -> Leaf | None:
    return InCategory(value) if value in CATEGORIES else None


def _campaign(value: str) -> Leaf | None:
    return InCampaign(value)


def _state(value: str) -> Leaf | None:
    value = _STATES.get(value, value)
    return Is(State(value)) if value in tuple(State) else None


_STATES = {"starred": "flagged", "seen": "read", "unseen": "unread"}


def _message_id(value: str) -> Leaf | None:
    found = id_token(value)
    return Words(Field.ANY, (Form((found,)),)) if found else None


def _before(value: str) -> Leaf | None:
    at = _day(value)
    return Received(at, before=True) if at else None


def _after(value: str) -> Leaf | None:
    at = _day(value)
    return Received(at, before=False) if at else None


def _day(value: str) -> datetime | None:
    """The beginning of a day, or of the first of a month or of a year."""
    german = _DAY_FIRST.fullmatch(value)
    found = german or _DAY.fullmatch(value)
    if found is None:
        return None
    parts = [int(part or 1) for part in found.groups()]
    year, month, day = reversed(parts) if german else parts
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _larger(value: str) -> Leaf | None:
    octets = _octets(value)
    return None if octets is None else Size(octets, larger=True)


def _smaller(value: str) -> Leaf | None:
    octets = _octets(value)
    return None if octets is None else Size(octets, larger=False)


def _octets(value: str) -> int | None:
    found = _SIZE.fullmatch(value)
    return min(int(float(found[1]) * _UNITS[found[2]]), _MOST_OCTETS) if found else None


_OPERATORS: dict[str, Callable[[str], Leaf | None]] = {
    "has": _attachment,
    "category": _category,
    "campaign": _campaign,
    "is": _state,
    "before": _before,
    "after": _after,
    "larger": _larger,
    "smaller": _smaller,
    "msgid": _message_id,
    "rfc822msgid": _message_id,
    "分类": _category,
    "活动": _campaign,
    "早于": _before,
    "晚于": _after,
}
_AS_TYPED = ("campaign", "活动")
"""Operators whose values are ids that others chose, in their spelling."""
