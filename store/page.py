"""Lists a page at a time: by key, never by offset, so that the last page costs what the first does.

A cursor is opaque to whoever gets it: it holds the key of the last row that was shown.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from mail.identifier import is_id, new_id
from store.columns import EPOCH

T = TypeVar("T")

ID_SLACK = timedelta(days=1)
"""How far the time in an id may be from `received_at`: a transaction takes hours at most."""

MAX_LIMIT = 500
"""Rows that one page has at most, whatever was asked for."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor for those that follow; None where there are none."""

    items: tuple[T, ...]
    next: str | None


def bounded(limit: int) -> int:
    """`limit` within 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def first_id(since: datetime) -> str:
    """No row that was received at or after `since` has a smaller id than this."""
    return _id_prefix(since, -ID_SLACK)


def last_id(until: datetime) -> str:
    """No row that was received before `until` has a greater id than this."""
    return _id_prefix(until, ID_SLACK) + "~"


def _id_prefix(at: datetime, slack: timedelta) -> str:
    try:
        return new_id(max(at.astimezone(UTC) + slack, EPOCH))[:10]
    except OverflowError:  # beyond the calendar's first or last day
        return "" if slack < timedelta(0) else "~"


def cursor_of(identifier: str) -> str:
    """The cursor that continues after the row with this id."""
    return base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")


def id_of(cursor: str) -> str:
    """The id within a cursor. Raises ValueError where it is not one that we gave."""
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        identifier = found.decode("ascii")
    except ValueError:
        identifier = ""
    if not is_id(identifier):
        raise ValueError("the cursor is not one of ours")
    return identifier


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """The items in portions that one statement can carry."""
    return (items[start : start + MAX_LIMIT] for start in range(0, len(items), MAX_LIMIT))
