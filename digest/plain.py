"""The readable text of sanitised HTML.

Its input is what `page.sanitise` wrote: well-formed, without comments or scripts, so that one
pass over the tags is enough. Quotations come out as lines with ">", as in plain mail.
"""

import html
import re

from digest.fields import clean_text

_TOKEN = re.compile(r"<(/?)([a-z0-9]+)((?:\s[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*)?)>|([^<]+)|<")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_START = re.compile(r'\sstart="([0-9]{1,6})"')
_ALT = re.compile(r'\salt="([^"]+)"')
# An element that is there and not seen, as senders hide the words that lists of messages show.
_HIDDEN = re.compile(
    r'\shidden=|\sstyle="(?:[^"]*; )?(?:display: none|visibility: (?:hidden|collapse)'
    r"|opacity: 0(?:\.0+)?(?=[;\" ])|color: transparent)"
)
_FOLDED = re.compile(r"(?:max-)?height: 0(?:px|pt|em|%)?(?=[;\" !])")
_SIZE = re.compile(r"\sstyle=\"(?:[^\"]*; )?font-size: ([0-9.]{1,9})")
_WHITE_SPACE = re.compile(r"\sstyle=\"(?:[^\"]*; )?white-space: ([a-z\-]{1,20})")
_TELLING = ("display:", "hidden", "opacity:", "font-size: 0", "transparent", "white-space: pre")
"""What a page has if styles matter for its text; most have none of it."""
_BLOCK_NAMES = """
address article aside caption center dd details div dt figcaption figure footer header hr li main
nav section summary table tbody tfoot thead tr
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "dl"])
_VOID = frozenset(["br", "col", "hr", "img", "wbr"])
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")
_UNSEEN = re.compile(r"<(?:style|script)\b[^<]{0,100000}", re.IGNORECASE)
_MOST_LINES = 50_000


def text_of(page: str) -> str:
    """The text a reader sees, in lines, without leading or trailing empty ones."""
    writer = _Writer()
    sight = _Sight()
    is_styled = any(sign in page for sign in _TELLING)
    for match in _TOKEN.finditer(page):
        closing, name, attributes, text = match.groups()
        if is_styled and name and name not in _VOID and not sight.tag(attributes, closing):
            continue
        if text:
            if sight.is_clear:
                writer.text(_unescaped(text), verbatim=sight.verbatim)
        elif not name:
            writer.text("<")
        elif not sight.hidden:
            writer.tag(name, attributes, closing=bool(closing))
        if len(writer.lines) > _MOST_LINES:
            break
    return clean_text(writer.finish())


class _Sight:
    """What styles do to the text of a page: hidden elements with all in them are not seen, nor is
    text without a size, unless an element within gives it one; some keep their line ends."""

    def __init__(self) -> None:
        self.hidden = 0
        self.around: list[tuple[bool, bool]] = []
        """For each open element whether its text has no size, and whether it is preformatted."""

    @property
    def is_clear(self) -> bool:
        """Whether text is seen here."""
        return not self.hidden and not (self.around and self.around[-1][0])

    @property
    def verbatim(self) -> bool:
        """Whether line ends are kept here."""
        return bool(self.around) and self.around[-1][1]

    def tag(self, attributes: str, closing: str) -> bool:
        """An element begins or ends; False if it is hidden."""
        if self.hidden:
            self.hidden += -1 if closing else 1
            return False
        if closing:
            self.around[-1:] = []
            return True
        if _hides(attributes):
            self.hidden = 1
            return False
        tiny, verbatim = self.around[-1] if self.around else (False, False)
        if "style=" in attributes:
            size, space = _SIZE.search(attributes), _WHITE_SPACE.search(attributes)
            tiny = tiny if size is None else not size[1].strip("0.")
            verbatim = verbatim if space is None else space[1].startswith("pre")
        self.around.append((tiny, verbatim))
        return True


def _hides(attributes: str) -> bool:
    if _HIDDEN.search(attributes):
        return True
    return "overflow: hidden" in attributes and _FOLDED.search(attributes) is not None


def _unescaped(text: str) -> str:
    """The sanitiser writes these references and no others."""
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">")
    return text.replace("&quot;", '"').replace("&amp;", "&")


def rough_text(source: str) -> str:
    """The text between the tags of HTML that is too tangled to be parsed."""
    text = html.unescape(_ANY_TAG.sub(" ", _UNSEEN.sub(" ", source)))
    return clean_text("\n".join(line for line in map(str.strip, text.split("\n")) if line))


class _Writer:
    """Collects words into lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.verbatim = 0
        self.space = False
        self.numbers: list[int | None] = []
        """For each open list the next item's number; None where it has bullets."""

    def text(self, text: str, *, verbatim: bool = False) -> None:
        """Words; white space collapses unless it is preformatted."""
        if self.verbatim or verbatim:
            first, *rest = text.split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line()
                self.line.append(line)
            return
        words = _SPACE.sub(" ", text)
        if words[:1] == " ":
            self.space = True
        words = words.strip(" ")
        if not words:
            return
        if self.space and self.line:
            self.line.append(" ")
        self.line.append(words)
        self.space = text[-1:] in " \t\r\n\f"

    def tag(self, name: str, attributes: str, *, closing: bool) -> None:
        """What a tag means for lines."""
        if name == "br":
            self.end_line()
        elif name == "img":
            alternative = _ALT.search(attributes)
            if alternative:
                self.text(f" {_unescaped(alternative[1])} ")
        elif name in ("td", "th"):
            self.space = True
        elif name in _APART:
            self._paragraph(name, closing=closing)
            if name in ("ol", "ul"):
                self._list(name, attributes, closing=closing)
        elif name in _BLOCKS:
            self.break_line()
            if name == "li" and not closing:
                self.line.append(self._mark())

    def _list(self, name: str, attributes: str, *, closing: bool) -> None:
        if closing:
            self.numbers[-1:] = []
            return
        start = _START.search(attributes)
        first = int(start[1]) if start else 1
        self.numbers.append(first if name == "ol" else None)

    def _mark(self) -> str:
        """What stands before a list's item."""
        number = self.numbers[-1] if self.numbers else None
        if number is None:
            return "- "
        self.numbers[-1] = number + 1
        return f"{number}. "

    def _paragraph(self, name: str, *, closing: bool) -> None:
        self.break_line()
        if name == "blockquote" and closing:
            self.quotes = max(0, self.quotes - 1)
        self.empty_line()
        if name == "blockquote" and not closing:
            self.quotes += 1
        if name == "pre":
            self.verbatim = max(0, self.verbatim + (-1 if closing else 1))

    def break_line(self) -> None:
        """End the line if there is one."""
        if self.line:
            self.end_line()

    def end_line(self) -> None:
        """End the line, even an empty one."""
        line = "".join(self.line).replace("\xa0", " ")
        prefix = ">" * min(self.quotes, 20)
        line = f"{prefix} {line}" if prefix and line else prefix + line
        self.lines.append(line.rstrip() if line != "-- " else line)
        self.line.clear()
        self.space = False

    def empty_line(self) -> None:
        """One empty line, however often it is asked for."""
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(">" * min(self.quotes, 20))

    def finish(self) -> str:
        """All lines as one text."""
        self.break_line()
        while self.lines and not self.lines[-1].strip("> "):
            self.lines.pop()
        return re.sub(r"\n{4,}", "\n\n\n", "\n".join(self.lines)).strip("\n")
