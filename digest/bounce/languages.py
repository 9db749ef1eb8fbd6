"""What a report says in the language of its readers, where no code and no words of a server tell:
data in `bounce_rules/bounces/languages`, one file for each language.

A clause is lists of words; one word of each list stands in one sentence, in any order. Words are
beginnings ("unbekannt" is in "unbekannter"), without accents, and from five letters on any part
of a word. Which language it is follows from whose clauses say most.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from digest.bounce.rules import FOLDER, LONGEST, plain, read_toml
from digest.bounce.values import Kind
from digest.category.concepts import shipped_concepts
from digest.category.features import features
from mail.errors import SettingsProblem

_KINDS = frozenset(Kind)
_SAYS = _KINDS | {"trying", "stopped"}
_ABOUT = {"source", "checked_on", "confidence"}
_SENTENCE_ENDS = re.compile(r"\n[ \t\u3000]*\n|[.!?](?=\s|\Z)|[。！？；।؟]")
_MARKS = re.compile("[\u0300-\u036f]+")
_PUNCTUATION = re.compile(r"[!-?\[-`{-~\u00a0-\u00bf\u2010-\u205e\u3000-\u303f\uff00-\uff0f]+")
_LETTERS = str.maketrans("łøđðıœ", "lodoio")
_SHORT = 5
_WEIGHT = {Kind.SOFT: 0.6, Kind.HARD: 0.9}
_SINGLE = 6

_CONCEPTS = {
    "#spam": Kind.BLOCKED,
    "#toolarge": Kind.POLICY,
    "#full": Kind.QUOTA,
    "#unknown": Kind.HARD,
}
"""What concepts of the model of categories mean in a report; the first that is there counts."""

_Clause = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Language:
    """What is said in one language: clauses for each kind, for "the reporter keeps trying" and
    for "it stopped trying". `ascii_clauses` are what an ASCII text can say of them."""

    name: str
    clauses: dict[str, tuple[_Clause, ...]]
    ascii_clauses: dict[str, tuple[_Clause, ...]]

    def saying(self, what: str, text: "_Text") -> tuple[_Clause, ...]:
        """The clauses that can be in a text."""
        return (self.ascii_clauses if text.whole.isascii() else self.clauses).get(what, ())


@dataclass(frozen=True, slots=True)
class _Text:
    """A text's sentences, as words are compared with them, and all of them in one."""

    sentences: tuple[str, ...]
    whole: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a language's words mean, and whether more than one word says so."""

    kind: Kind
    language: str
    strong: bool


def said_in_words(text: str) -> Said | None:
    """The kind of refusal that a text tells in any of the languages."""
    read = _read(text)
    best: tuple[float, Said] | None = None
    for language in shipped_languages():
        found = dict(_strengths(language, read))
        if not found:
            continue
        kind = max(found, key=lambda one: found[one][0])
        value = found[kind][0] + sum(one for one, _ in found.values()) / 4
        if best is None or value > best[0]:
            best = value, Said(kind, language.name, found[kind][1])
    return best[1] if best else None


def kind_by_concepts(text: str) -> Kind | None:
    """The same by the single words that the model of categories knows: less sure, asked last."""
    known = features("", text[:LONGEST], shipped_concepts()).concepts
    return next((kind for name, kind in _CONCEPTS.items() if name in known), None)


def keeps_trying(text: str) -> bool:
    """Whether a reporter says in any language that it has not given up."""
    read = _read(text)
    return any(
        _most(language.saying("trying", read), read)[0]
        and not _most(language.saying("stopped", read), read)[0]
        for language in shipped_languages()
    )


def _strengths(language: Language, text: _Text) -> Iterator[tuple[Kind, tuple[float, bool]]]:
    for kind in Kind:
        strength, strong = _most(language.saying(kind, text), text)
        if strength:
            yield kind, (strength * _WEIGHT.get(kind, 1), strong)


def _most(clauses: Iterable[_Clause], text: _Text) -> tuple[float, bool]:
    """How many letters of the clause that says most are there, and if it has several lists."""
    most, strong = 0, False
    for clause in clauses:
        if not all(any(word in text.whole for word in words) for words in clause):
            continue
        for sentence in text.sentences:
            strength = _strength(clause, sentence)
            if strength > most:
                most, strong = strength, len(clause) > 1
    return most, strong


def _strength(clause: _Clause, sentence: str) -> int:
    total = _SINGLE if len(clause) == 1 else 0
    for words in clause:
        found = max((_letters(word) for word in words if word in sentence), default=0)
        if not found:
            return 0
        total += found
    return total


def _letters(word: str) -> int:
    """A sign of Chinese, Japanese or Korean says as much as three letters."""
    return len(word) if word[-1] < "\u2e80" else 3 * len(word)


def _read(text: str) -> _Text:
    pieces = _SENTENCE_ENDS.split(text[:LONGEST])
    sentences = tuple(f" {_folded(piece)} " for piece in pieces if piece.strip())
    return _Text(sentences, "\n".join(sentences))


def _folded(text: str) -> str:
    """Lower case without accents and punctuation, on one line."""
    return " ".join(_bare(plain(text)).split())


def _bare(text: str) -> str:
    """Without accents and punctuation."""
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return _PUNCTUATION.sub(" ", unicodedata.normalize("NFC", text).translate(_LETTERS))


@cache
def shipped_languages() -> tuple[Language, ...]:
    """Those that come with the program. Raises SettingsProblem."""
    return tuple(read_language(file) for file in sorted((FOLDER / "languages").glob("*.toml")))


def read_language(file: Path) -> Language:
    """One language. Raises SettingsProblem, naming the file."""
    content = read_toml(file)
    missing, unknown = (_ABOUT | _KINDS | {"trying"}) - content.keys(), content.keys() - _SAYS
    if missing or unknown - _ABOUT:
        raise SettingsProblem(f"{file}: lacks {sorted(missing)}, has {sorted(unknown - _ABOUT)}")
    said = {name: content[name] for name in content.keys() & _SAYS}
    spelled = _spelled(
        word for found in said.values() for of in found for some in of for word in some
    )
    clauses = {
        name: tuple(tuple(tuple(spelled[word] for word in words) for words in of) for of in found)
        for name, found in said.items()
    }
    for words in (words for found in clauses.values() for clause in found for words in clause):
        if not words or not all(word.strip() for word in words):
            raise SettingsProblem(f"{file}: an empty word says nothing")
    of_ascii = {name: tuple(_of_ascii(found)) for name, found in clauses.items()}
    return Language(file.stem, clauses, of_ascii)


def _of_ascii(clauses: Iterable[_Clause]) -> Iterator[_Clause]:
    for clause in clauses:
        found = tuple(tuple(word for word in words if word.isascii()) for words in clause)
        if all(found):
            yield found


def _spelled(words: Iterable[str]) -> dict[str, str]:
    """As texts have them, all at once; a short one begins a word, unless its script knows no
    spaces."""
    written = list(words)
    bare = _bare(unicodedata.normalize("NFKC", "\n".join(written)).casefold())
    found = [" ".join(line.split()) for line in bare.split("\n")]
    return {
        word: f" {one}" if len(one) < _SHORT and one < "\u0590" else one
        for word, one in zip(written, found, strict=True)
    }
