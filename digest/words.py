"""Encoded words in header fields (RFC 2047), as they are really sent.

What the standard forbids and mail contains: characters split between two words, words inside
quoted strings, words that touch each other or contain spaces and question marks, words that do
not end, words that were encoded once more, and raw octets beyond ASCII with no words at all. All
of it is read; work grows with the length and no faster.
"""

import binascii
import re
from dataclasses import dataclass
from functools import lru_cache

from digest.charset.decode import Decoded, decode
from digest.charset.labels import Charset, charset_of
from digest.transfer import decode_base64

# charset (some leave it out), RFC 2231 §5 language, encoding, encoded text (a "?" inside is
# tolerated but in "?=", and in "=?", where the next word may begin).
_WORD = re.compile(
    rb"=\?([^?*\s]{0,60})(\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*(?:(?<!=)\?(?!=)[^?]*)*)\?="
)
# The last word of a field that was cut: only what an encoder writes follows.
_UNENDED = re.compile(
    rb"=\?([^?*\s]{1,60})(\*[^?\s]{0,60})?\?(?:([bB])\?([A-Za-z0-9+/=\s]*+)|([qQ])\?([!->@-~]*+))\??\s*+\Z"
)
# Text that is nothing but words: they were encoded twice.
_NOTHING_BUT_WORDS = re.compile(r"\s*(?:=\?[^?\s]{1,60}\?[bBqQ]\?[!->@-~ ]*\?=\s*)+\Z")
# A value that is one word and no more, as most are.
_ONE_WORD = re.compile(
    rb"=\?([A-Za-z0-9_\-]{1,60})\?(?:([bB])\?([A-Za-z0-9+/]+={0,2})|([qQ])\?([!->@-~]+))\?=\Z"
)
_SOFT_BREAK = re.compile(rb"=\s+(?![0-9A-Fa-f]{2})|(?<==)\s+|=\Z")
_MANY_NOTES = 20
_TWICE = "encoded words within encoded words"


@dataclass(frozen=True, slots=True)
class Words:
    """Decoded text and what was guessed on the way."""

    text: str
    notes: tuple[str, ...] = ()


def decode_words(value: bytes, hints: tuple[str, ...] = ()) -> Words:
    """A field's value as text. `hints` are charset labels that the message tells, the weightiest
    first."""
    if b"=?" not in value:
        if value.isascii() and b"\x1b" not in value:
            return Words(value.decode("ascii"))
        return _joined([decode(value, None, charsets_of(hints))])
    charsets = charsets_of(hints)
    one = _ONE_WORD.match(value)
    if one is not None:
        content = _octets(one[2] or one[4], one[3] or one[5])
        decoded = decode(content, one[1].decode("ascii"), charsets)
        if "=?" not in decoded.text:
            return Words(decoded.text, (decoded.note,) if decoded.note else ())
    words = _joined(_runs(_ended(value), charsets))
    if _NOTHING_BUT_WORDS.match(words.text):
        inner = _joined(_runs(words.text.encode(), charsets))
        return Words(inner.text, (*words.notes, _TWICE, *inner.notes)[:_MANY_NOTES])
    return words


@lru_cache(maxsize=256)
def charsets_of(hints: tuple[str, ...]) -> tuple[Charset, ...]:
    """The charsets that a message's labels mean; unknown labels are passed over."""
    found = (charset_of(hint) for hint in hints)
    return tuple(charset for charset in found if charset is not None)


def _ended(value: bytes) -> bytes:
    """The value with the end of its last word, if that was cut off."""
    start = value.rfind(b"=?")
    # "=?" may also be the last "=" of a word and what follows it.
    for at in (start, value.rfind(b"=?", 0, max(start, 0))):
        unended = _UNENDED.match(value, at) if at >= 0 else None
        if unended is not None:
            return value[:at] + value[at:].rstrip().rstrip(b"?") + b"?="
    return value


def _runs(value: bytes, hints: tuple[Charset, ...]) -> list[Decoded]:
    """Plain text and encoded words, alternately.

    White space between two words is not text (RFC 2047 §6.2). Octets of neighbouring words of
    one charset are decoded together, because characters are split between them in real mail.
    """
    pieces: list[Decoded] = []
    pending, label, position = b"", "", 0
    for match in _WORD.finditer(value, 0, value.rfind(b"?=") + 2):
        between = value[position : match.start()]
        charset = match[1].decode("latin-1")
        blank = not between.strip()
        if pending and not (blank and charset.lower() == label.lower()):
            pieces.append(decode(pending, label or None, hints))
            pending = b""
        if not blank or (between and position == 0):
            pieces.append(decode(between, None, hints))
        label, position = charset, match.end()
        pending += _octets(match[3], match[4])
    if pending:
        pieces.append(decode(pending, label or None, hints))
    if position < len(value):
        pieces.append(decode(value[position:], None, hints))
    return pieces


def _octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        return decode_base64(text)
    return binascii.a2b_qp(_SOFT_BREAK.sub(b"", text).replace(b" ", b"_"), header=True)


def _joined(pieces: list[Decoded]) -> Words:
    notes = dict.fromkeys(piece.note for piece in pieces if piece.note)
    return Words("".join(piece.text for piece in pieces), tuple(notes)[:_MANY_NOTES])
