"""The large sealers that come with the program, as data (`sealers.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("sealers.toml")


@dataclass(frozen=True, slots=True)
class Sealer:
    """`domain` is the d= of its seals; `operator` who it is, for a person."""

    domain: str
    operator: str


@cache
def large_sealers() -> tuple[Sealer, ...]:
    """All of them, in the order of the file."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["sealer"]
    return tuple(Sealer(row["domain"], row["operator"]) for row in rows)
