"""Differences that nobody types: width, case, accents, vowel points, forms of one letter.

Two texts that a reader takes for the same word fold to the same characters, whatever keyboard
they came from: NFKC, case folding, then one character at a time. Accents go from Latin, Greek,
Arabic and Hebrew letters; elsewhere a mark is part of the letter (a Japanese voicing mark, an
Indic vowel, the breve of a Russian й). What is neither letter, mark nor digit becomes a space.
Simplified and traditional Chinese stay apart: which character stands for which depends on the
word, and a table without words would join words that differ.
"""

import unicodedata

_LETTERS = {
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ё": "е",
    "ѐ": "е",
    "ѝ": "и",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ې": "ي",
    "ک": "ك",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ـ": "",
    "\u200b": " ",
}
"""What decomposition does not tell: Latin letters with a stroke, forms of Arabic letters, the
Arabic tatweel (which only stretches a word), and the space of no width that Khmer words have
between them."""

_ACCENTED = ("LATIN", "GREEK", "ARABIC", "HEBREW")

_DROPPED_MARKS = (
    range(0x0300, 0x0370),
    range(0x0591, 0x05C8),
    range(0x0610, 0x061B),
    range(0x064B, 0x0660),
    range(0x0670, 0x0671),
    range(0x06D6, 0x06EE),
    range(0x08CA, 0x0900),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xFE00, 0xFE10),
    range(0xE0100, 0xE01F0),
)
"""Marks that nobody types; variation selectors among them."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


class _Folding(dict[int, str | None]):
    """What each character folds to, worked out once."""

    def __missing__(self, code: int) -> str | None:
        folded = self[code] = _folded(chr(code))
        return folded


def _folded(character: str) -> str | None:
    if character in _LETTERS:
        return _LETTERS[character] or None
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.digit(character))
    if kind[0] == "M":
        code = ord(character)
        return None if any(code in marks for marks in _DROPPED_MARKS) else character
    if kind[0] == "L":
        return _without_accents(character)
    if kind[0] == "N":
        return character
    return None if kind == "Cf" else " "


def _without_accents(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)
    if len(base) == 1 or not unicodedata.name(base[0], "").startswith(_ACCENTED):
        return letter
    kept = "".join(one for one in base if not unicodedata.combining(one))
    return "".join(_LETTERS.get(one, one) for one in kept)


_FOLDING = _Folding()
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}


def plain(text: str) -> str:
    """One width and one case; everything else as it was written."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def letters(text: str) -> str:
    """Of a plain text its letters, marks and digits without accents; the rest are spaces."""
    return text.translate(_ASCII if text.isascii() else _FOLDING)


def spelled_out(text: str) -> str:
    """A plain text as people write it who have no umlauts on their keyboard: ä is ae, å is aa."""
    return text.translate(_UMLAUTS)
