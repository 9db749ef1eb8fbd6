"""The lists of words that people write for `digest.category.concepts`, made into its table.

`bounce_rules/training/concepts/*.toml` has a file for each language, which lists the words and
phrases that carry each concept, beginnings of words with `*`. Many people leave out accents, so a
phrase that has some is also known without.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import bounce_rules
from digest.category.concepts import SHORTEST_STEM, Concepts
from digest.category.tokens import FIRST_DENSE, tokens_of_each
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "training" / "concepts"

_MOST_WORDS = 5
_SHORTEST_BARE = 4
"""Shorter words without their accents are too often words of another language."""
# Above and below Latin, Greek and Cyrillic letters, and the hamza of Arabic.
_ACCENTS = re.compile("[\u0300-\u036f\u0653-\u0655]")
_OF_THEIR_OWN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ı": "i"})


def read_wordlists(folder: Path = FOLDER) -> Concepts:
    """The concepts of all languages. Raises SettingsProblem naming the file."""
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.toml")):
        for name, phrases in read_wordlist(path).items():
            for phrase, spelled in zip(phrases, _spelled(phrases), strict=True):
                kind = stems if phrase.endswith("*") else whole
                kind.setdefault(spelled, set()).add(name)
    return concepts_of(_frozen(_with_bare(whole)), _frozen(_with_bare(stems)))


def concepts_of(
    whole: Mapping[str, frozenset[str]], stems: Mapping[str, frozenset[str]]
) -> Concepts:
    """The table of these phrases and beginnings of phrases, with what follows from them."""
    split = [phrase.split(" ") for phrase in (*whole, *stems)]
    return Concepts(
        whole,
        stems,
        _lengths((words[0], len(words)) for words in split if 1 < len(words) <= _MOST_WORDS),
        _lengths((one[:SHORTEST_STEM], len(one)) for one in stems if len(one) >= SHORTEST_STEM),
        _lengths((one[0], len(one)) for one in whole if one >= FIRST_DENSE),
    )


def _lengths(found: Iterable[tuple[str, int]]) -> Mapping[str, tuple[int, ...]]:
    """All lengths that go with a beginning, the longest first."""
    lengths: dict[str, tuple[int, ...]] = {}
    for start, length in sorted(set(found), reverse=True):
        lengths[start] = (*lengths.get(start, ()), length)
    return lengths


def read_wordlist(path: Path) -> Mapping[str, list[str]]:
    """The phrases of each concept in one file. Raises SettingsProblem naming it."""
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{path}: {error}") from None
    for name, phrases in found.items():
        if not isinstance(phrases, list) or not all(isinstance(one, str) for one in phrases):
            raise SettingsProblem(f"{path}: {name} must be a list of phrases")
    return found


def _with_bare(found: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """Each phrase also without its accents, where that is no phrase with a meaning of its own."""
    accented = [phrase for phrase in found if not phrase.isascii()]
    apart = unicodedata.normalize("NFD", "\n".join(accented).translate(_OF_THEIR_OWN))
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).split("\n")
    both = dict(found)
    for phrase, plain in zip(accented, bare, strict=False):
        if len(plain) >= _SHORTEST_BARE and plain not in found:
            both[plain] = both.get(plain, set()) | found[phrase]
    return both


def _spelled(phrases: Iterable[str]) -> Iterator[str]:
    """As the tokens of a text are joined."""
    return map(" ".join, tokens_of_each([phrase.removesuffix("*") for phrase in phrases]))


def _frozen(found: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {phrase: frozenset(names) for phrase, names in found.items() if phrase}
