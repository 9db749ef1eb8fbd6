"""What words are about, the same in every language: prices, samples, absence, refusal.

They are the features by which the category model carries what it learned in one language over to
the others. A phrase that ends with `*` stands for all words that begin so; in scripts without
spaces a phrase is found anywhere. Words of all languages lie in one table, because to tell the
language first would fail for the short texts that matter most. The table is text
(`bounce_rules/training/concepts.tsv`), which `postern train` makes of the lists that people write
(`digest.category.wordlists`): to spell out all of them takes longer than to start.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.category.tokens import FIRST_DENSE, is_dense

TABLE = Path(bounce_rules.__file__).parent / "training" / "concepts.tsv"

_MOST_WORDS = 5
_MOST_REMEMBERED = 10_000
_SHORTEST_STEM = 2
"""Of two characters in Hangul only, where they are two syllables."""
_STEM = "*"


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
        phrases = (phrase for phrase in (*self.whole, *self.stems) if " " in phrase)
        for words in [phrase.split(" ", _MOST_WORDS - 1) for phrase in phrases]:
            if len(words) > heads.get(words[0], 1):
                heads[words[0]] = len(words)
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
    return read_concepts(TABLE.read_bytes().decode())


def read_concepts(text: str) -> Concepts:
    """What `write_concepts` wrote."""
    whole: dict[str, frozenset[str]] = {}
    stems: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        kind, *phrases = line.split("\t")
        names = kind.split(" ")
        table = stems if names[-1] == _STEM else whole
        table.update(dict.fromkeys(phrases, frozenset(names) - {_STEM}))
    return Concepts(whole, stems)


def write_concepts(concepts: Concepts) -> str:
    """A line for all phrases that stand for the same concepts: their names, then the phrases."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for table, mark in ((concepts.whole, ()), (concepts.stems, (_STEM,))):
        for phrase in sorted(table):
            lines.setdefault((*sorted(table[phrase]), *mark), []).append(phrase)
    return "".join("\t".join([" ".join(kind), *lines[kind]]) + "\n" for kind in sorted(lines))


def _lengths(phrases: Iterable[str], characters: int) -> Mapping[str, tuple[int, ...]]:
    """How long the phrases are that begin with so many characters, longest first."""
    found: dict[str, tuple[int, ...]] = {}
    pairs = {(phrase[:characters], len(phrase)) for phrase in phrases if len(phrase) >= characters}
    for start, length in sorted(pairs, reverse=True):
        found[start] = (*found.get(start, ()), length)
    return found
