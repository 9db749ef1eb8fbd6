"""How much like language a text reads, from the characters beyond ASCII that it is made of.

Garbled text has rare characters where languages have frequent ones, signs within words, two
scripts in one word, capitals after small letters. Signs and emoji by themselves say nothing.
"""

import re
from collections import Counter
from functools import cache

from digest.charset import frequent
from digest.charset.pairs import all_pairs, pairs_in

_LONGEST = 1500
"""Characters of a text that are judged."""

_RARE_HANZI = -1.0
_RARE_LETTER = -0.8
_ODD_PAIR = -1.6
_CONTROL = -3.0
_LOST = -1.5
# What one word does not have; each costs as much as it says.
_AGAINST = (
    (3.0, re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")),
    (
        2.0,
        re.compile(
            "[A-Za-z](?=[\u0370-\u06ff\u0e00-\u0e7f])|[\u0370-\u06ff\u0e00-\u0e7f](?=[A-Za-z])"
        ),
    ),
    (1.5, re.compile("[\xc0-\u024f](?=[\u0370-\u06ff\u0e00-\u0e7f\u3041-\u9fff\uac00-\ud7a3])")),
    (1.5, re.compile("[\u0370-\u06ff\u0e00-\u0e7f\u3041-\u9fff\uac00-\ud7a3](?=[\xc0-\u024f])")),
    (
        1.5,
        re.compile(
            "[\u0370-\u03ff](?=[\u0400-\u06ff\u0e00-\u0e7f])|[\u0400-\u06ff](?=[\u0370-\u03ff\u0e00-\u0e7f])"
        ),
    ),
    # A lonely character of a script without spaces within a word of ASCII letters.
    (0.8, re.compile("[A-Za-z][\u4e00-\u9fff\uac00-\ud7a3\uff61-\uff9f](?=[a-z])")),
    (
        0.5,
        re.compile("[a-z](?=[\u4e00-\u9fff\uac00-\ud7a3])|[\u4e00-\u9fff\uac00-\ud7a3](?=[a-z])"),
    ),
    (1.0, re.compile("[\u4e00-\u9fff](?=[\uac00-\ud7a3])|[\uac00-\ud7a3](?=[\u4e00-\u9fff])")),
    (1.0, re.compile("(?<=[a-z])[“”„—](?=[a-z])")),
    (0.8, re.compile("[\u3041-\u30fa][a-z](?=[\u3041-\u30fa])")),
    # Signs that touch letters which are no quotation marks of theirs.
    (
        1.2,
        re.compile("[¢-¦¨-ª¬-¶¸-º¼-¾†‡ˆ‰ƒ¤˜](?=[^\\W\\d_])|(?<=[^\\W\\d_])[¡-¦¨¬-±´-¶¸º-¿†‡ˆƒ¤˜]"),
    ),
    (1.0, re.compile("[\u2500-\u259f](?=[^\\W\\d_])|(?<=[^\\W\\d_])[\u2500-\u259f]")),
    (1.0, re.compile("[\xc0-\u024f]{4,}")),
    (1.5, re.compile("[\u0e00-\u0e7f](?=[\x80-\x9f€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ])")),
    (1.5, re.compile("(?<![ก-๛])[ะ-ฺ็-๎]")),
    (1.0, re.compile("[؟،؛](?=[\u0621-\u06d3])")),
    (1.5, re.compile("[ךםןףץ](?=[א-ת])|[\u05b0-\u05c7\u200e\u200f]|ς(?=[α-ω])|[α-ώ][Α-Ω]")),
)


def quality(text: str) -> float:
    """About 1 for good text, below 0 for most garbled one, 0 where there is nothing to judge."""
    return total_quality(text)[0]


def total_quality(text: str) -> tuple[float, int]:
    """The mean, and how many characters were judged."""
    text = text[:_LONGEST]
    weights, total, judged = _weights(), 0.0, 0
    for character, times in Counter(text).items():
        if character < "\x80":
            continue
        weight = weights.get(character)
        if weight is None:
            weight = _of_other(character)
        if weight is not None:
            total += weight * times
            judged += times
    pairs = pairs_in(text)
    if pairs:
        known = all_pairs()
        unknown = [pair for pair in pairs if pair not in known]
        total += 0.45 * (len(pairs) - len(unknown))
        total += sum(_ODD_PAIR if max(pair) > "\u0370" else _RARE_LETTER for pair in unknown)
        judged += len(pairs)
    if not judged:
        return 0.0, 0
    against = sum(cost * len(pattern.findall(text)) for cost, pattern in _AGAINST)
    return (total - against) / judged, judged


def _of_other(character: str) -> float | None:
    """A character that no list has; None where it says nothing."""
    code = ord(character)
    if code < 0xA0 or 0xE000 <= code < 0xF900:
        return _CONTROL
    if character == "\ufffd":
        return _LOST
    if 0x3400 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0:
        return _RARE_HANZI
    if 0x250 <= code < 0x370 or 0x2800 <= code < 0x2900:  # phonetic signs, marks, Braille
        return _RARE_LETTER
    if 0x900 <= code < 0xE00 or 0x1E00 <= code < 0x1F00:  # scripts of India, Latin with marks
        return None
    if code < 0x250 or 0x2000 <= code < 0x3000 or code >= 0x1F000 or not character.isalpha():
        return None
    return _RARE_LETTER


@cache
def _weights() -> dict[str, float]:
    """All scripts in one table: in which language a character is frequent does not matter here."""
    table: dict[str, float] = {}
    table.update(dict.fromkeys(_common_hanzi(), 0.35))
    table.update(dict.fromkeys(_hangul(), 0.4))
    table.update(dict.fromkeys(map(chr, range(0x3041, 0x3094)), 1.3))
    table.update(dict.fromkeys(map(chr, range(0x30A1, 0x30FD)), 1.0))
    table.update(dict.fromkeys(map(chr, range(0xFF61, 0xFFA0)), -0.6))
    table.update(dict.fromkeys(frequent.CJK_PUNCTUATION.replace("—", "").replace("…", ""), 0.6))
    table.update(dict.fromkeys(frequent.KOREAN, 1.4))
    for hanzi in (frequent.JAPANESE_KANJI, frequent.TRADITIONAL, frequent.SIMPLIFIED):
        table.update(dict.fromkeys(hanzi, 1.3))
    table.update(dict.fromkeys(frequent.CYRILLIC, 0.7))
    table.update(dict.fromkeys("оеаинтсрвл", 1.2))
    table.update(dict.fromkeys(frequent.CYRILLIC.upper() + "іїєґІЇЄҐјљњћђџЈЉЊЋЂЏѓќѕЃЌЅ", 0.4))
    table.update(dict.fromkeys(frequent.GREEK.upper(), 0.4))
    table.update(dict.fromkeys(frequent.GREEK, 0.7))
    table.update(dict.fromkeys("αοιετσνρκπ", 1.2))
    table.update(dict.fromkeys(frequent.HEBREW, 0.7))
    table.update(dict.fromkeys("יוהאלרתמבש", 1.2))
    table.update(dict.fromkeys(frequent.ARABIC + "،؟؛پچژگکی", 0.7))
    table.update(dict.fromkeys("المنويرتبع", 1.2))
    table.update(dict.fromkeys(frequent.THAI, 0.8))
    return table


def _common_hanzi() -> str:
    """The first levels of the Chinese and Japanese standards."""
    high = bytes(range(0xA1, 0xFF))
    wide = bytes(range(0x40, 0x7F)) + high
    return (
        _rows("gb2312", range(0xB0, 0xD8), high)
        + _rows("euc_jp", range(0xB0, 0xD0), high)
        + _rows("cp950", range(0xA4, 0xC7), wide)
    )


def _hangul() -> str:
    return _rows("euc_kr", range(0xB0, 0xC9), bytes(range(0xA1, 0xFF)))


def _rows(codec: str, leads: range, trails: bytes) -> str:
    return "".join(
        b"".join(bytes((lead, trail)) for trail in trails).decode(codec, "ignore") for lead in leads
    )


@cache
def usual_characters() -> frozenset[str]:
    """Characters that sound text is made of; garbled text nearly always has others, too."""
    letters = "".join(map(chr, range(0xC0, 0x180)))
    signs = "".join(map(chr, (*range(0xA0, 0xC0), *range(0x2010, 0x2028), *range(0x3000, 0x3020))))
    full = "".join(map(chr, range(0xFF01, 0xFF5F)))
    ascii_too = "".join(map(chr, range(128)))
    good = (character for character, weight in _weights().items() if weight > 0)
    return frozenset(good) | frozenset(letters + signs + full + ascii_too + "€™№șțȘȚ\ufeff\u200b")
