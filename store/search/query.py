"""What somebody looks for, as a value: it came from what they typed (`parse`), and nothing of how
a database finds it is in it.

A query is a list of clauses that must all hold; of the terms of a clause one must. So `a OR b c`
is (a or b) and c, as people mean it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.search.tokens import Form


class Field(StrEnum):
    """Where words stand in a message. The value is the mark of the field's tokens in the index;
    no folded text has such characters. ANY has no mark: all words stand there."""

    ANY = ""
    SUBJECT = "§"
    FROM = "«"
    TO = "»"
    FILENAME = "¤"


class State(StrEnum):
    """What can be asked of a message with `is:`."""

    UNREAD = "unread"
    READ = "read"
    FLAGGED = "flagged"
    ARCHIVED = "archived"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Words:
    """Words next to each other within one field, in any of these forms."""

    field: Field
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """A file hangs on the message."""


@dataclass(frozen=True, slots=True)
class InCategory:
    """The message has this category."""

    name: str


@dataclass(frozen=True, slots=True)
class InCampaign:
    """The message answers this campaign; `id` as its sender wrote it."""

    id: str


@dataclass(frozen=True, slots=True)
class Is:
    """The message is in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class Received:
    """Received `at` that moment or later; with `before`, earlier than that."""

    at: datetime
    before: bool


@dataclass(frozen=True, slots=True)
class Size:
    """The message has more octets, or fewer where `larger` is False."""

    octets: int
    larger: bool


Leaf = Words | HasAttachment | InCategory | InCampaign | Is | Received | Size


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be so, or must not."""

    leaf: Leaf
    negated: bool = False


Clause = tuple[Term, ...]


class NoteCode(StrEnum):
    """What of a query was not understood, and so left out."""

    UNKNOWN_OPERATOR = "unknown_operator"
    """`name:` is none of ours: it was looked for as a word."""
    NO_VALUE = "no_value"
    """Nothing stands after the colon."""
    BAD_VALUE = "bad_value"
    """The operator does not know this value."""
    NO_WORD = "no_word"
    """There is no letter and no digit in it."""
    LONE_OR = "lone_or"
    """OR without something on both sides."""
    TOO_LONG = "too_long"
    """What stands behind this is more than a search looks at."""
    INDEXING = "indexing"
    """Older mail is not in the index yet, and not found: no fault of the query."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark for whoever typed the query; `text` is their own words."""

    code: NoteCode
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """`is_blank`: nothing was typed. A query that is not blank and has no clause finds nothing:
    of what was typed nothing was understood. Who does more than show what is found (deleting it,
    say) must refuse a query with notes, because what was left out made it wider."""

    clauses: tuple[Clause, ...] = ()
    notes: tuple[Note, ...] = ()
    is_blank: bool = True

    @property
    def finds_nothing(self) -> bool:
        """Whether nothing of what was typed can be looked for."""
        return not self.is_blank and not self.clauses
