"""One spelling for searching: what is searched and what is searched for are folded alike.

Width and compatibility forms become one (NFKC: full-width Latin, half-width kana), and case goes.
"""

import unicodedata

from store.columns import storable

QUERY_LIMIT = 1000
"""Characters of a query that are looked at."""

_MOST_WORDS = 16


def fold(text: str) -> str:
    """The text without the differences that nobody types."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(q: str) -> tuple[str, ...]:
    """The words of a query, folded; all of them must be found."""
    return tuple(dict.fromkeys(fold(storable(q, QUERY_LIMIT)).split()))[:_MOST_WORDS]
