"""Why the words say what they say, in names that a person understands."""

import re
from collections.abc import Iterable, Iterator

from bounce_rules.labels import labels

MOST = 4
_CONCEPTS = re.compile(r"[#@>]")
PIECES = "word-pieces"
"""Where no word of the lists spoke for the category, only runs of characters did."""


def readable(features: Iterable[str]) -> tuple[str, ...]:
    """Names for the features that moved the model most, each once: `word:price`."""
    names = dict.fromkeys(name for one in features for name in _names(one))
    return tuple(f"word:{name}" for name in list(names)[:MOST]) or (PIECES,)


def _names(feature: str) -> Iterator[str]:
    """`#not>interested` is about both; `#price@ask` about a price."""
    known = labels()
    if feature.startswith("="):
        if feature in known:
            yield known[feature].en
    elif feature.startswith("#"):
        for name in _CONCEPTS.split(feature.partition("@")[0]):
            if name in known:
                yield known[name].en
