"""What every file of data must say of itself, and lists of texts in it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

_CONFIDENCE = ("high", "medium", "low")


def check_origin(table: Mapping[str, Any]) -> None:
    """Every piece of data says where it is from, when it was looked at, and how sure we are.

    Raises TypeError or ValueError.
    """
    source = table.get("source")
    if not isinstance(source, str) or not source.strip():
        raise ValueError("source must say where this is from")
    if not isinstance(table.get("checked_on"), date):
        raise TypeError("checked_on must be a date")
    if table.get("confidence") not in _CONFIDENCE:
        raise ValueError(f"confidence must be one of {', '.join(_CONFIDENCE)}")


def texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts, empty where there is none. Raises TypeError."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TypeError(f"{key} must be a list of texts")
    return tuple(found)
