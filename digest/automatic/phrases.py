"""Thousands of phrases of many languages, found in one pass over a text.

A phrase is written in words: `*` at a word's end stands for its endings, `~` for a few words in
between, `(a|b)` for either, `?` after a word or a group for its absence. Phrases lie under their
first word, or their first two characters in scripts without spaces; so the work grows with the
text, and hardly with the number of phrases.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.automatic.spelling import fold_each

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


class _Shelf:
    """The phrases under one word. Most words that begin one go on in another way, so all are tried
    at once first. Patterns are compiled when they are first needed."""

    __slots__ = ("_any", "_patterns", "phrases")

    def __init__(self) -> None:
        self.phrases: list[tuple[str, str, str]] = []
        self._any: re.Pattern[str] | None = None
        self._patterns: list[re.Pattern[str]] = []

    def find(self, text: str, start: int) -> Iterator[Said]:
        """Those that stand at this place of a text."""
        if self._any is None:
            self._any = re.compile("|".join(_pattern(phrase) for _, _, phrase in self.phrases))
        if self._any.match(text, start) is None:
            return
        if not self._patterns:
            self._patterns = [re.compile(_pattern(phrase)) for _, _, phrase in self.phrases]
        for pattern, (language, role, _) in zip(self._patterns, self.phrases, strict=True):
            match = pattern.match(text, start)
            if match is not None:
                yield Said(start, match.end(), language, role)


class Phrases:
    """Made once of (language, role, phrase); raises ValueError for a phrase that is not one."""

    def __init__(self, entries: Iterable[tuple[str, str, str]] = ()) -> None:
        self._whole: dict[str, _Shelf] = defaultdict(_Shelf)
        self._stems: dict[str, dict[str, _Shelf]] = defaultdict(lambda: defaultdict(_Shelf))
        self._dense: dict[str, _Shelf] = defaultdict(_Shelf)
        self.add(entries)

    def add(self, entries: Iterable[tuple[str, str, str]]) -> None:
        """More of them, while nobody looks for any yet. Raises ValueError in the same way."""
        added = list(entries)
        spelled = fold_each([phrase for _, _, phrase in added])
        for (language, role, _), phrase in zip(added, spelled, strict=True):
            for first in _first_words(phrase):
                self._shelf(first).phrases.append((language, role, phrase))

    def _shelf(self, first: str) -> _Shelf:
        if _DENSE.match(first):
            return self._dense[first[:2]]
        if first.endswith("*"):
            stem = first[:-1]
            if len(stem) < _STEM:
                raise ValueError(f"{first!r} stands for too many words")
            return self._stems[stem[:_STEM]][stem]
        return self._whole[first]

    def find(self, text: str) -> list[Said]:
        """Every phrase in a folded text, in its order, at most MANY_HITS."""
        found: list[Said] = []
        for start, shelf in sorted(self._candidates(text), key=_place):
            found += shelf.find(text, start)
            if len(found) >= MANY_HITS:
                break
        return found

    def _candidates(self, text: str) -> Iterator[tuple[int, _Shelf]]:
        whole, stems = self._whole, self._stems
        for match in _WORD.finditer(text):
            word = match[0]
            if word in whole:
                yield match.start(), whole[word]
            if word[:_STEM] in stems:
                for stem, shelf in stems[word[:_STEM]].items():
                    if word.startswith(stem):
                        yield match.start(), shelf
        if self._dense and not text.isascii():
            pairs = set(map(str.__add__, text, text[1:])) & self._dense.keys()
            for pair in pairs:
                at = text.find(pair)
                while at >= 0:
                    yield at, self._dense[pair]
                    at = text.find(pair, at + 1)


def _place(candidate: tuple[int, _Shelf]) -> int:
    return candidate[0]


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
    return written + ("" if dense else r"(?!\w)")


def _alternatives(token: str, between: str) -> str:
    pieces = [_piece(one, between) for one in token.strip("()").split("|")]
    return pieces[0] if len(pieces) == 1 else f"(?:{'|'.join(pieces)})"


def _piece(words: str, between: str) -> str:
    return between.join(re.escape(one).replace(r"\*", r"\w{0,14}") for one in words.split())


def _first_words(phrase: str) -> Iterator[str]:
    """Under which words to file it."""
    found = _TOKEN.search(phrase)
    token = found[0] if found else "~"
    if token == "~" or token.endswith("?"):
        raise ValueError(f"{phrase!r} must begin with a word")
    for one in token.strip("()").split("|"):
        word = _WORD.match(one)
        if word is None or (len(word[0]) < 2 and _DENSE.match(one)):
            raise ValueError(f"{phrase!r} must begin with a word")
        yield word[0] + ("*" if one[word.end() :].startswith("*") else "")
