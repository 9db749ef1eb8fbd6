"""Which letters stand beside each other in the words of a language.

A wrong charset makes pairs that no word has ("oø", "aą"), where single letters may all look fine.
And a language's frequent words are mostly ASCII, so that they can be read before the charset is
known. Both are data: `bounce_rules/letters`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mail.errors import SettingsProblem

_FOLDER = Path(__file__).parents[2] / "bounce_rules" / "letters"
_BEYOND = "\xaa\xb5\xba\xc0-\u024f\u1e00-\u1eff"
_SCRIPTS = ("\u0370-\u03ff", "\u0400-\u052f", "\u05d0-\u05ea", "\u0621-\u06d3", "\u0e00-\u0e4f")
_WORD = re.compile(
    f"(?<![A-Za-z{_BEYOND}])[A-Za-z]{{0,25}}+[{_BEYOND}][A-Za-z{_BEYOND}]{{0,25}}"
    + "".join(f"|[{script}]+" for script in _SCRIPTS)
)
_ASCII_WORD = re.compile(rb"(?<![a-z\x80-\xff])[a-z]{2,12}(?![a-z\x80-\xff])")
_MOST = 1500
"""Pairs of a text that are looked up."""


@cache
def pairs_of(language: str) -> frozenset[str]:
    """The pairs of a language, "_" for a word's edge. Raises SettingsProblem where it has none."""
    return _of("pairs.tsv", language)


def _of(name: str, language: str) -> frozenset[str]:
    try:
        return _table(name)[language]
    except KeyError:
        raise SettingsProblem(f"{name}: no line for the language {language}") from None


@cache
def _table(name: str) -> dict[str, frozenset[str]]:
    table = {}
    for line in (_FOLDER / name).read_text("utf-8").splitlines():
        language, _, pairs = line.partition("\t")
        if pairs and not line.startswith("#"):
            table[language] = frozenset(pairs.split())
    return table


def pairs_in(text: str) -> list[str]:
    """The pairs of a text of which at least one letter is beyond ASCII, in lower case."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = f"_{match[0].lower()}_"
        found += [
            word[at : at + 2]
            for at in range(len(word) - 1)
            if word[at] > "\x7f" or word[at + 1] > "\x7f"
        ]
        if len(found) > _MOST:
            break
    return found


def words_in(octets: bytes) -> frozenset[str]:
    """The words of a sample that are ASCII, in lower case: the same in all charsets of letters."""
    return frozenset(word.decode("ascii") for word in _ASCII_WORD.findall(octets.lower()))


def familiar_words(words: frozenset[str], languages: Iterable[str]) -> int:
    """How many of the words are frequent ones of the likeliest of `languages`."""
    return max(len(words & _of("words.tsv", language)) for language in languages)


def familiar(text: str, languages: Iterable[str]) -> float:
    """The share of a text's pairs that the likeliest of `languages` has; 0.5 where it has none."""
    counted = Counter(pairs_in(text))
    if not counted:
        return 0.5
    known = max(
        sum(map(counted.__getitem__, counted.keys() & pairs_of(language))) for language in languages
    )
    return known / counted.total()


@cache
def all_pairs() -> frozenset[str]:
    """The pairs of all languages together."""
    return frozenset().union(*_table("pairs.tsv").values())
