"""Lines that a mail program draws above another message: "-----Original Message-----"."""

import re
from enum import Enum

from digest.written.phrases import fold, shipped_phrases

_DRAWN_WITH = "-_=*~─—━―<>|# \t"
_LONGEST = 160
_HEAD = re.compile(r"[\-_=*]{3,40}\s{0,4}([^\-_=*]{3,80}?)\s{0,4}[\-_=*]{3,40}")
"""Drawn on both sides, with more on the same line, as Yahoo has it."""


class Above(Enum):
    """What stands below the line."""

    ORIGINAL = "original"
    """A message that is answered, or passed on by programs that draw one line for both."""
    FORWARDED = "forwarded"


def separator(line: str) -> Above | None:
    """What a bare line announces, if it is such a line."""
    if not line:
        return None
    if len(line) > _LONGEST:
        head = _HEAD.match(line) if line[0] in "-_=*" else None
        return _announced(head[1]) if head else None
    if line[0] in "-_=*~─—━―" and line[:2] != "- ":
        return _drawn(line)
    if line[-1] in ":：":
        return _alone(line)
    return Above.ORIGINAL if shipped_phrases().bare.begin(fold(line)) else None


def _drawn(line: str) -> Above | None:
    if len(line) < 6 or line[1] not in _DRAWN_WITH:
        return None
    words = line.strip(_DRAWN_WITH)
    if line.endswith("--") and fold(words).endswith(shipped_phrases().wrote):
        return Above.ORIGINAL
    return _announced(words)


def _announced(text: str) -> Above | None:
    words = fold(" ".join(text.rstrip(":： ").split()))
    phrases = shipped_phrases()
    if phrases.forwarded.begin(words):
        return Above.FORWARDED
    return Above.ORIGINAL if phrases.original.begin(words) else None


def _alone(line: str) -> Above | None:
    words = fold(" ".join(line.strip("> ").rstrip(":： ").split()))
    return Above.FORWARDED if words in shipped_phrases().alone else None
