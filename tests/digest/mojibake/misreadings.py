"""Octets read in the wrong charset, as programs do it."""

import codecs
from difflib import SequenceMatcher

from digest.charset.labels import charset_of
from tests.digest.encoded.texts import TEXTS

_NAMES = {"cp874": "windows-874", "cp1252": "windows-1252", "cp1251": "windows-1251"}

WRONG = (
    "cp1252", "cp1251", "cp1250", "cp874", "gb18030", "big5hkscs", "cp932", "cp949",
    "koi8_r", "cp866", "cp437", "cp1256", "mac_roman",
)  # fmt: skip
RIGHT = (
    ("utf-8", tuple(text.language for text in TEXTS)),
    ("gb18030", ("zh-CN",)),
    ("big5hkscs", ("zh-TW", "zh-HK")),
    ("cp932", ("ja",)),
    ("euc_jp", ("ja",)),
    ("cp949", ("ko",)),
    ("cp1251", ("ru", "uk", "bg", "sr")),
    ("koi8_r", ("ru",)),
    ("cp866", ("ru",)),
    ("cp1253", ("el",)),
    ("cp1255", ("he",)),
    ("cp1256", ("ar",)),
    ("cp874", ("th",)),
)


def misread(text: str, right: str, wrong: str) -> str:
    """`text` in the charset `right`, read in `wrong`: octets without a character become controls
    where browsers do so, else U+FFFD."""
    octets = text.encode(right)
    charset = charset_of(_NAMES.get(wrong, wrong.replace("cp125", "windows-125")))
    if charset is not None and charset.table is not None:
        return codecs.charmap_decode(octets, "strict", charset.table)[0]
    return octets.decode(wrong, "replace")


def as_the_page_was(text: str) -> str:
    """UTF-8 read as windows-874, as windows-1252 where that has no character, and what neither
    has is gone."""
    return "".join(_lenient(octet) for octet in text.encode())


def _lenient(octet: int) -> str:
    for codec in ("cp874", "cp1252"):
        found = bytes((octet,)).decode(codec, "ignore")
        if found:
            return found
    return ""


def likeness(one: str, other: str) -> float:
    """1 for equal texts."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
