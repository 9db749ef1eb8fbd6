"""UTF-8 that was read in a charset of one octet a character, undone sequence by sequence.

Such text shows its own proof: each character became two to four, of which the first says how many
there are and the others lie in a narrow range. Hardly any word of any language does that, so a
garbled passage is found within a sound line and the rest of the line stays as it is. Where some
of the octets are lost (programs drop controls, and make spaces of no-break ones), the character
is put back if only one fits, and else stands as U+FFFD. A space at the end is no proof of one that
was there: it may as well follow what was lost.
"""

import re
from dataclasses import dataclass
from functools import cache
from unicodedata import combining

from digest.mojibake.quality import usual_characters
from digest.mojibake.readings import LOST, WRONG, Reading

_SPACE = 0xA0
SOUND_SIGNS = frozenset("‘’“”„–—…•·«»€™©®°§№\xa0")
"""Signs that sound text has beside garbled words."""

_CLOSING = frozenset("“”’»™®–—…")
# What is read where the last octet is missing and only one character is ever used.
_ONLY_ONE = {b"\xe2\x80": "”", b"\xef\xb8": "\ufe0f"}


@dataclass(frozen=True, slots=True)
class Undone:
    """A line with its sequences undone: how many octets proved it, how many characters are lost,
    and how many letters of the wrong charset are in no sequence."""

    text: str
    proof: int
    lost: int
    stray: int
    sure: bool = False
    """Whether no line of any language has such sequences."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """One wrong reading of UTF-8. `leads` and `rest` are the characters that sequences begin with
    and go on with; `whole` finds undamaged ones."""

    reading: Reading
    octets: dict[str, int]
    leads: frozenset[str]
    rest: frozenset[str]

    @property
    def latin(self) -> bool:
        """Whether sequences begin with a letter with an accent and go on with signs."""
        return self.octets.get("Ã") == 0xC3 or self.octets.get("Ă") == 0xC3

    @property
    def whole(self) -> re.Pattern[str]:
        """Finds an undamaged sequence."""
        return _patterns(self.reading).whole

    def may_explain(self, line: str) -> bool:
        """Whether a line has sequences, and not far more letters of the wrong charset beside."""
        patterns = _patterns(self.reading)
        matched = sum(map(len, patterns.whole.findall(line)))
        return matched > 0 and len(patterns.strays.findall(line)) < 2 * matched + 3

    def undo(self, line: str) -> Undone:
        """Put together what is a sequence, and count the evidence for and against."""
        pieces, position = [], 0
        proof = lost = stray = 0
        patterns = _patterns(self.reading)
        for match in patterns.damaged.finditer(line):
            between = line[position : match.start()]
            stray += len(patterns.strays.findall(between))
            pieces.append(between)
            position = match.end()
            text, known = self._character(match[0])
            if known and self.latin and _ends_a_word(line, match):
                known = 0
            if text is None:
                stray += len(patterns.strays.findall(match[0]))
                pieces.append(match[0])
                continue
            pieces.append(text)
            proof += known
            lost += text.count(LOST)
        stray += len(patterns.strays.findall(line, position))
        sure = self.latin and proof > 0 and not stray and not lost and _all_usual(pieces)
        return Undone("".join(pieces) + line[position:], proof, lost, stray, sure)

    def _character(self, sequence: str) -> tuple[str | None, int]:
        """The character of a sequence and how many octets prove it; None if it is no sequence."""
        length = _length(self.octets[sequence[0]])
        space = " " if length > 2 and sequence.endswith(" ") else ""
        kept = sequence.removesuffix(" ") if space else sequence
        octets = bytes(self.octets.get(one, _SPACE) for one in kept if one not in "?\ufffd")
        if len(octets) < length:
            return _ONLY_ONE.get(octets, LOST) + space, 0
        try:
            return octets.decode("utf-8"), length
        except UnicodeDecodeError:
            return None, 0


def _ends_a_word(line: str, match: re.Match[str]) -> bool:
    """Whether what looks like a sequence may be the end of a word in capitals, or of "Spaß", and a
    quotation mark behind it."""
    before = line[match.start() - 1 : match.start()]
    return match[0][1:] in _CLOSING and (before.isupper() or match[0][0] == "ß")


def _all_usual(pieces: list[str]) -> bool:
    """Whether all characters are of sound text, or no letters and no marks on letters."""
    usual = usual_characters()
    return all(
        one in usual or not (one.isalpha() or combining(one)) for piece in pieces for one in piece
    )


def _length(lead: int) -> int:
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


@cache
def sequences() -> tuple[Sequences, ...]:
    """All wrong readings of one octet a character."""
    return tuple(_sequences(reading) for reading in WRONG if reading.single)


def _sequences(reading: Reading) -> Sequences:
    octets = {character: octet[0] for character, octet in reading.table.items()}
    return Sequences(
        reading,
        octets,
        frozenset(one for one, octet in octets.items() if 0xC2 <= octet <= 0xF4),
        frozenset(one for one, octet in octets.items() if 0x80 <= octet <= 0xBF),
    )


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What a reading's sequences look like, whole or with octets missing, and its letters."""

    whole: re.Pattern[str]
    damaged: re.Pattern[str]
    strays: re.Pattern[str]


@cache
def _patterns(reading: Reading) -> _Patterns:
    """Compiled when a text first needs them."""
    octets = {character: octet[0] for character, octet in reading.table.items()}
    two, three, four, rest = (
        _class(octets, first, last)
        for first, last in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4), (0x80, 0xBF))
    )
    some = f"{rest} ?\ufffd"
    # "Ã" within a word is followed by what was a no-break space before some program changed it.
    within = "(?<=[a-z])Ã |" if octets.get("Ã") == 0xC3 else ""
    whole = f"{within}[{two}][{rest}]|[{three}][{rest}]{{2}}|[{four}][{rest}]{{3}}"
    # An accented letter at a word's end may well stand before a sign: it is no sequence.
    apart = "(?<![A-Za-z])"
    quote = _class(octets, 0xE2, 0xE2) + _class(octets, 0x80, 0x80)
    damaged = (
        f"{whole}|[{two}][{some}]|{quote}[{some}]?|{apart}[{three}](?:[{some}][{rest}]|[{rest}][{some}]?)"
        f"|[{four}](?:[{some}][{rest}]{{2}}|[{rest}][{some}]{{0,2}})"
    )
    strays = (one for one in octets if one not in SOUND_SIGNS)
    return _Patterns(
        re.compile(whole), re.compile(damaged), re.compile(f"[{re.escape(''.join(strays))}]")
    )


def _class(octets: dict[str, int], first: int, last: int) -> str:
    return re.escape("".join(one for one, octet in octets.items() if first <= octet <= last))
