"""The id of a transaction: 26 characters that sort by time (a ULID).

48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32. Whoever holds an
id can tell when it was made and nothing else; nobody can guess one.

An id says what the clock said. It is not made greater than the one before: many processes on many
machines make ids at one time, so nobody may count on that, and an id whose time is not that of
its transaction would be missed by who looks for a span of time. A clock that is set back costs
the order of what came meanwhile, and nothing is skipped, shown twice, or taken for another.
"""

import re
import secrets
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALID = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


def new_id(at: datetime) -> str:
    """A fresh id for something that happened `at` (an aware datetime)."""
    number = (int(at.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id."""
    return _VALID.fullmatch(text) is not None


def time_of(identifier: str) -> datetime:
    """When the id was made, to the millisecond. Raises ValueError if it is not an id."""
    if not is_id(identifier):
        raise ValueError(f"not an id: {identifier!r}")
    number = 0
    for character in identifier[:10]:
        number = number * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)
