"""What words are about, the same in every language: prices, samples, absence, refusal.

They are the features by which the category model carries what it learned in one language over to
the others. A phrase that ends with `*` stands for all words that begin so; in scripts without
spaces a phrase is found anywhere. Words of all languages lie in one table, because to tell the
language first would fail for the short texts that matter most. The table is text
(`bounce_rules/training/concepts.tsv`), which `postern train` makes of the lists that people write
(`digest.category.wordlists`): to spell out all of them takes longer than to start.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.category.tokens import is_dense

TABLE = Path(bounce_rules.__file__).parent / "training" / "concepts.tsv"

SHORTEST_STEM = 2
"""Of two characters in Hangul only, where they are two syllables."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Concepts:
    """`whole` has phrases, `stems` their beginnings; each stands for some concepts.

    The rest follows from these two, so that most words of a text need one look: of how many words
    the phrases are that begin with a word (`heads`), and of how many characters the stems and the
    phrases in scripts without spaces that begin with the same; each the longest first.
    """

    whole: Mapping[str, frozenset[str]]
    stems: Mapping[str, frozenset[str]]
    heads: Mapping[str, tuple[int, ...]]
    stem_lengths: Mapping[str, tuple[int, ...]]
    phrase_lengths: Mapping[str, tuple[int, ...]]
    _words: dict[str, frozenset[str] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

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
        for length in self.heads.get(words[at], ()):
            phrase = " ".join(words[at : at + length])
            found = self.whole.get(phrase) or self._stem_of(phrase)
            if found is not None:
                return found, length
        return self._of_word(words[at]), 1

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
        for end in self.stem_lengths.get(phrase[:SHORTEST_STEM], ()):
            found = self.stems.get(phrase[:end]) if end <= len(phrase) else None
            if found is not None:
                # A stem stands for words that begin so, not for whatever words come after them.
                return None if " " in phrase[end:] else found
        return None

    def _in_dense(self, run: str) -> Iterator[frozenset[str]]:
        at = 0
        while at < len(run):
            for length in self.phrase_lengths.get(run[at], ()):
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
    tables: dict[str, dict[str, Any]] = {name: {} for name in _TABLES}
    for line in text.splitlines():
        head, *keys = line.split("\t")
        name, *value = head.split(" ")
        tables[name].update(dict.fromkeys(keys, _TABLES[name](value)))
    return Concepts(**tables)


def write_concepts(concepts: Concepts) -> str:
    """A line for all keys of a table that have the same value: the table, the value, the keys."""
    lines: dict[str, list[str]] = {}
    for name in _TABLES:
        for key, value in sorted(getattr(concepts, name).items()):
            head = " ".join([name, *map(str, sorted(value, reverse=name not in _NAMES))])
            lines.setdefault(head, []).append(key)
    return "".join("\t".join([head, *lines[head]]) + "\n" for head in sorted(lines))


def _numbers(written: Iterable[str]) -> tuple[int, ...]:
    return tuple(map(int, written))


_NAMES: Mapping[str, Callable[[list[str]], Any]] = {"whole": frozenset, "stems": frozenset}
_LENGTHS = dict.fromkeys(("heads", "stem_lengths", "phrase_lengths"), _numbers)
_TABLES = {**_NAMES, **_LENGTHS}
