"""Column types that mean the same on SQLite and on PostgreSQL, and text that both can keep."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_FIRST, _LAST = ((at - EPOCH) // _MICROSECOND for at in (_EARLIEST, _LATEST))

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts up. SQLite does so for its own INTEGER only."""

Ulid = String(26).with_variant(String(26, collation="C"), "postgresql")
"""An id that sorts by time: by its octets, whatever language the database sorts by."""


class Instant(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970 in UTC.

    One integer sorts, compares and indexes alike everywhere; SQLite has no type for time zones.
    Takes and gives aware datetimes only; a naive one raises ValueError. What lies beyond the
    calendar (its last day in New York is over later than in UTC) is its first or last moment.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The integer that is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be an aware datetime")
        return (in_utc(value) - EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The moment that the integer stands for, in UTC."""
        if value is None:
            return None
        return EPOCH + timedelta(microseconds=min(max(value, _FIRST), _LAST))


def in_utc(at: datetime) -> datetime:
    """An aware moment in UTC, or the first or last of the calendar where that is beyond it."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if at.year < EPOCH.year else _LATEST


def storable(text: str, limit: int | None = None) -> str:
    """`text` as every database can keep it: no NUL (PostgreSQL), no lone surrogates (UTF-8).

    Such characters become U+FFFD; `limit` cuts it to that many characters.
    """
    if limit is not None:
        text = text[:limit]
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def dump_json(value: Any) -> str:
    """JSON text for a JSON column: compact, readable in every language, and storable."""
    text = _encode(value)
    if "\\u0000" in text or (not text.isascii() and _UNSTORABLE.search(text)):
        return _encode(storable_json(value))
    return text


def storable_json(value: Any) -> Any:
    """What `storable` does, for every string within a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(inner) for inner in value]
    return value
