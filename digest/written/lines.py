"""A text's lines twice: as they stand, and bare, as rules look at them.

Bare lines have no invisible characters (byte order marks, direction marks, joiners of web mail,
the dot that a tracker leaves below) and only one kind of space, so that a rule is written once.
"""

import re
from dataclasses import dataclass

MOST_LINES = 20_000
"""Lines of one text that are looked at."""

LONGEST_LINE = 500
"""Characters; a longer line is prose, never what a program draws."""

_BARE = {
    **dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0xFEFF, 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F)), ""),
    **dict.fromkeys((*range(0x2060, 0x2070),), ""),
    0x1427: "",
    0xFF0D: "-",
    0xFF1E: ">",
}
_UNUSUAL = re.compile("[" + "".join(map(chr, _BARE)) + "]")
_RULE_LINE = re.compile(r"[_\-=*~#─—━―·.]{3,}\Z")
_DRAWN = re.compile(r"[_\-=*~─—━]{2,}[^\n]{0,100}[_\-=*~─—━]{2,}\Z")


@dataclass(frozen=True, slots=True)
class Lines:
    """`whole` as they stand and `bare` without spaces around; of the same number."""

    whole: list[str]
    bare: list[str]

    def after_empty(self, at: int) -> int:
        """The first line from `at` on that says something, or the number of lines."""
        while at < len(self.bare) and not self.bare[at]:
            at += 1
        return at

    def is_quoted(self, at: int) -> bool:
        """Whether the line is marked as somebody else's."""
        return at < len(self.bare) and self.bare[at].startswith(">")


def lines_of(text: str) -> Lines:
    """The first MOST_LINES lines of `text`."""
    whole = text.split("\n")[:MOST_LINES]
    if "&nbsp;" in text:  # QQ writes it into plain text
        text = text.replace("&nbsp;", " ")
    usual = text.isascii() or not _UNUSUAL.search(text)
    bare = (text if usual else text.translate(_BARE)).split("\n")[:MOST_LINES]
    return Lines(whole, [line.strip() for line in bare])


def is_rule(line: str) -> bool:
    """Whether a bare line is drawn and says nothing: hyphens, underscores and the like."""
    return _RULE_LINE.match(line) is not None


def is_drawn(line: str) -> bool:
    """Whether a bare line has words between two drawn pieces, or is a rule."""
    return is_rule(line) or (len(line) < 200 and _DRAWN.match(line) is not None)
