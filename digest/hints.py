"""What a message says, in passing, about the charset of octets that say nothing themselves.

In the order of their weight: the charset that the body turned out to be in, those that parts
declare, then what language and country the header names. The first counts most where octets alone
leave it open (`digest/charset/guess.py`).
"""

import re

from digest.charset.decode import decode
from digest.charset.labels import charset_of
from digest.fields import Fields
from digest.mime import Part, Tree

_SAMPLE = 3000
_LETTERS = 400
_PARTS = 50
_MANY = 6
_TELLS_NOTHING = frozenset(["", "us-ascii", "utf-8", "windows-1252"])
_CHINA, _TAIWAN = ("gb18030",), ("big5",)
_CENTRAL = ("windows-1250", "iso-8859-2")
_BALTIC = ("windows-1257",)
# Charsets of a language (Content-Language, RFC 3282) or of a country's domain.
_OF_PLACE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("zh", "cn", "sg"), _CHINA),
    **dict.fromkeys(("zh-tw", "zh-hk", "zh-hant", "tw", "hk", "mo"), _TAIWAN),
    **dict.fromkeys(("ja", "jp"), ("shift_jis", "euc-jp")),
    **dict.fromkeys(("ko", "kr"), ("euc-kr",)),
    **dict.fromkeys(("ru", "bg", "by", "su", "kz", "mk", "sr", "rs"), ("windows-1251", "koi8-r")),
    **dict.fromkeys(("uk", "ua"), ("windows-1251", "koi8-u")),
    **dict.fromkeys(("cs", "cz", "pl", "hu", "sk", "hr", "sl", "si", "ro", "ba"), _CENTRAL),
    **dict.fromkeys(("lt", "lv", "et", "ee"), _BALTIC),
    **dict.fromkeys(("el", "gr", "cy"), ("windows-1253",)),
    **dict.fromkeys(("he", "il"), ("windows-1255",)),
    **dict.fromkeys(
        ("ar", "fa", "ir", "eg", "sa", "ae", "jo", "ma", "sy", "iq"), ("windows-1256",)
    ),
    "tr": ("windows-1254",),
    "th": ("windows-874",),
    **dict.fromkeys(("vi", "vn"), ("windows-1258",)),
}
_SCRIPTS = (
    ("\u3041-\u30fa", ("shift_jis", "euc-jp")),
    ("\uac00-\ud7a3", ("euc-kr",)),
    ("\u4e00-\u9fff", ("gb18030", "big5")),
    ("\u0400-\u04ff", ("windows-1251", "koi8-r")),
    ("\u0370-\u03ff", ("windows-1253",)),
    ("\u0590-\u05ff", ("windows-1255",)),
    ("\u0600-\u06ff", ("windows-1256",)),
    ("\u0e00-\u0e7f", ("windows-874",)),
)
_IN_SCRIPT = tuple((re.compile(f"[{letters}]"), charsets) for letters, charsets in _SCRIPTS)
_AT = re.compile(rb"@[A-Za-z0-9.\-]{1,250}\.([A-Za-z]{2})\b")


def charset_hints(tree: Tree) -> tuple[str, ...]:
    """Labels of charsets, the weightiest first; few, and none of those that tell nothing."""
    fields = tree.root.fields
    labels = (
        *_of_body(tree),
        *_declared(tree),
        *_of_language(fields.token("content-language")),
        *_of_domain(fields),
        *_of_mailer(fields),
    )
    return tuple(dict.fromkeys(label for label in labels if label not in _TELLS_NOTHING))[:_MANY]


def _of_body(tree: Tree) -> tuple[str, ...]:
    """What the first text really is in; if it is UTF-8, what its script was written in before."""
    text = next((part for part in tree.leaves if part.content_type.startswith("text/")), None)
    if text is None:
        return ()
    content = tree.content(text, _SAMPLE)[0]
    decoded = decode(content, text.parameters.get("charset"))
    if decoded.text.isascii():
        return ()
    if decoded.charset not in _TELLS_NOTHING:
        return (decoded.charset,)
    counts = (
        (len(script.findall(decoded.text[:_LETTERS])), charsets) for script, charsets in _IN_SCRIPT
    )
    most, charsets = max(counts, key=lambda pair: pair[0])
    return charsets if most > 1 else ()


def _declared(tree: Tree) -> tuple[str, ...]:
    return tuple(_label(part) for part in tree.parts[:_PARTS])


def _label(part: Part) -> str:
    label = part.parameters.get("charset")
    charset = charset_of(label) if label else None
    return charset.name if charset else ""


def _of_language(languages: str) -> tuple[str, ...]:
    language = languages.partition(",")[0].strip()[:20]
    return _OF_PLACE.get(language) or _OF_PLACE.get(language.partition("-")[0], ())


def _of_domain(fields: Fields) -> tuple[str, ...]:
    found = _AT.search(fields.first("from") or b"")
    return _OF_PLACE.get(found[1].decode("ascii").lower(), ()) if found else ()


def _of_mailer(fields: Fields) -> tuple[str, ...]:
    """Programs that hardly anybody uses outside one country."""
    mailer = (fields.first("x-mailer") or b"")[:200].lower()
    chinese = (b"foxmail", b"qqmail", b"coremail", b"dreammail")
    return _CHINA if any(name in mailer for name in chinese) else ()
