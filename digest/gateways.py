"""Programs on the way that may have rewritten a message, known by the marks in its header.

What the marks are is data (`bounce_rules/gateways/gateways.toml`).
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bounce_rules
from mail.errors import SettingsProblem
from mail.message import Header

_FILE = Path(bounce_rules.__file__).parent / "gateways" / "gateways.toml"
_MOST_FIELDS = 2000
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Gateway:
    """One program: how its header fields begin, and words of its Received fields."""

    name: str
    fields: tuple[str, ...]
    received: tuple[str, ...]


@cache
def shipped_gateways() -> tuple[Gateway, ...]:
    """Those of the data file. Raises SettingsProblem where it is wrong."""
    return read_gateways(_FILE.read_text("utf-8"))


def read_gateways(text: str) -> tuple[Gateway, ...]:
    """The entries of a file. Raises SettingsProblem that names what is wrong."""
    try:
        entries = tomllib.loads(text)["gateway"]
        return tuple(
            Gateway(entry["name"], tuple(entry["fields"]), tuple(entry["received"]))
            for entry in entries
        )
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{_FILE}: {error}") from error
    except KeyError as error:
        raise SettingsProblem(f"{_FILE}: an entry lacks {error}") from error


def gateways_of(headers: Iterable[Header]) -> tuple[str, ...]:
    """The names of those that the header tells of, in the order of the data."""
    names: set[str] = set()
    received: list[str] = []
    for header in list(headers)[:_MOST_FIELDS]:
        names.add(header.key)
        if header.key == "received":
            received.append(header.raw[:_LONGEST].decode("latin-1").lower())
    ways = "\n".join(received)
    return tuple(
        gateway.name
        for gateway in shipped_gateways()
        if any(name.startswith(gateway.fields) for name in names)
        or any(word in ways for word in gateway.received)
    )
