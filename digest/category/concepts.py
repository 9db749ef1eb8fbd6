"""What words are about, the same in every language: prices, samples, absence, refusal.

`bounce_rules/training/concepts/*.toml` has a file for each language, which lists the words and
phrases that carry each concept. They are the features by which the category model carries what it
learned in one language over to the others. A phrase that ends with `*` stands for all words that
begin so; in scripts without spaces a phrase is found anywhere. Words of all languages lie in one
table: to tell the language first would fail for the short texts that matter most. Many people leave
out accents, so a phrase that has some is also known without.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.category.tokens import FIRST_DENSE, is_dense, tokens_of_each
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "training" / "concepts"

_LIST = re.compile(r"^(\w+) = \[([^\]]*)\]$", re.ASCII | re.MULTILINE)
_MOST_WORDS = 5
_MOST_REMEMBERED = 10_000
_SHORTEST_STEM = 2
"""Of two characters in Hangul only, where they are two syllables."""
_SHORTEST_BARE = 4
"""Shorter words without their accents are too often words of another language."""
# Above and below Latin, Greek and Cyrillic letters, and the hamza of Arabic.
_ACCENTS = re.compile("[\u0300-\u036f\u0653-\u0655]")
_OF_THEIR_OWN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Concepts:
    """`whole` has phrases, `stems` their beginnings; each stands for some concepts.

    The rest follows from these two, so that most words of a text need one look: of how many
    words the phrases are that a word begins, and how long those that characters begin.
    """

    whole: Mapping[str, frozenset[str]]
    stems: Mapping[str, frozenset[str]]
    _heads: Mapping[str, int] = field(init=False, repr=False)
    _words: dict[str, frozenset[str] | None] = field(init=False, repr=False, compare=False)
    _stem_lengths: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)
    _phrase_lengths: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        heads: dict[str, int] = {}
        for phrase in (*self.whole, *self.stems):
            head, blank, _ = phrase.partition(" ")
            if blank:
                heads[head] = max(heads.get(head, 1), min(_MOST_WORDS, phrase.count(" ") + 1))
        object.__setattr__(self, "_heads", heads)
        object.__setattr__(self, "_words", {})
        object.__setattr__(self, "_stem_lengths", _lengths(self.stems, _SHORTEST_STEM))
        dense = [phrase for phrase in self.whole if phrase >= FIRST_DENSE]
        object.__setattr__(self, "_phrase_lengths", _lengths(dense, 1))

    def found_in(self, words: list[str]) -> Iterator[frozenset[str]]:
        """The concepts of a text's tokens, in their order; of two phrases the longer counts."""
        at = 0
        while at < len(words):
            if is_dense(words[at]):
                yield from self._in_dense(words[at])
                at += 1
                continue
            found, length = self._at(words, at)
            if found is not None:
                yield found
            at += length

    def _at(self, words: list[str], at: int) -> tuple[frozenset[str] | None, int]:
        most = self._heads.get(words[at], 1)
        for length in range(min(most, len(words) - at), 0, -1):
            if length == 1:
                return self._of_word(words[at]), 1
            phrase = " ".join(words[at : at + length])
            found = self.whole.get(phrase) or self._stem_of(phrase)
            if found is not None:
                return found, length
        return None, 1

    def _of_word(self, word: str) -> frozenset[str] | None:
        """Remembered, because texts are mostly made of the same words."""
        try:
            return self._words[word]
        except KeyError:
            pass
        if len(self._words) >= _MOST_REMEMBERED:
            self._words.clear()
        found = self._words[word] = self.whole.get(word) or self._stem_of(word)
        return found

    def _stem_of(self, phrase: str) -> frozenset[str] | None:
        for end in self._stem_lengths.get(phrase[:_SHORTEST_STEM], ()):
            found = self.stems.get(phrase[:end]) if end <= len(phrase) else None
            if found is not None:
                # A stem stands for words that begin so, not for whatever words come after them.
                return None if " " in phrase[end:] else found
        return None

    def _in_dense(self, run: str) -> Iterator[frozenset[str]]:
        at = 0
        while at < len(run):
            for length in self._phrase_lengths.get(run[at], ()):
                found = self.whole.get(run[at : at + length]) if at + length <= len(run) else None
                if found is not None:
                    yield found
                    at += length
                    break
            else:
                at += 1


@lru_cache(maxsize=1)
def shipped_concepts() -> Concepts:
    """Those that come with Postern."""
    return read_concepts(FOLDER)


def read_concepts(folder: Path) -> Concepts:
    """The concepts of all languages. Raises SettingsProblem naming the file."""
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.toml")):
        for name, phrases in _read_file(path).items():
            for phrase, spelled in zip(phrases, _spelled(phrases), strict=True):
                kind = stems if phrase.endswith("*") else whole
                kind.setdefault(spelled, set()).add(name)
    return Concepts(_frozen(_with_bare(whole)), _frozen(_with_bare(stems)))


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


def _lengths(phrases: Iterable[str], characters: int) -> Mapping[str, tuple[int, ...]]:
    """How long the phrases are that begin with so many characters, longest first."""
    found: dict[str, set[int]] = {}
    for phrase in phrases:
        if len(phrase) >= characters:
            found.setdefault(phrase[:characters], set()).add(len(phrase))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}


def _read_file(path: Path) -> Mapping[str, list[str]]:
    try:
        text = path.read_text("utf-8")
        found = _read_plainly(text) or tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{path}: {error}") from None
    for name, phrases in found.items():
        if not isinstance(phrases, list) or not all(isinstance(one, str) for one in phrases):
            raise SettingsProblem(f"{path}: {name} must be a list of phrases")
    return found


def _read_plainly(text: str) -> dict[str, Any]:
    """What a file says that has nothing but names and lists of them, as ours do: such lists are
    JSON too, which is read in a tenth of the time. Nothing where anything else is in it."""
    entries = _LIST.findall(text)
    rest = _LIST.sub("", text).split("\n")
    found = dict(entries)
    if len(found) < len(entries) or any(line and not line.startswith("#") for line in rest):
        return {}
    try:
        return {
            name: json.loads(f"[{phrases.rstrip().removesuffix(',')}]") for name, phrases in entries
        }
    except ValueError:
        return {}


def _spelled(phrases: Iterable[str]) -> Iterator[str]:
    """As the tokens of a text are joined."""
    return map(" ".join, tokens_of_each([phrase.removesuffix("*") for phrase in phrases]))


def _frozen(found: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {phrase: frozenset(names) for phrase, names in found.items() if phrase}
