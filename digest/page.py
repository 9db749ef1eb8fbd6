"""HTML of strangers made harmless: nothing runs, nothing is submitted, nothing is fetched.

What is left are text, structure, links that a person may click, inline styles that only dress,
and pictures that lie in the message itself. Ammonia (through nh3) builds a tree as a browser does
and writes it out again, so that no half-closed tag means something else later.
"""

import base64
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote

import nh3

_TAGS = {
    *("a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br"),
    *("caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn"),
    *("div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4"),
    *("h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol"),
    *("p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike"),
    *("strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time"),
    *("tr", "tt", "u", "ul", "var", "wbr"),
}
_DROPPED_WITH_CONTENT = {
    *("applet", "audio", "canvas", "embed", "frameset", "iframe", "math", "noembed", "noframes"),
    *("noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title"),
    *("video", "xmp"),
}
_TABLE = {"align", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align", "hidden", "class"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span", *_TABLE},
    "colgroup": {"span", *_TABLE},
    "font": {"color", "face", "size"},
    "hr": {"width", "size", "color"},
    "img": {"src", "alt", "width", "height", "border"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "table": {"border", "cellpadding", "cellspacing", *_TABLE},
    "tbody": _TABLE,
    "td": {"colspan", "rowspan", "nowrap", *_TABLE},
    "tfoot": _TABLE,
    "th": {"colspan", "rowspan", "nowrap", *_TABLE},
    "thead": _TABLE,
    "tr": _TABLE,
    "ul": {"type"},
}
_LINKS = ("http://", "https://", "mailto:", "tel:")
_STYLES = re.compile(
    r"(?:color|background(?:-color)?|opacity|direction|unicode-bidi|display|visibility|float|clear"
    r"|font(?:-[a-z]+)?|overflow|text-(?:align|decoration|indent|transform)[a-z\-]*|line-height"
    r"|letter-spacing|word-(?:spacing|break|wrap)|overflow-wrap|white-space|vertical-align"
    r"|(?:max-|min-)?(?:width|height)|(?:margin|padding)(?:-[a-z]+)?|list-style-type"
    r"|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width|radius|collapse|spacing))?"
    r"|table-layout|caption-side|empty-cells|mso-[a-z\-]+)\Z"
)
# A value may call these functions and no others: url() and its kin would fetch something.
_FUNCTION = re.compile(r"([a-z\-]*)\(")
_HARMLESS = frozenset(["rgb", "rgba", "hsl", "hsla", "calc", ""])
_SUSPICIOUS = re.compile(r"[\\@<>{}]|/\*|&#|javascript:|expression", re.IGNORECASE)
_PICTURE = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE
)

_NO_CLASS: frozenset[str] = frozenset()
_UNSEEN = "postern-unseen-by-class"
"""What a class becomes that hides its element, until it is written as the attribute hidden."""
_SHEET = re.compile(r"<style\b[^>]{0,500}>([^<]{0,200000})", re.IGNORECASE)
_SHEETS_WITHIN = 400_000
_MOST_SHEETS = 20
_STYLE_COMMENT = re.compile(r"/\*[^*]{0,5000}\*/|<!--|-->")
# Rules for print and for narrow screens do not count: @media x { a { … } b { … } }
_AT_RULE = re.compile(
    r"@[a-z\-]{1,30}[^{};]{0,500}+\{(?:[^{}]{0,5000}+\{[^{}]{0,5000}+\}){0,500}+[^{}]{0,500}+\}"
)
_RULE = re.compile(r"(?:\A|(?<=[{}]))([^{}]{1,2000}+)\{([^{}]{0,5000}+)\}")
_HIDES = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CLASS = re.compile(r"[a-zA-Z0-9*]{0,20}\.([A-Za-z0-9_\-]{1,100})\Z")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NO_OR_OPTIONAL_END = """
area base br col embed hr img input link meta param source track wbr
html head body p li td th tr tbody thead tfoot dt dd option colgroup
"""
_NEVER_DEEP = frozenset(_NO_OR_OPTIONAL_END.split())
_FORMATTING = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small"])
_FORMATTING |= {"strike", "strong", "tt", "u"}
# An attribute as the tokenizer of HTML has it: quotes mean something only behind the sign "=".
_ATTRIBUTE = re.compile(
    r"[\s/]*+[^\s/>][^\s/>=]*+"
    r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+"
)
_COMMENT_OR_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<[a-zA-Z][^\s/>]*+((?:{_ATTRIBUTE.pattern})*+)", re.DOTALL
)
_MANY_ATTRIBUTES = 10_000
_SIMPLE = 1200
"""Tags of a page that need no look at how they are nested."""
_MAX_NESTING = 10_000_000
_MAX_FORMATTING = 1_000_000

SHELL = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta name="referrer" content="no-referrer">'
    '<meta name="viewport" content="width=device-width">'
    '<base target="_blank"><title></title>'
    "<style>body{{margin:12px;font-family:sans-serif;overflow-wrap:anywhere}}"
    "img{{max-width:100%;height:auto}}blockquote{{margin-left:.8em;padding-left:.8em;"
    "border-left:2px solid #ccc}}pre{{white-space:pre-wrap}}</style></head><body>{}</body></html>"
)
"""A page of its own around a sanitised fragment."""


def sanitise(html: str, pictures: Mapping[str, str]) -> str | None:
    """`html` without anything that runs, submits or fetches; None if it is too tangled to read.

    `pictures` maps Content-IDs (without brackets) and Content-Locations to `data:` URLs; other
    pictures lose their source and keep their text.
    """
    if _is_tangled(html) or _has_endless_tag(html):
        return None
    unseen = hidden_classes(html) if "<style" in html or "<STYLE" in html else _NO_CLASS
    cleaner = _new_cleaner(_filter_with(pictures, unseen)) if pictures else _cleaner(unseen)
    page = cleaner.clean(html)
    return page.replace(f' class="{_UNSEEN}"', ' hidden=""') if unseen else page


@lru_cache(100)
def _cleaner(unseen: frozenset[str]) -> nh3.Cleaner:
    return _new_cleaner(_filter_with({}, unseen))


def _new_cleaner(attribute_filter: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute_filter,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _filter_with(
    pictures: Mapping[str, str], unseen: frozenset[str]
) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "class":
            return None if unseen.isdisjoint(value.split()) else _UNSEEN
        if attribute == "hidden":
            return ""
        if attribute == "style":
            return harmless_style(value) or None
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        if attribute == "src":
            return _picture(value.strip(), pictures)
        return value

    return keep


def hidden_classes(html: str) -> frozenset[str]:
    """The classes that the page's own style sheets hide on a screen of common width.

    >>> sorted(hidden_classes("<style>.a, p.b { display: none } .c { color: red }</style>"))
    ['a', 'b']
    """
    found: set[str] = set()
    for sheet in _SHEET.findall(html[:_SHEETS_WITHIN])[:_MOST_SHEETS]:
        rules = _AT_RULE.sub(" ", _STYLE_COMMENT.sub(" ", sheet))
        for selectors, declarations in _RULE.findall(rules):
            if _HIDES.search(declarations):
                names = (_CLASS.match(selector.strip()) for selector in selectors.split(","))
                found.update(name[1] for name in names if name)
    return frozenset(found)


def _picture(source: str, pictures: Mapping[str, str]) -> str | None:
    if source[:4].lower() == "cid:":
        return pictures.get(unquote(source[4:]))
    return source if _PICTURE.match(source) else pictures.get(source)


def harmless_style(style: str) -> str:
    """The declarations of an inline style that only dress.

    >>> harmless_style("color: red; background: url(http://tracker.example/x)")
    'color: red'
    """
    kept = []
    for declaration in style[:4000].split(";"):
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or name.startswith("mso-") or not _STYLES.match(name):
            continue
        if _SUSPICIOUS.search(value) or not _HARMLESS.issuperset(_FUNCTION.findall(value.lower())):
            continue
        kept.append(f"{name}: {value}")
    return "; ".join(kept)


def _has_endless_tag(html: str) -> bool:
    """Whether a tag has so many attributes that comparing each with each takes seconds."""
    if len(html) <= 4 * _MANY_ATTRIBUTES:
        return False
    for match in _COMMENT_OR_TAG.finditer(html):
        attributes = match[1]
        if attributes and len(attributes) > 2 * _MANY_ATTRIBUTES:
            number = sum(1 for _ in _ATTRIBUTE.finditer(attributes))
            if number > _MANY_ATTRIBUTES:
                return True
    return False


def _is_tangled(html: str) -> bool:
    """Whether the nesting would make the parser's work, or its result, explode.

    A parser as browsers have it walks up the open elements at closing tags, and opens formatting
    elements again in each new block: depth times tags is its cost.
    """
    if html.count("<") <= _SIMPLE:
        return False
    depth = deepest = formatting = most = tags = 0
    for closing, name in _TAG.findall(html):
        tags += 1
        name = name.lower()
        step = -1 if closing else 1
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
            most = max(most, formatting)
        if name not in _NEVER_DEEP:
            depth = max(0, depth + step)
            deepest = max(deepest, depth)
    return deepest * tags > _MAX_NESTING or most * tags > _MAX_FORMATTING


def data_url(content_type: str, content: bytes) -> str:
    """A picture as a URL that holds it."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode('ascii')}"
