"""Garbled text that a page spells as character references (`&Atilde;&copy;` for "é")."""

import re
from html import unescape

# A reference to what begins a character of UTF-8 in windows-1252, and one to what follows it.
_GARBLED = re.compile(
    "&(?:[AEIOU](?:grave|acute|circ|tilde|uml|ring);|[aeiou](?:grave|acute|circ|tilde|uml|ring);"
    "|ETH;|Ntilde;|AElig;|aelig;|[Cc]cedil;|#(?:19[4-9]|2[0-3]\\d|24[0-4]);)"
    "&(?:[a-zA-Z][a-zA-Z0-9]{1,7}|#\\d{2,4});"
)
_REFERENCE = re.compile("&(?:[a-zA-Z][a-zA-Z0-9]{1,7}|#\\d{2,6});")
_MARKUP = frozenset("<>&\"'")


def spelled_out(page: str) -> str:
    """The page with characters beyond ASCII in place of references to them, if some of those look
    garbled; else the page as it is."""
    if "&" not in page or _GARBLED.search(page) is None:
        return page
    return _REFERENCE.sub(_character, page)


def _character(reference: re.Match[str]) -> str:
    character = unescape(reference[0])
    return reference[0] if character in _MARKUP else character
