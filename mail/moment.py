"""Times as programs read them: RFC 3339 in UTC, with a Z, everywhere the same."""

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """An aware time, such as `2026-11-20T12:00:00Z`; fractions of a second only where it has some.

    Raises ValueError for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone could be any")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_utc(text: str) -> str:
    """The same moment in that form. What names no moment (a day, a time without a zone) or cannot
    be read stays as it is."""
    try:
        return rfc3339(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text
