"""The signs of automatic answers as data: `bounce_rules/automatic/`, read once.

`signs.toml` has header fields and points, `prefixes.toml` what stands before a subject when
somebody answers or forwards, and each other file the subjects and phrases of one language. The
phrases of absence notes (`digest.away.languages`) count too.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.automatic.origin import check_origin, texts
from digest.automatic.phrases import Phrases
from digest.automatic.spelling import fold, fold_each
from digest.away.languages import ROLES, either, shipped_languages
from digest.fields import Fields
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "automatic"

PHRASES = (
    "robot",
    "received",
    "ticket",
    "soon",
    "access",
    "thanks",
    "challenge",
    "absent",
    "person",
    "call",
    "decision",
)
"""What the phrases of a language's file say."""

LABEL = "label"
"""Names of such notes: they say it of the note that they head, and nothing inside a sentence."""

_POINTS = {*PHRASES, *ROLES, "subject", "title", "question", "short"}
_FIELD_KEYS = {"name", "field", "points", "source", "checked_on", "confidence"}
_CONDITIONS = ("begins", "contains", "not", "beside")


@dataclass(frozen=True, slots=True)
class FieldSign:
    """A header field that tells something, with its points.

    It fits where the field is there and its value begins with one of `begins`, has one of
    `contains` in it, is none of `excluded`, and the field `beside` is there too; empty conditions
    always hold.
    """

    name: str
    field: str
    points: int
    begins: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    beside: str = ""

    def fits(self, fields: Fields) -> bool:
        """Whether a message has this sign."""
        if self.field not in fields or (self.beside and self.beside not in fields):
            return False
        value = fields.token(self.field)
        if self.begins and not value.startswith(self.begins):
            return False
        if self.contains and not any(one in value for one in self.contains):
            return False
        return not (self.excluded and value in self.excluded)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All signs. `subjects` fits a subject that a program wrote, `titles` one that a person wrote
    for such notes; both after `prefixes`, whose first group is there for a reply's."""

    enough: int
    points: Mapping[str, int]
    fields: tuple[FieldSign, ...]
    prefixes: re.Pattern[str]
    subjects: re.Pattern[str]
    titles: re.Pattern[str]
    phrases: Phrases


@lru_cache(maxsize=1)
def shipped_rules() -> Rules:
    """Those that come with Postern."""
    return load_rules(FOLDER)


def load_rules(folder: Path) -> Rules:
    """Read the folder. Raises SettingsProblem naming the file and what is wrong in it."""
    tables = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables[path.name] = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsProblem(f"{path}: {error}") from None
    name = ""
    try:
        name = "signs.toml"
        signs = tables.pop(name)
        enough, points = _points(signs)
        fields = tuple(read_field_sign(one) for one in signs["field"])
        name = "prefixes.toml"
        prefixes = _prefixes(tables.pop(name))
        spoken: list[tuple[str, str, str]] = []
        for name in tables:
            spoken += _entries(tables[name])
        phrases = Phrases(_phrases(spoken))
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsProblem(f"{folder / name}: {error}") from None
    return Rules(enough, points, fields, prefixes, *_subjects(spoken), phrases)


def _points(table: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    points = {key: _number(value, key) for key, value in table["points"].items()}
    if points.keys() != _POINTS:
        raise ValueError(f"points must be given for {', '.join(sorted(_POINTS))}, and no more")
    return _number(table["enough"], "enough"), points


def read_field_sign(table: Mapping[str, Any]) -> FieldSign:
    """One [[field]]. Raises KeyError, TypeError or ValueError saying what is wrong."""
    check_origin(table)
    if not _FIELD_KEYS <= table.keys() <= _FIELD_KEYS | {*_CONDITIONS}:
        raise ValueError(f"field {table.get('name')!r} lacks a key, or has one too many")
    return FieldSign(
        name=table["name"],
        field=table["field"].lower(),
        points=_number(table["points"], "points"),
        begins=texts(table, "begins"),
        contains=texts(table, "contains"),
        excluded=texts(table, "not"),
        beside=table.get("beside", ""),
    )


def _number(value: Any, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{key} must be a number")
    return value


def _prefixes(table: Mapping[str, Any]) -> re.Pattern[str]:
    check_origin(table)
    replies = either(map(fold, texts(table, "replies")))
    forwards = either(map(fold, texts(table, "forwards")))
    tag = r"\[(?:ext|external|extern|externe|spam|\*+spam\*+)[^\]]{0,20}\]\s{0,3}"
    return re.compile(
        rf"\s{{0,3}}(?:{tag}"
        rf"|(?:({replies})|{forwards})\s?(?:[\[(]\d{{1,3}}[\])])?\s?:\s{{0,3}}){{0,12}}"
    )


def _entries(table: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    check_origin(table)
    unknown = table.keys() - {"language", "source", "checked_on", "confidence"}
    roles = ("subjects", "titles", LABEL, *PHRASES)
    if unknown - {*roles}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown - {*roles}))}")
    found = [(table["language"], role, text) for role in roles for text in texts(table, role)]
    if not found:
        raise ValueError("there is nothing in it")
    return found


def _phrases(spoken: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The phrases of both rooms. That somebody is away is said in whole sentences here: the words
    that a note uses for it are what others write about too."""
    said = [one for one in spoken if one[1] in (LABEL, *PHRASES)]
    for language in shipped_languages().by_name.values():
        for role in ROLES:
            if role != "absent":
                said += [(language.name, role, text) for text in language.phrases[role]]
    return said


def _subjects(spoken: list[tuple[str, str, str]]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    subjects = either(fold_each([text for _, role, text in spoken if role == "subjects"]))
    titles = either(fold_each([text for _, role, text in spoken if role == "titles"]))
    return (
        re.compile(rf"[\[【(*\"]?(?:{subjects})\s?(?:[:\]】)*\"]|-\s|\Z)"),
        re.compile(rf"[\[【(*\"]?(?:{titles})(?!\w(?<![\u0e00-\ud7af]))"),
    )
