"""The line above a quotation: "On Tue, Nov 3, 2026 at 2:05 PM, Li Wei <li@example.com> wrote:".

In any language, in the order of any program, folded over up to four lines, and in the middle of a
line where a program lost the breaks around it. A date, a time, an address and a colon at the end
are enough in every language; where one is missing, the verb helps.
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
_IN_ANGLES = re.compile(r"[<(\[＜][^<>()\[\]\s]{1,200}@[^<>()\[\]\s]{1,200}[>)\]＞]")
_NO_PROGRAM = re.compile(r":\s|\d{1,3}(?:\.\d{1,3}){3}|(?i:rcpt to|mail from)")
"""A label, or what servers say; without a verb, no attribution has it but in its end."""
_GOES_ON = re.compile(r"[:：]\s{2,20}\S")
_AROUND = " :：.,()[]<>\"'”»*-_|"
_LONGEST_ENDING = 3
"""Characters of a verb's other ending: "napisał(a)"."""
_LONGEST_NAME = 6
"""Words."""
_SOON = 30
"""Characters of an attribution within which its date begins."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Lines `start` to `end` (not included), joined into one `text`; `own` are the writer's words
    before it on its first line."""

    start: int
    end: int
    text: str
    own: str = ""


def read_attribution(lines: Lines, last: int) -> Attribution | None:
    """The attribution whose last line this is, if it is one."""
    quoted = lines.is_quoted(lines.after_empty(last + 1))
    line = lines.bare[last]
    if not quoted and not _may_end(line):
        return _with_text_behind(line, last)
    joined = ""
    for first in range(last, max(-1, last - _MOST_FOLDED), -1):
        piece = lines.bare[first]
        if not piece or piece.startswith(">") or len(joined) + len(piece) > LONGEST_LINE:
            return None
        joined = f"{piece} {joined}".strip()
        if not _is_complete(joined, quoted=quoted):
            continue
        if not quoted and _is_sentence(joined):
            return None
        own = _own_before(piece)
        if own or not _begins_above(lines, first, joined):
            return Attribution(first, last + 1, joined[len(own) :].strip("- "), own.rstrip("- "))
    return None


def _with_text_behind(line: str, at: int) -> Attribution | None:
    """One whose line goes on with the first quoted words (Yahoo on telephones)."""
    found = _GOES_ON.search(line) if "@" in line else None
    if found is None:
        return None
    text = line[: found.start() + 1]
    complete = "@" in text and CLOCK.search(text) and _DATE.search(text) and _says_wrote(text)
    return Attribution(at, at + 1, text) if complete else None


def _own_before(line: str) -> str:
    """Words that have nothing of an attribution, before one that begins in the line's middle."""
    for opening in shipped_phrases().opens:
        at = line.find(f"{opening} ", 1)
        if at < 0 or not (line[at - 1] in " -" or ord(line[at - 1]) > 0x2E80):
            continue
        head = line[:at]
        if not _DATE.search(line[at : at + _SOON]) or "@" in head or CLOCK.search(head):
            continue
        if head.strip("- ") in shipped_phrases().opens:  # Gmail says some twice: "El El mar, 3 nov"
            continue
        if not _DATE.search(head) and not _says_wrote(head):
            return head
    return ""


def _is_sentence(text: str) -> bool:
    """Whether it begins small as letters go on below a greeting, and names nobody's address."""
    opening = text.split(" ", 1)[0]
    return opening.islower() and opening.title() in shipped_phrases().opens and "@" not in text


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
        if _says_wrote(text):
            return quoted or _could_be_drawn(text, address=True)
        return _is_name_and_address(text) and (quoted or not _NO_PROGRAM.search(text))
    if quoted and address and text[-1] == ">" and _DATE.match(text):
        return True
    if not _says_wrote(text) or not (quoted or _could_be_drawn(text, address=address)):
        return False
    if not (ends or text.endswith("-") or (quoted and clock)):
        return clock and date and address
    if quoted:
        return clock or date or address
    return (clock and date) or (address and (date or ends))


def _is_name_and_address(text: str) -> bool:
    """Whether the address stands as programs write it: in angle brackets, or at the end."""
    return bool(_IN_ANGLES.search(text)) or any(map(ADDRESS.search, text.split()[-2:]))


def _could_be_drawn(text: str, *, address: bool) -> bool:
    """Whether a program could have written this: a name behind the verb, or the time; no more.

    "On 3 November at 14:05 we wrote to you:" and "Li wrote on Monday that it is late:" are told.
    """
    folded = fold(text)
    phrases = shipped_phrases()
    if not address and any(_is_word(told, folded) for told in phrases.told):
        return False
    at = max(folded.rfind(verb) + len(verb) for verb in phrases.wrote if verb in folded)
    behind = text[at:].strip(_AROUND) if len(folded) == len(text) else ""
    words = behind.split()
    if (
        len(behind) <= _LONGEST_ENDING
        or ADDRESS.search(words[-1])
        or CLOCK.search(" ".join(words[-2:]))
    ):
        return True
    return len(words) <= _LONGEST_NAME and not all(word[0].islower() for word in words)


def _is_word(phrase: str, text: str) -> bool:
    """Whether it stands there, not at the end of a name; scripts without spaces have no words."""
    return f" {phrase}" in f" {text}" or (phrase[0] > "\u2e80" and phrase in text)


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
    if above[-1] in ".!?。！？" or fold(above.rstrip(",!.")) in shipped_phrases().whole_closings:
        return False
    return line[0].islower() or line[0] in "<(["
