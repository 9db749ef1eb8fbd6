"""Lists a page at a time: by key, never by offset, so that the last page costs what the first does.

A cursor is opaque to whoever gets it: it holds the key of the last row that was shown.
"""

import base64
from dataclasses import dataclass
from typing import Generic, TypeVar

from mail.identifier import is_id

T = TypeVar("T")

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
