"""Thousands of phrases of many languages, found in one pass over a text.

A phrase is written in words: `*` at a word's end stands for its endings, `~` for a few words in
between, `(a|b)` for either, `?` after a word or a group for its absence. Phrases lie under their
first word, or their first two characters in scripts without spaces; so the work grows with the
text, and hardly with the number of phrases.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from digest.automatic.spelling import fold

MANY_HITS = 200
"""Phrases that are found in one text."""

_WORD = re.compile(r"[\u0e00-\u0e7f]+|[^\W_\u0e00-\u0e7f]+")  # Thai vowels are no letters to re
_TOKEN = re.compile(r"\([^()]*\)\??|[^\s()]+")
_DENSE = re.compile("[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STEM = 3
"""Characters that every word with `*` has before it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase that was found: where, and what it is filed under."""

    start: int
    end: int
    language: str
    role: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: str
    language: str
    role: str


class Phrases:
    """Made once of (language, role, phrase); raises ValueError for a phrase that is not one."""

    def __init__(self, entries: Iterable[tuple[str, str, str]]) -> None:
        self._whole: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, dict[str, list[_Phrase]]] = {}
        self._dense: dict[str, list[_Phrase]] = {}
        for language, role, phrase in entries:
            spelled = fold(phrase)
            found = _Phrase(_pattern(spelled), language, role)
            for first in _first_words(spelled):
                self._file(first, found)

    def _file(self, first: str, phrase: _Phrase) -> None:
        if _DENSE.match(first):
            self._dense.setdefault(first[:2], []).append(phrase)
        elif first.endswith("*"):
            stem = first[:-1]
            if len(stem) < _STEM:
                raise ValueError(f"{first!r} stands for too many words")
            self._stems.setdefault(stem[:_STEM], {}).setdefault(stem, []).append(phrase)
        else:
            self._whole.setdefault(first, []).append(phrase)

    def find(self, text: str) -> list[Said]:
        """Every phrase in a folded text, in its order, at most MANY_HITS."""
        found: list[Said] = []
        for word in _WORD.finditer(text):
            for start, phrases in self._beginning(word[0], word.start()):
                for phrase in phrases:
                    match = _compiled(phrase.pattern).match(text, start)
                    if match is not None:
                        found.append(Said(start, match.end(), phrase.language, phrase.role))
            if len(found) >= MANY_HITS:
                break
        return found

    def _beginning(self, word: str, at: int) -> Iterator[tuple[int, list[_Phrase]]]:
        if word in self._whole:
            yield at, self._whole[word]
        stems = self._stems.get(word[:_STEM])
        if stems is not None:
            for stem, phrases in stems.items():
                if word.startswith(stem):
                    yield at, phrases
        if not word.isascii() and _DENSE.search(word):
            for offset in range(len(word) - 1):
                pair = word[offset : offset + 2]
                if pair in self._dense:
                    yield at + offset, self._dense[pair]


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _pattern(phrase: str) -> str:
    dense = _DENSE.search(phrase) is not None
    between = r"\W{0,2}" if dense else r"\W{1,3}"
    written, gap = "", ""
    for token in _TOKEN.findall(phrase):
        if token == "~":
            gap = r"[^.!?。\n]{0,40}?" if not dense else r"[^.!?。\n]{0,20}?"
            continue
        optional = token.endswith("?")
        inner = _alternatives(token.removesuffix("?"), between)
        before = (between if written and not gap else "") + gap
        written += f"(?:{before}{inner})?" if optional else before + inner
        gap = ""
    if not written:
        raise ValueError("an empty phrase would be found everywhere")
    return written + ("" if dense else r"(?!\w)")


def _alternatives(token: str, between: str) -> str:
    pieces = [_piece(one, between) for one in token.strip("()").split("|")]
    return pieces[0] if len(pieces) == 1 else f"(?:{'|'.join(pieces)})"


def _piece(words: str, between: str) -> str:
    return between.join(re.escape(one).replace(r"\*", r"\w{0,14}") for one in words.split())


def _first_words(phrase: str) -> Iterator[str]:
    """Under which words to file it."""
    token = next(iter(_TOKEN.findall(phrase)), "")
    if not token or token == "~" or token.endswith("?"):
        raise ValueError(f"{phrase!r} must begin with a word")
    for one in token.strip("()").split("|"):
        word = _WORD.match(one)
        if word is None or (_DENSE.match(one) and len(word[0]) < 2):
            raise ValueError(f"{phrase!r} must begin with a word")
        yield word[0] + ("*" if one[word.end() :].startswith("*") else "")
