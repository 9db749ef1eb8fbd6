"""The console's words in every language that it speaks.

One TOML file per language with the same keys in all; `tests/web/test_i18n.py` sees to that. A
key names the place and the thing (`mail.empty.title`), and `{name}` in a sentence is filled in.
Where English needs a singular, the key has two: `….one` and `….other`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "zh-CN": "简体中文"}
"""Code and own name of each language; the first is the one for everybody else."""

DEFAULT = "en"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of a language by dotted key."""
    text = Path(__file__).with_name(f"{language}.toml").read_text("utf-8")
    return dict(_flatten(tomllib.loads(text)))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, str(value)))
    return found


def say(language: str, key: str, **values: object) -> str:
    """The sentence for `key`, filled in. Raises KeyError for a key that no catalogue has."""
    sentence = catalogue(language)[key]
    return sentence.format(**values) if values else sentence


def count(language: str, key: str, n: int, **values: object) -> str:
    """The sentence for `n` of something: `key.one` or `key.other`, with {n} filled in."""
    return say(language, f"{key}.{'one' if n == 1 else 'other'}", n=n, **values)


def has(key: str) -> bool:
    """Whether there is a sentence with this key."""
    return key in catalogue(DEFAULT)


def choose_language(cookie: str | None, accept_language: str) -> str:
    """The viewer's own choice if there is one, else what the browser asks for
    (RFC 9110 §12.5.4)."""
    if cookie in LANGUAGES:
        return str(cookie)
    best, best_weight = DEFAULT, 0.0
    for item in accept_language.split(",")[:20]:
        tag, _, parameter = item.strip().partition(";")
        language = _speaks(tag.strip().lower())
        weight = _weight(parameter)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _speaks(tag: str) -> str | None:
    """The language of ours for a tag such as zh, zh-Hans-CN or en-GB."""
    primary = tag.split("-")[0]
    return {"zh": "zh-CN", "en": "en"}.get(primary)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
