"""The line above a quotation: "On Tue, Nov 3, 2026 at 2:05 PM, Li Wei <li@example.com> wrote:".

In any language, in the order of any program, and folded over up to four lines. A date, a time, an
address and a colon at the end are enough in every language; where one is missing, the verb helps.
A sentence that only tells what somebody wrote is not cut, unless quoted lines follow it.
"""

import re
from dataclasses import dataclass

from digest.written.block import ADDRESS, CLOCK
from digest.written.lines import LONGEST_LINE, Lines
from digest.written.phrases import fold, shipped_phrases

_MOST_FOLDED = 4
_DATE = re.compile(r"\d{4}|\d{1,2}\s?[./\-年月]\s?\d{1,2}")
_ENDS = re.compile(r"[:：]\s?[\"”»*_|\-\s]{0,12}\Z")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Lines `start` to `end` (not included), joined into one `text`."""

    start: int
    end: int
    text: str


def read_attribution(lines: Lines, last: int) -> Attribution | None:
    """The attribution whose last line this is, if it is one."""
    quoted = lines.is_quoted(lines.after_empty(last + 1))
    line = lines.bare[last]
    if not quoted and not _may_end(line):
        return None
    joined = ""
    for first in range(last, max(-1, last - _MOST_FOLDED), -1):
        piece = lines.bare[first]
        if not piece or piece.startswith(">") or len(joined) + len(piece) > LONGEST_LINE:
            return None
        joined = f"{piece} {joined}".strip()
        if _is_complete(joined, quoted=quoted) and not _begins_above(lines, first, joined):
            return Attribution(first, last + 1, joined)
    return None


def _may_end(line: str) -> bool:
    """Whether a line ends as attributions do; some leave out the colon."""
    if _ENDS.search(line[-16:]) or line.endswith("--"):
        return True
    return "@" in line and line.endswith(shipped_phrases().wrote)


def _is_complete(text: str, *, quoted: bool) -> bool:
    """Whether the text says who wrote and when; less is enough where quoted lines follow."""
    ends = _ENDS.search(text[-16:]) is not None
    clock = CLOCK.search(text) is not None
    date = _DATE.search(text) is not None
    address = "@" in text and ADDRESS.search(text) is not None
    if address and ends and (clock or (date and quoted)):
        return True
    if not _says_wrote(text):
        return False
    if not (ends or text.endswith("-") or (quoted and clock)):
        return clock and date and address
    if quoted:
        return clock or date or address
    return (clock and date) or (address and (date or ends))


def _says_wrote(text: str) -> bool:
    folded = fold(text)
    return any(verb in folded for verb in shipped_phrases().wrote)


def _begins_above(lines: Lines, first: int, joined: str) -> bool:
    """Whether the line above belongs to it, too: the name, or the words before a folded name."""
    above = lines.bare[first - 1] if first else ""
    if not above or above.startswith(">"):
        return False
    line = lines.bare[first]
    if above.endswith(("<", "(", "[mailto:")) or above.count("<") > above.count(">"):
        return True
    if above.endswith(">") and not ADDRESS.search(joined):
        return True
    if CLOCK.search(above) and not CLOCK.search(joined) and above[-1] not in ".!?。":
        return True
    head = line[:30]
    if _DATE.search(head) or CLOCK.search(head):
        return False
    return line[0].islower() or line[0] in "<(["
