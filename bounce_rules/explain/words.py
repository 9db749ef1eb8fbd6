"""Findings in words that the administrator of a sending domain understands.

One TOML file per language with the same keys: what was checked and what passes by method, what
was found and how it is mended by kind. `{names}` are filled in from the finding.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bounce_rules.explain.finding import Finding
from bounce_rules.explain.reasons import reason_of

LANGUAGES = ("en", "zh-CN")
"""The first is the one for everybody else."""


@dataclass(frozen=True, slots=True)
class Words:
    """One finding as four sentences, and the line about the record if there is one."""

    checked: str
    found: str
    passes: str
    fix: str
    publish: str


def words_of(finding: Finding, language: str) -> Words:
    """The finding in a language that we have, else in English."""
    table = _table(language if language in LANGUAGES else LANGUAGES[0])
    values = {"about": finding.about, **finding.values}
    if finding.because is not None:
        values["reason"] = reason_of(finding.because, language)
    kind = table[finding.kind.value]
    publish = ""
    if finding.record is not None:
        publish = table["publish"]["instead" if finding.record.instead else "new"]
    return Words(
        checked=table["checked"][finding.method],
        found=kind["found"].format(**values),
        passes=table["passes"][finding.method],
        fix=kind["fix"].format(**values),
        publish=publish,
    )


def labels(language: str) -> dict[str, str]:
    """The headings for a program that prints findings."""
    found: dict[str, str] = _table(language if language in LANGUAGES else LANGUAGES[0])["labels"]
    return found


@cache
def _table(language: str) -> dict[str, dict[str, str]]:
    text = Path(__file__).with_name(f"{language}.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)
    return found
