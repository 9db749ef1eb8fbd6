"""What the features of the category model are called for people, in both languages of the console.

A digest says `word:` and the English name; the console shows it in the reader's language.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mail.errors import SettingsProblem

FILE = Path(__file__).parent / "training" / "labels.toml"


@dataclass(frozen=True, slots=True)
class Label:
    """A name in English and in Chinese."""

    en: str
    zh: str


@lru_cache(maxsize=1)
def labels() -> Mapping[str, Label]:
    """By feature: a concept (`price`) or a shape (`=asks`). Raises SettingsProblem."""
    try:
        found = tomllib.loads(FILE.read_text("utf-8"))
        return {name: Label(both["en"], both["zh"]) for name, both in found.items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SettingsProblem(f"{FILE}: {type(error).__name__}: {error}") from None


@lru_cache(maxsize=1)
def _chinese() -> Mapping[str, str]:
    return {label.en: label.zh for label in labels().values()}


def reason_in(language: str, why: str) -> str:
    """One of a digest's reasons as the console shows it; a rule's name stays as it is."""
    kind, _, name = why.partition(":")
    if kind != "word":
        return why
    return _chinese().get(name, name) if language.startswith("zh") else name
