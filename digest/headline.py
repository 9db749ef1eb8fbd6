"""What can be had cheaply and safely of a message that our reader failed on: its headline.

Only the beginning of the header block is looked at, and each field for itself, so that whatever
broke the reader is left out and the rest is told: who wrote, about what, and when.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from digest.dates import read_date
from digest.fields import Fields, one_line
from digest.lineage import lineage_of
from digest.people import Person, read_people
from digest.words import decode_words
from mail.lineage import NO_LINEAGE, Lineage
from mail.message import parse_message
from mail.raw import RawMessage

_LOOKED_AT = 64 * 1024
_LONGEST_FIELD = 2_000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Headline:
    """The few fields that a list shows; None where there is nothing to be read."""

    subject: str | None = None
    author: Person | None = None
    date: datetime | None = None
    message_id: str | None = None
    lineage: Lineage = NO_LINEAGE


NO_HEADLINE = Headline()


def read_headline(raw: RawMessage) -> Headline:
    """Subject, author, date and Message-ID, as far as they can be read. Never raises."""
    fields = _tried(lambda: _fields(raw), Fields(()))
    return Headline(
        subject=_tried(lambda: _subject(fields), None),
        author=_tried(lambda: _author(fields), None),
        date=_tried(lambda: read_date(_value(fields, "date")), None),
        message_id=_tried(lambda: _message_id(fields), None),
        lineage=_tried(lambda: lineage_of(fields, _subject(fields)), NO_LINEAGE),
    )


def _tried(read: Callable[[], _T], otherwise: _T) -> _T:
    try:
        return read()
    except Exception:
        return otherwise


def _fields(raw: RawMessage) -> Fields:
    head = next(raw.blocks(size=_LOOKED_AT), b"")
    return Fields(parse_message(RawMessage(len(head), "", memory=head)).headers)


def _value(fields: Fields, name: str) -> bytes:
    return (fields.first(name) or b"")[:_LONGEST_FIELD]


def _subject(fields: Fields) -> str | None:
    return one_line(decode_words(_value(fields, "subject")).text) or None


def _author(fields: Fields) -> Person | None:
    people, _ = read_people(_value(fields, "from"))
    return next(iter(people), None)


def _message_id(fields: Fields) -> str | None:
    return one_line(_value(fields, "message-id").decode("utf-8", "replace")) or None
