"""The words that mail programs and companies put around what somebody wrote, read once.

They live in `bounce_rules/written/*.toml`, each file with its source, the day it was checked and
how sure we are. A file that is wrong in any way is a SettingsProblem that names it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "written"

_START = 3


class Label(Enum):
    """What a line of a header block tells; the values are the keys of labels.toml."""

    FROM = "from"
    SENT = "sent"
    """The date, in a word that only mail uses."""
    DATE = "date"
    TO = "to"
    CC = "cc"
    SUBJECT = "subject"
    REPLY = "reply"
    """Reply-To and other lines of no interest."""
    IDENTIFIER = "identifier"


def fold(text: str) -> str:
    """One spelling for both cases; a dotted capital I is an i, wherever the sender lives."""
    return text.casefold().replace("i\u0307", "i")


@dataclass(frozen=True, slots=True)
class Openings:
    """Phrases that a line may begin with, found by their first characters."""

    by_start: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> "Openings":
        """`phrases` are folded, and have at least two characters each."""
        found: dict[str, list[str]] = {}
        for phrase in phrases:
            found.setdefault(phrase[:_START], []).append(phrase)
        return cls({start: tuple(same) for start, same in found.items()})

    def begin(self, line: str) -> bool:
        """Whether the folded `line` begins with one of them."""
        phrases = self.by_start.get(line[:_START])
        if phrases is not None and line.startswith(phrases):
            return True
        return line[: _START - 1] in self.by_start  # of two characters, as in Chinese


@dataclass(frozen=True, slots=True)
class Phrases:
    """All of them; what is compared whole or by its beginning is folded and without spaces
    around. `labels` maps a label without any spaces to what it tells."""

    labels: Mapping[str, frozenset[Label]]
    original: Openings
    forwarded: Openings
    alone: frozenset[str]
    bare: Openings
    wrote: tuple[str, ...]
    told: tuple[str, ...]
    opens: tuple[str, ...]
    """Not folded: only where they are written large does another line begin."""
    closings: Openings
    whole_closings: frozenset[str]
    closing_sentences: Openings
    awaiting: Openings
    places_after: frozenset[str]
    registry_words: tuple[str, ...]
    contact_labels: frozenset[str]
    company_words: frozenset[str]
    company_parts: tuple[str, ...]
    devices: Openings
    device_words: tuple[str, ...]
    scanners: Openings
    lists: Openings
    disclaimers: Openings
    legal_words: tuple[str, ...]
    appeals: Openings
    banners: Openings
    footer_starts: frozenset[str]
    """The first characters of all that begins a footer: most lines begin otherwise."""


@lru_cache(maxsize=1)
def shipped_phrases() -> Phrases:
    """The ones that come with the program."""
    return load_phrases(FOLDER)


def load_phrases(folder: Path) -> Phrases:
    """Read a folder of phrases. Raises SettingsProblem with the file's name."""
    separators = read_table(folder / "separators.toml")
    verbs = read_table(folder / "verbs.toml")
    ends = read_table(folder / "signatures.toml")
    footers = read_table(folder / "footers.toml")
    closings = ends.phrases("closings")
    return Phrases(
        labels=_labels(read_table(folder / "labels.toml")),
        original=Openings.of(separators.phrases("original")),
        forwarded=Openings.of(separators.phrases("forwarded")),
        alone=frozenset(separators.phrases("alone")),
        bare=Openings.of(separators.phrases("bare")),
        wrote=tuple(verbs.phrases("wrote")),
        told=tuple(verbs.phrases("told")),
        opens=tuple(verbs.words("opens")),
        closings=Openings.of(one for one in closings if len(one) > _START),
        whole_closings=frozenset(one.rstrip(".,") for one in closings),
        closing_sentences=Openings.of(ends.phrases("closing_sentences")),
        awaiting=Openings.of(ends.phrases("awaiting")),
        places_after=frozenset(ends.phrases("places_after")),
        registry_words=tuple(ends.phrases("registry_words")),
        contact_labels=frozenset(ends.phrases("labels")),
        company_words=frozenset(ends.phrases("company_words")),
        company_parts=tuple(ends.phrases("company_parts")),
        devices=Openings.of(footers.phrases("devices")),
        device_words=tuple(footers.phrases("device_words")),
        scanners=Openings.of(footers.phrases("scanners")),
        lists=Openings.of(footers.phrases("lists")),
        disclaimers=Openings.of(footers.phrases("disclaimers")),
        legal_words=tuple(footers.phrases("legal_words")),
        appeals=Openings.of(footers.phrases("appeals")),
        banners=Openings.of(footers.phrases("banners")),
        footer_starts=frozenset(
            phrase[:_START]
            for key in ("scanners", "lists", "disclaimers", "appeals")
            for phrase in footers.phrases(key)
        ),
    )


@dataclass(frozen=True, slots=True)
class Table:
    """One data file, and its name for complaints."""

    file: Path
    content: Mapping[str, Any]

    def phrases(self, key: str) -> list[str]:
        """A list of phrases, folded. Raises SettingsProblem where it is none."""
        return [fold(one) for one in self.words(key)]

    def words(self, key: str) -> list[str]:
        """A list of phrases as they are written. Raises SettingsProblem where it is none."""
        found = self.content.get(key)
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise SettingsProblem(f"{self.file}: {key!r} must be a list of phrases")
        return [one.strip() for one in found]

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables. Raises SettingsProblem where it is none."""
        found = self.content.get(key)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise SettingsProblem(f"{self.file}: there must be [[{key}]] tables")
        return found


def read_table(file: Path) -> Table:
    """One file with its source. Raises SettingsProblem where it cannot be read or names none."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsProblem(f"{file}: cannot be read: {error}") from error
    if not isinstance(content.get("source"), str) or not isinstance(
        content.get("checked_on"), date
    ):
        raise SettingsProblem(f"{file}: needs `source` and `checked_on`")
    if content.get("confidence") not in ("high", "medium", "low"):
        raise SettingsProblem(f"{file}: `confidence` must be high, medium or low")
    return Table(file, content)


def _labels(table: Table) -> dict[str, frozenset[Label]]:
    found: dict[str, set[Label]] = {}
    for language in table.tables("language"):
        here = Table(table.file, language)
        for label in Label:
            for phrase in here.phrases(label.value):
                found.setdefault("".join(phrase.split()), set()).add(label)
    return {phrase: frozenset(labels) for phrase, labels in found.items()}
