"""Vietnamese as it was written before Unicode, where a message names the charset: VISCII
(RFC 1456), TCVN 5712 with TCVN3, and VNI. The tables are data: `bounce_rules/letters`.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mail.errors import SettingsProblem

_FILE = Path(__file__).parents[2] / "bounce_rules" / "letters" / "vietnamese.toml"
_HALF = 128

_CODECS = frozenset(["viscii", "tcvn"])
_BASES = "aeouyôöAEOUYÔÖ"
"""The letters of VNI that a mark may follow."""


def table_of(codec: str) -> str | None:
    """The characters of all 256 octets in one of these; None for another codec."""
    if codec not in _CODECS:
        return None
    table = _data()[codec]
    letters = "".join(table["letters"])
    if len(letters) != _HALF:
        raise SettingsProblem(f"{_FILE}: {codec} must have {_HALF} letters, not {len(letters)}")
    low = [table["controls"].get(f"{octet:02x}", chr(octet)) for octet in range(_HALF)]
    return "".join(low) + letters


def composed_vni(text: str) -> str:
    """VNI's letters and the marks behind them, read as windows-1252, as letters of Unicode."""
    return _pairs().sub(_letter, text)


def _letter(match: re.Match[str]) -> str:
    letters, marks = _letters(), _data()["vni"]["marks"]
    letter, mark = match[1] or match[3], match[2] or ""
    spelled = letters.get(letter, letter) + marks.get(mark.lower(), "")
    return unicodedata.normalize("NFC", spelled)


@cache
def _pairs() -> re.Pattern[str]:
    marks = "".join(_data()["vni"]["marks"])
    return re.compile(f"([{_BASES}])([{marks}{marks.upper()}])?|([{''.join(_letters())}])")


@cache
def _letters() -> Mapping[str, str]:
    small: dict[str, str] = _data()["vni"]["letters"]
    return small | {one.upper(): other.upper() for one, other in small.items()}


@cache
def _data() -> dict[str, Any]:
    try:
        return tomllib.loads(_FILE.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsProblem(f"{_FILE}: {error}") from None
