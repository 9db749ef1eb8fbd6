"""The header fields of a message or of a part of it, by name, and their values as clean text."""

import re
from collections.abc import Iterable, Mapping, Sequence

from digest.words import Words, decode_words
from mail.message import Header, Message

LONGEST_VALUE = 64 * 1024
"""Octets of a field's value that are looked at; RFC 5322 §2.1.1 lines are at most 998."""

_MANY = 200
"""Fields of one name that are looked at."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BODY_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_END = re.compile("\r\n?|\u2028|\u2029|\x85")
_CONTROL_OCTETS = bytes({*range(32), 127} - {9, 10})
# Controls, line ends and surrogates beyond ASCII in UTF-8.
_RARE = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xed[\xa0-\xbf]")


class Fields:
    """Header fields by name, in their order; values are unfolded octets."""

    __slots__ = ("_by_name",)

    def __init__(self, headers: Iterable[Header]) -> None:
        by_name: dict[str, list[Header]] = {}
        for header in headers:
            same = by_name.setdefault(header.key, [])
            if len(same) < _MANY:
                same.append(header)
        self._by_name: Mapping[str, Sequence[Header]] = by_name

    @classmethod
    def of(cls, message: Message) -> "Fields":
        """A message's fields, which it has sorted by name already."""
        if len(message.headers) > _MANY:
            return cls(message.headers)
        fields = cls(())
        fields._by_name = message.by_key
        return fields

    def first(self, name: str) -> bytes | None:
        """The topmost field's value, cut to LONGEST_VALUE; `name` in lower case."""
        found = self._by_name.get(name)
        return found[0].value[:LONGEST_VALUE] if found else None

    def all(self, name: str) -> tuple[bytes, ...]:
        """Every field's value, top to bottom."""
        return tuple(header.value[:LONGEST_VALUE] for header in self._by_name.get(name, ()))

    def token(self, name: str) -> str:
        """A value that should be a bare ASCII word or two, in lower case; "" if there is none.

        What stands after a ";" or in a comment is left out.
        """
        value = self.first(name)
        if value is None:
            return ""
        text = value[:1000].decode("latin-1").lower()
        return text.partition(";")[0].partition("(")[0].strip().strip('"')

    def words(self, name: str, hints: tuple[str, ...] = ()) -> Words | None:
        """The topmost field's value decoded (RFC 2047), on one line; None if there is none."""
        value = self.first(name)
        if value is None:
            return None
        found = decode_words(value, hints)
        return Words(one_line(found.text), found.notes)

    def without(self, names: frozenset[str]) -> "Fields":
        """All fields but those of these names."""
        kept = Fields(())
        kept._by_name = {key: found for key, found in self._by_name.items() if key not in names}
        return kept

    def __contains__(self, name: object) -> bool:
        return name in self._by_name


def one_line(text: str) -> str:
    """Text fit for one line: no controls, no line ends, no lone surrogates."""
    if text.isprintable():
        return text.strip()
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text)).strip()


def clean_text(text: str) -> str:
    """Body text with plain line ends and no controls but tab; fit for JSON and for a terminal.

    As octets, which is five times faster than character by character; what is rare is looked for.
    """
    octets = text.encode("utf-8", "surrogatepass")
    if not text.isascii() and _may_be_rare(octets) and _RARE.search(octets):
        text = _LINE_END.sub("\n", text)
        return _SURROGATE.sub("\ufffd", _BODY_CONTROL.sub("", text))
    kept = octets.translate(None, _CONTROL_OCTETS)
    dropped = len(octets) - len(kept)
    if dropped and dropped != octets.count(b"\r\n") and b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        kept = octets.translate(None, _CONTROL_OCTETS)
    return kept.decode("utf-8") if dropped else text


def _may_be_rare(octets: bytes) -> bool:
    """Whether it is worth while to look closer; one octet is found faster than three."""
    if b"\xc2" in octets or b"\xed" in octets:
        return True
    return b"\xe2" in octets and (b"\xe2\x80\xa8" in octets or b"\xe2\x80\xa9" in octets)
