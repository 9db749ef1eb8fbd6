"""Which tokens stand next to each other, as tokens of their own: so an index finds a phrase.

An index without positions knows which messages have two words, and for two frequent words that is
nearly all of them. A pair of neighbours is rare. Each is a number of twenty bits, so that however
much is written, an index never has more than a million of them; a few messages share a number by
chance, and the text itself, which is asked anyway, tells them apart. A text with very many pairs
has MANY instead and is a candidate for every phrase.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from zlib import crc32

MANY = "¦"
"""The token of a message of which no pairs are kept."""

MOST_PAIRS = 10_000
"""Different pairs of one message that are kept: a text of about 60,000 characters."""

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_HALVES = tuple(first + second for first in _DIGITS for second in _DIGITS)


def pairs(tokens: Sequence[str]) -> list[str]:
    """A token for each two neighbours of a row, in their order."""
    return [_pair(first, second) for first, second in pairwise(tokens)]


def pairs_of(rows: Iterable[Sequence[str]]) -> list[str]:
    """What the index has of all these rows: each pair once, or MANY."""
    found: dict[str, None] = {}
    for row in rows:
        found.update(dict.fromkeys(pairs(row)))
        if len(found) > MOST_PAIRS:
            return [MANY]
    return list(found)


def _pair(first: str, second: str) -> str:
    number = crc32(f"{first} {second}".encode("utf-8", "surrogatepass"))
    return MANY + _HALVES[number & 1023] + _HALVES[number >> 10 & 1023]
