"""Which files can run a program when they are opened; the list is data (`dangerous.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Known:
    extensions: frozenset[str]
    content_types: frozenset[str]


def is_dangerous(name: str, content_type: str = "") -> bool:
    """Whether a file of this name, or of this type where it is declared, can do harm when
    somebody opens it."""
    known = _known()
    _, dot, extension = name.rpartition(".")
    by_name = bool(dot) and extension.strip().lower() in known.extensions
    return by_name or content_type.strip().lower() in known.content_types


@cache
def _known() -> _Known:
    data = tomllib.loads(Path(__file__).with_name("dangerous.toml").read_text("utf-8"))
    extensions = (one for group in data["extensions"].values() for one in group)
    return _Known(frozenset(extensions), frozenset(data["content_types"]))
