"""SPF macros (RFC 7208 §7): a domain's record may ask for names made of the sender's own words.

    macro-string  = *( macro-expand / macro-literal )
    macro-expand  = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
    macro-letter  = "s" / "l" / "o" / "d" / "i" / "p" / "h" / "c" / "r" / "t" / "v"
    transformers  = *DIGIT [ "r" ]
    delimiter     = "." / "-" / "+" / "," / "/" / "_" / "="
    domain-spec   = macro-string domain-end
    domain-end    = ( "." toplabel [ "." ] ) / macro-expand

pyspf accepts more than this grammar and joins split parts with what split them, so macros are
read and expanded here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from mail.reason import ReasonCode as Code
from mail.reason import ReasonedError

_TOKEN = re.compile(
    r"%(?:(?P<plain>[%_\-])"
    r"|\{(?P<letter>[slodiphcrtv])(?P<digits>[0-9]*)(?P<reverse>r?)(?P<delimiters>[.\-+,/_=]*)\})"
    r"|(?P<literal>[\x21-\x24\x26-\x7e]+)",
    re.IGNORECASE,
)
_TOPLABEL = re.compile(r"[0-9a-z](?:[0-9a-z\-]*[0-9a-z])?", re.IGNORECASE)
_PLAIN = {"%": "%", "_": " ", "-": "%20"}
_EXPLANATION_ONLY = frozenset("crt")

NAME_LIMIT = 253
"""Characters of an expanded name (RFC 7208 §7.3)."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{…}`. `parts` is how many right-hand parts to keep, 0 for all of them."""

    letter: str
    url_escaped: bool = False
    parts: int = 0
    reverse: bool = False
    delimiters: str = ""

    def expand(self, value: str) -> str:
        """RFC 7208 §7.3: split, reverse, keep the right-hand parts, join with dots, escape."""
        if self.parts or self.reverse or self.delimiters:
            split = re.split(f"[{re.escape(self.delimiters or '.')}]", value)
            if self.reverse:
                split.reverse()
            value = ".".join(split[-self.parts :])
        return quote(value, safe="", errors="replace") if self.url_escaped else value


MacroString = tuple[str | Macro, ...]


def parse_macro_string(text: str, *, spaces: bool = False) -> MacroString:
    """The pieces of a macro-string; with `spaces` those of an explain-string (RFC 7208 §6.2).

    Raises ReasonedError naming what is not allowed.
    """
    pieces: list[str | Macro] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is not None:
            pieces.append(_piece(match))
            at = match.end()
        elif spaces and text[at] == " ":
            pieces.append(" ")
            at += 1
        else:
            raise ReasonedError(Code.SPF_MACRO, repr(text[at : at + 10]))
    return tuple(pieces)


def _piece(match: re.Match[str]) -> str | Macro:
    if match["literal"] is not None:
        return match["literal"]
    if match["plain"] is not None:
        return _PLAIN[match["plain"]]
    digits = match["digits"].lstrip("0")
    if match["digits"] and not digits:
        raise ReasonedError(Code.SPF_MACRO_PARTS, repr(match[0]))
    # No name has more than 127 labels, and int() refuses thousands of digits.
    parts = int(digits[:4]) if digits else 0
    letter = match["letter"]
    escaped = letter.isupper()
    return Macro(letter.lower(), escaped, parts, bool(match["reverse"]), match["delimiters"])


def parse_domain_spec(text: str) -> MacroString:
    """The pieces of a domain-spec (RFC 7208 §7.1). Raises ReasonedError with the reason."""
    pieces = parse_macro_string(text)
    for piece in pieces:
        if isinstance(piece, Macro) and piece.letter in _EXPLANATION_ONLY:
            raise ReasonedError(Code.SPF_MACRO_LETTER, piece.letter)
    if not pieces or not (_is_expansion(pieces[-1]) or _ends_in_toplabel(text)):
        raise ReasonedError(Code.SPF_TOP_LABEL)
    return pieces


def _is_expansion(piece: str | Macro) -> bool:
    """Whether a macro-expand was read as this piece (no literal has a percent sign or space)."""
    return isinstance(piece, Macro) or piece in _PLAIN.values()


def _ends_in_toplabel(text: str) -> bool:
    """RFC 7208 §7.1 toplabel: letters, digits and inner hyphens, but not digits alone."""
    _, dot, label = text.removesuffix(".").rpartition(".")
    return bool(dot) and _TOPLABEL.fullmatch(label) is not None and not label.isdigit()


def expand(pieces: MacroString, value_of: Callable[[str], str]) -> str:
    """The text with every macro replaced by `value_of` its letter."""
    return "".join(
        piece if isinstance(piece, str) else piece.expand(value_of(piece.letter))
        for piece in pieces
    )


def fit_name(name: str) -> str:
    """RFC 7208 §7.3: labels fall off at the left until the name has at most 253 characters."""
    name = name.removesuffix(".")
    if len(name) <= NAME_LIMIT:
        return name
    # One character more, so that a dot just before the limit is seen.
    return name[-NAME_LIMIT - 1 :].partition(".")[2]
