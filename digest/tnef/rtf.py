"""RTF read: the HTML that Exchange put into it (MS-OXRTFEX), or else the text that it shows.

One pass over the tokens with a stack of groups. What RTF says of fonts is needed only to know the
code page of its octets; pictures, styles and the like are passed over.
"""

import html
import re
from dataclasses import dataclass, field, replace

from digest.tnef.codepage import page_of_font, text_in

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)"
)
_PASSED_BY = frozenset(
    b"colortbl datastore filetbl footer footerf footerl footerr footnote generator header headerf"
    b" headerl headerr info latentstyles listoverridetable listtable object objdata pict pntext"
    b" rsidtbl stylesheet themedata xmlnstbl fldinst".split()
)
_LINES = frozenset([b"par", b"line", b"row", b"sect", b"page"])
_SIGNS = {
    b"tab": "\t",
    b"cell": "\t",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
}
_SYMBOLS = {b"~": "\xa0", b"_": "\u2011", b"-": "\xad", b"\n": "\n", b"\r": "\n"}
_MOST_TEXT = 1_000_000
_MOST_GROUPS = 1000
_MOST_TOKENS = 400_000


@dataclass(frozen=True, slots=True)
class Rtf:
    """What an RTF body is: its text, or the HTML that it was made of; `whole` is False where it
    was too long to be read to its end."""

    text: str
    is_html: bool
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the closing brace."""

    hidden: bool = False
    fonts: bool = False
    html_tag: bool = False
    rtf_only: bool = False
    star: bool = False
    skip: int = 1
    page: int | None = None


@dataclass(slots=True)
class _Reading:
    page: int | None = 1252
    is_html: bool = False
    group: _Group = field(default_factory=_Group)
    groups: list[_Group] = field(default_factory=list)
    fonts: dict[int, int | None] = field(default_factory=dict)
    font: int = 0
    pending: bytearray = field(default_factory=bytearray)
    pieces: list[str] = field(default_factory=list)
    size: int = 0
    to_skip: int = 0
    half: str = ""

    def token(self, match: "re.Match[bytes]") -> None:
        word, number, octet, symbol, brace, text = match.groups()
        if brace is not None:
            self.brace(opening=brace == b"{")
        elif word is not None:
            self.word(word, None if number is None else int(number))
        elif octet is not None:
            self.octets(bytes([int(octet, 16)]))
        elif text is not None:
            self.octets(text)
        else:
            self.symbol(symbol)

    def brace(self, *, opening: bool) -> None:
        self.flush()
        self.to_skip = 0
        if opening:
            if len(self.groups) < _MOST_GROUPS:
                self.groups.append(self.group)
            if self.group.star:
                self.group = replace(self.group, star=False)
        elif self.groups:
            self.group = self.groups.pop()

    def octets(self, octets: bytes) -> None:
        """Characters of the current code page, or those that stand in for one of Unicode."""
        if self.to_skip:
            skipped = min(self.to_skip, len(octets))
            self.to_skip -= skipped
            octets = octets[skipped:]
        if not self.group.hidden and not self.group.fonts:
            self.pending += octets

    def symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.group = replace(self.group, star=True)
        elif symbol in b"\\{}":
            self.octets(symbol)
        else:
            self.sign(_SYMBOLS.get(symbol, ""))

    def sign(self, text: str) -> None:
        """Text that needs no decoding."""
        if text and not self.group.hidden and not self.group.fonts:
            self.flush()
            self.write(text)

    def word(self, word: bytes, number: int | None) -> None:
        if word in _LINES:
            self.sign("\n")
        elif word in _SIGNS:
            self.sign(_SIGNS[word])
        elif word == b"u" and number is not None:
            self.unicode(number)
        elif word == b"htmltag":
            self.flush()
            self.group = replace(self.group, html_tag=True, hidden=False, star=False)
        elif word == b"htmlrtf":
            self.flush()
            self.group = replace(self.group, rtf_only=number != 0)
        elif word in (b"fromhtml", b"ansicpg", b"uc", b"f", b"fcharset", b"deff", b"bin"):
            self.setting(word, number or 0)
        elif word in (b"mac", b"pca", b"pc"):
            self.page = {b"mac": 10000}.get(word, self.page)
        elif word == b"fonttbl":
            self.group = replace(self.group, fonts=True)
        elif self.group.star or word in _PASSED_BY:
            self.group = replace(self.group, hidden=True, star=False)

    def setting(self, word: bytes, number: int) -> None:
        if word == b"fromhtml":
            self.is_html = True
        elif word == b"ansicpg":
            self.page = number or self.page
        elif word == b"uc":
            self.group = replace(self.group, skip=max(0, min(number, 20)))
        elif word == b"fcharset":
            self.fonts[self.font] = page_of_font(number)
        elif word == b"f":
            self.flush()
            self.font = number
            if not self.group.fonts:
                self.group = replace(self.group, page=self.fonts.get(number))

    def unicode(self, number: int) -> None:
        """A UTF-16 unit; so many characters after it say the same for old readers."""
        self.flush()
        unit = chr(number & 0xFFFF)
        self.to_skip = self.group.skip
        if "\ud800" <= unit <= "\udbff":
            self.half = unit
            return
        whole = (self.half + unit).encode("utf-16-le", "surrogatepass")
        self.half = ""
        if not self.group.hidden and not self.group.fonts:
            self.write(whole.decode("utf-16-le", "replace"))

    def flush(self) -> None:
        if self.pending:
            octets = bytes(self.pending)
            self.pending.clear()
            page = self.group.page if self.group.page is not None else self.page
            text = octets.decode("ascii") if octets.isascii() else text_in(octets, page)
            self.write(text)

    def write(self, text: str) -> None:
        if self.is_html:
            if self.group.rtf_only and not self.group.html_tag:
                return
            if not self.group.html_tag:
                text = html.escape(text, quote=False)
        self.pieces.append(text)
        self.size += len(text)


def read_rtf(octets: bytes) -> Rtf:
    """The text or HTML of an RTF document, however broken. At most a million characters."""
    reading = _Reading()
    whole = True
    for count, match in enumerate(_TOKEN.finditer(octets)):
        reading.token(match)
        if reading.size > _MOST_TEXT or count > _MOST_TOKENS:
            whole = False
            break
    reading.flush()
    return Rtf("".join(reading.pieces), reading.is_html, whole)
