"""Where a person's address stands in what we keep: pure.

An address is found in any spelling of case, within longer text and within JSON, but not as a part
of another address.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from mail.address import parse_address
from mail.errors import SettingsProblem

_BEFORE = r"(?<![\w.+%!~-])"
_BEHIND = r"(?![\w-]|\.[\w-])"


@dataclass(frozen=True, slots=True)
class Person:
    """One address, in the spelling by which it is compared, and what finds it in text."""

    address: str
    _pattern: re.Pattern[str]
    _octets: tuple[bytes, ...]

    def is_in(self, value: Any) -> bool:
        """Whether a value of a column names the address: text, octets, or JSON."""
        if isinstance(value, str):
            return self._may_be_in(value) and self._pattern.search(value) is not None
        if isinstance(value, bytes | bytearray | memoryview):
            return self._is_in_octets(bytes(value))
        if isinstance(value, dict):
            return any(self.is_in(one) for pair in value.items() for one in pair)
        if isinstance(value, list | tuple):
            return any(self.is_in(one) for one in value)
        return False

    def is_in_json(self, text: str | None) -> bool:
        """Whether JSON text names it; read only where that may be."""
        escaped = "\\" in self.address or '"' in self.address
        if not text or not (escaped or self._may_be_in(text)):
            return False
        return self.is_in(json.loads(text))

    def without(self, value: Any, instead: str) -> Any:
        """The value with `instead` wherever the address stood."""
        if isinstance(value, str):
            return self._pattern.sub(instead, value)
        if isinstance(value, dict):
            return {
                self.without(key, instead): self.without(one, instead) for key, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.without(one, instead) for one in value]
        return value

    def _may_be_in(self, text: str) -> bool:
        folded = text.lower()
        return any(spelling in folded for spelling in spellings_of(self.address))

    def _is_in_octets(self, octets: bytes) -> bool:
        folded = octets.lower()
        if not any(spelling in folded for spelling in self._octets):
            return False
        return self._pattern.search(octets.decode("utf-8", "replace")) is not None


def person_of(text: str) -> Person:
    """The person with this address. Raises SettingsProblem where it is none."""
    try:
        address = parse_address(text.strip())
    except ValueError as error:
        raise SettingsProblem(f"{text!r} is not an address: {error}") from None
    return known_person(str(address).lower())


def known_person(address: str) -> Person:
    """The same for an address that was read before."""
    spellings = spellings_of(address)
    alternatives = "|".join(re.escape(one) for one in spellings)
    pattern = re.compile(f"{_BEFORE}(?:{alternatives}){_BEHIND}", re.IGNORECASE)
    return Person(address, pattern, tuple(one.encode() for one in spellings))


def spellings_of(address: str) -> tuple[str, ...]:
    """An address in lower case, with the domain in A-labels and in U-labels."""
    parsed = parse_address(address)
    return tuple(dict.fromkeys((address, f"{parsed.local}@{parsed.domain.unicode}".lower())))
