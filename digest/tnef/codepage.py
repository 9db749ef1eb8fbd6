"""Windows' numbers for charsets, as the labels that mail has for them."""

from functools import lru_cache

from digest.charset.labels import charset_of

_LABELS = {
    708: "iso-8859-6",
    874: "windows-874",
    932: "shift_jis",
    936: "gb18030",
    949: "euc-kr",
    950: "big5",
    1200: "utf-16le",
    1201: "utf-16be",
    10000: "macintosh",
    20127: "us-ascii",
    20866: "koi8-r",
    20932: "euc-jp",
    20936: "gb18030",
    20949: "euc-kr",
    21866: "koi8-u",
    38598: "iso-8859-8",
    50220: "iso-2022-jp",
    50221: "iso-2022-jp",
    50222: "iso-2022-jp",
    50225: "iso-2022-kr",
    50936: "gb18030",
    51932: "euc-jp",
    51936: "gb18030",
    51949: "euc-kr",
    52936: "hz-gb-2312",
    54936: "gb18030",
    65000: "utf-7",
    65001: "utf-8",
}
# What a font in RTF says of its octets (fcharset), as code pages.
_OF_FONTS = {
    77: 10000,
    128: 932,
    129: 949,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
}


def label_of(page: int | None) -> str | None:
    """The charset label of a code page; None where there is no such page.

    >>> label_of(936)
    'gb18030'
    """
    if page is None:
        return None
    if 1250 <= page <= 1258:
        return f"windows-{page}"
    if 28591 <= page <= 28606:
        return f"iso-8859-{page - 28590}"
    return _LABELS.get(page)


def page_of_font(charset: int) -> int | None:
    """The code page of a font's charset; None where the document's own is meant."""
    return _OF_FONTS.get(charset)


def text_in(octets: bytes, page: int | None) -> str:
    """Text in a code page, without any guess; where there is no such page, in that of the West."""
    return octets.decode(_codec(page), "replace")


@lru_cache(100)
def _codec(page: int | None) -> str:
    charset = charset_of(label_of(page) or "")
    return charset.codecs[0] if charset else "cp1252"
