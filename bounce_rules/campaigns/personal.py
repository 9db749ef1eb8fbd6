"""Which domains are people's own mailboxes at a provider: read once from `personal.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from mail.errors import SettingsProblem

_FILE = Path(__file__).with_name("personal.toml")
_KEYS = {"name", "domains", "source", "checked_on", "confidence"}


@cache
def personal_domains() -> frozenset[str]:
    """Those that come with the program. Raises SettingsProblem for a wrong file."""
    return read_personal(_FILE)


def read_personal(file: Path) -> frozenset[str]:
    """The domains of a file, in lower case. Raises SettingsProblem that names file and entry."""
    try:
        entries = tomllib.loads(file.read_text("utf-8")).get("provider", [])
    except (OSError, ValueError) as error:
        raise SettingsProblem(f"{file} cannot be read: {error}") from error
    return frozenset(domain for entry in entries for domain in _domains(file, entry))


def _domains(file: Path, entry: dict[str, Any]) -> list[str]:
    name = entry.get("name", "an entry without a name")
    if entry.keys() != _KEYS:
        wrong = ", ".join(sorted(entry.keys() ^ _KEYS))
        raise SettingsProblem(f"{file}: {name}: these keys are missing or unknown: {wrong}")
    domains = [str(one) for one in entry["domains"]]
    if not domains or any(one != one.lower() or "." not in one for one in domains):
        raise SettingsProblem(f"{file}: {name}: domains are names in lower case")
    return domains
