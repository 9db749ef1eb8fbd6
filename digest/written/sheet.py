"""Colours that a page's own style sheets give to its classes, written into the elements.

The sanitiser keeps styles of elements and drops sheets and classes; `colour.with_colours` reads
what it has left.
"""

import re
from itertools import islice

_MOST_SHEETS = 10
_LONGEST_SHEET = 50_000
_MOST_TAGS = 10_000
_LONGEST_SELECTORS = 500
_SELECTOR = re.compile(r"(?:\A|\s)[a-z0-9]{0,20}\.([\w\-]{1,60})\Z", re.IGNORECASE)
_TOLD = re.compile(r"(?:\A|[;\s])(color|background(?:-color)?)\s?:\s?([^;!]{1,40})", re.IGNORECASE)
_MARKUP = frozenset("\"'<>&")
_OPENS = re.compile("<style", re.IGNORECASE)
_CLOSES = re.compile("</style", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z][^<>]{0,1500}>")
_CLASS = re.compile(r"\sclass\s?=\s?(?:\"([^\"]{1,300})\"|'([^']{1,300})'|([^\s>\"']{1,100}))")
_STYLE = re.compile(r"\sstyle\s?=\s?([\"'])")


def with_class_colours(source: str) -> str:
    """The page with a style in each element whose class has a colour of its own."""
    colours = _colours_of(source)
    if not colours:
        return source
    pieces, at = [], 0
    for number, match in enumerate(_TAG.finditer(source)):
        if number >= _MOST_TAGS:
            break
        tag = match[0]
        named = _CLASS.search(tag)
        if named is None:
            continue
        classes = (named[1] or named[2] or named[3]).split()
        style = "; ".join(colours[one] for one in classes if one in colours)
        if style:
            pieces += [source[at : match.start()], _styled(tag, style, named.start())]
            at = match.end()
    return "".join([*pieces, source[at:]])


def _styled(tag: str, style: str, at: int) -> str:
    """The tag with a style more; its own, which wins in browsers, stays behind it."""
    own = _STYLE.search(tag)
    if own is None:
        return f'{tag[:at]} style="{style}"{tag[at:]}'
    return f"{tag[: own.end()]}{style}; {tag[own.end() :]}"


def _colours_of(source: str) -> dict[str, str]:
    """What each class is told, as a style."""
    found: dict[str, str] = {}
    for begin in islice(_OPENS.finditer(source), _MOST_SHEETS):
        end = _CLOSES.search(source, begin.end(), begin.end() + _LONGEST_SHEET)
        sheet = source[begin.end() : end.start() if end else begin.end() + _LONGEST_SHEET]
        for rule in sheet.split("}"):
            selectors, _, declarations = rule.rpartition("{")
            told = "; ".join(f"{name}: {one.strip()}" for name, one in _TOLD.findall(declarations))
            if told and _MARKUP.isdisjoint(told):
                each = selectors.rpartition("{")[2][-_LONGEST_SELECTORS:].split(",")
                names = (_SELECTOR.search(one.strip()) for one in each)
                found.update((name[1], told) for name in names if name)
    return found
