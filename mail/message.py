"""The header block of a message, field by field, with the exact bytes of each.

`parse_message` never raises and never decodes: it finds where each header field begins and ends
(RFC 5322 §2.2), keeps the octets, and lists what was wrong as defects. Whatever any reader might
take for a line end ends a line here too (a bare LF besides CRLF): a field that some mail client
would show must not be invisible to us. What a message is about is for `digest` to say.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from mail.raw import RawMessage

MAX_HEADER_BYTES = 4 * 1024 * 1024
"""A longer header block is cut here and marked OVERSIZED. Postfix keeps 100 KB of it by default,
Exim 1 MB; real ones stay under 200 KB even after many relays."""

MAX_FIELDS = 100_000
"""More header fields than this, and lines that are none, are not looked at, and the message is
marked OVERSIZED."""

SHORT_HEADER = 32 * 1024
"""Octets of a header block that costs nobody anything, whatever stands in it."""

_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
# RFC 5322 §2.2 ftext is printable ASCII but the colon; §4.5 allows white space before the colon.
_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)([ \t]*):")
# A field at a time: its name if it has one, the rest of its line, and the lines that begin with
# white space (folding). RFC 5322 §2.2 ftext is printable ASCII but the colon. A match is one call
# that nothing interrupts, so that of a million folded lines each takes some.
_FIELD = re.compile(
    rb"(?:([\x21-\x39\x3b-\x7e]++)([ \t]*+):)?[^\n]*+(?:\n|\Z)(?:[ \t][^\n]*+(?:\n|\Z)){0,1000}+"
)
_FOLDED = re.compile(rb"(?:[ \t][^\n]*+(?:\n|\Z)){0,100000}+")
# The same for a short block, which is read in one call, however its lines are folded.
_SHORT_FIELD = re.compile(
    rb"((?:([\x21-\x39\x3b-\x7e]++)([ \t]*+):)?[^\n]*+(?:\n|\Z)(?:[ \t][^\n]*+(?:\n|\Z))*+)"
)


class Defect(StrEnum):
    """What is wrong with a header block. None of them makes it unreadable."""

    NO_HEADER = "no_header"
    """The first line is not a header field; everything is body."""
    NO_BODY_SEPARATOR = "no_body_separator"
    """The message ends within the header block (RFC 5322 §2.1 allows it)."""
    LINE_WITHOUT_COLON = "line_without_colon"
    """A line of the header block is neither a field nor its continuation."""
    SPACE_BEFORE_COLON = "space_before_colon"
    """Obsolete syntax, RFC 5322 §4.5."""
    LEADING_CONTINUATION = "leading_continuation"
    """The first line begins with white space, so it continues nothing."""
    BARE_LF = "bare_lf"
    """A line of the header block ends with LF alone."""
    BARE_CR = "bare_cr"
    """A CR stands inside a line of the header block."""
    NUL = "nul"
    """A NUL octet in the header block."""
    EIGHT_BIT = "eight_bit"
    """Octets over 127 in the header block (fine with SMTPUTF8, RFC 6532)."""
    FROM_LINE = "from_line"
    """An mbox separator stands before the header."""
    OVERSIZED = "oversized"
    """The header block is longer than we look at."""


class Header(NamedTuple):
    """One header field: `name` as written, `raw` its octets, folding and line end included.

    A tuple, because that is made in half the time, and a header may have a hundred thousand.
    """

    name: str
    raw: bytes

    @property
    def key(self) -> str:
        """The name to compare by (RFC 5322 §1.2.2: names are case-insensitive)."""
        return self.name.lower()

    @property
    def value(self) -> bytes:
        """What stands after the colon, unfolded (RFC 5322 §2.2.3) and trimmed of white space."""
        after = self.raw[self.raw.index(b":") + 1 :]
        return after.replace(b"\r\n", b"").replace(b"\n", b"").strip(b" \t\r")


@dataclass(frozen=True, slots=True)
class Message:
    """A raw message and what its header block says; `body_start` is the body's first octet."""

    raw: RawMessage
    headers: tuple[Header, ...]
    header_block: bytes
    body_start: int
    defects: frozenset[Defect]
    _by_key: dict[str, list[Header]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the fields by name once: a header may have a hundred thousand, and many ask."""
        by_key: dict[str, list[Header]] = {}
        for header in self.headers:
            key = header.name.lower()
            if key in by_key:
                by_key[key].append(header)
            else:
                by_key[key] = [header]
        object.__setattr__(self, "_by_key", by_key)

    def all(self, name: str) -> Iterator[Header]:
        """Every field of that name, top to bottom."""
        return iter(self._by_key.get(name.lower(), ()))

    def has_any(self, keys: Collection[str]) -> bool:
        """Whether there is a field of one of these names, which are in lower case."""
        return not self._by_key.keys().isdisjoint(keys)

    @property
    def by_key(self) -> Mapping[str, Sequence[Header]]:
        """All fields by their names in lower case, top to bottom."""
        return self._by_key

    def first(self, name: str) -> Header | None:
        """The topmost field of that name."""
        return next(self.all(name), None)

    @property
    def message_id(self) -> str | None:
        """The Message-ID's value as it stands, brackets included, fit for a log line."""
        header = self.first("message-id")
        if header is None:
            return None
        text = header.value.decode("utf-8", "replace").replace("\x00", "\ufffd").strip()
        return text[:998] or None


def parse_message(raw: RawMessage) -> Message:
    """Read the header block of `raw`. Never raises; work is bounded by MAX_HEADER_BYTES."""
    block, body_start, defects = _header_block(raw)
    read = _short_fields if len(block) <= SHORT_HEADER else _fields
    headers = tuple(read(block, defects))
    if not headers and block and Defect.OVERSIZED not in defects:
        defects.add(Defect.NO_HEADER)
        return Message(raw, (), b"", 0, frozenset(defects))
    _note_octets(block, defects)
    return Message(raw, headers, block, body_start, frozenset(defects))


def has_short_header(raw: RawMessage) -> bool:
    """Whether the header block, or all of the message, has at most SHORT_HEADER octets and is in
    memory, so that `parse_message` is quick and waits for no disk."""
    if raw.memory is None:
        return False
    return raw.size <= SHORT_HEADER or raw.memory.find(b"\n\r\n", 0, SHORT_HEADER) >= 0


def _header_block(raw: RawMessage) -> tuple[bytes, int, set[Defect]]:
    """The octets before the first empty line, and where the body starts."""
    defects: set[Defect] = set()
    found = b""
    for block in raw.blocks():
        search_from = max(0, len(found) - 3)
        found += block
        if found.startswith((b"\r\n", b"\n")):
            return b"", 2 if found.startswith(b"\r\n") else 1, defects
        end = _empty_line(found, search_from)
        if end is not None and end[0] <= MAX_HEADER_BYTES:
            return found[: end[0]], end[1], defects
        if len(found) > MAX_HEADER_BYTES:
            defects.add(Defect.OVERSIZED)
            return found[:MAX_HEADER_BYTES], MAX_HEADER_BYTES, defects
    defects.add(Defect.NO_BODY_SEPARATOR)
    return found, len(found), defects


def _empty_line(found: bytes, start: int) -> tuple[int, int] | None:
    """Where the block ends (its last line end included) and the body begins."""
    crlf = found.find(b"\n\r\n", start)
    lf = found.find(b"\n\n", start, crlf if crlf >= 0 else len(found))
    if lf >= 0:
        return lf + 1, lf + 2
    return (crlf + 1, crlf + 3) if crlf >= 0 else None


def _short_fields(block: bytes, defects: set[Defect]) -> list[Header]:
    """What `_fields` finds, in a third of the time."""
    found = _SHORT_FIELD.findall(block, _first_field(block, defects))
    found.pop()  # the empty match at the end
    if not found or not (found[0][1] or Defect.LEADING_CONTINUATION in defects):
        return []
    headers = [Header(name.decode("ascii"), raw) for raw, name, _ in found if name]
    if len(headers) < len(found):
        defects.add(Defect.LINE_WITHOUT_COLON)
    if any(space for _, name, space in found if name):
        defects.add(Defect.SPACE_BEFORE_COLON)
    return headers


def _first_field(block: bytes, defects: set[Defect]) -> int:
    position = _skip_from_line(block, defects)
    if block[position : position + 1] in (b" ", b"\t"):
        defects.add(Defect.LEADING_CONTINUATION)
    return position


def _fields(block: bytes, defects: set[Defect]) -> Iterator[Header]:
    position = _first_field(block, defects)
    count = 0
    while position < len(block):
        match = _FIELD.match(block, position)
        assert match is not None
        raw, name, space = match.group(0, 1, 2)
        position = match.end()
        if block.startswith((b" ", b"\t"), position) and block[position - 1 : position] == b"\n":
            start, position = match.start(), _end_of_folding(block, position)
            raw = block[start:position]
        if name is None and count == 0 and Defect.LEADING_CONTINUATION not in defects:
            return
        count += 1
        if count > MAX_FIELDS:
            defects.add(Defect.OVERSIZED)
            return
        if name is None:
            defects.add(Defect.LINE_WITHOUT_COLON)
            continue
        if space:
            defects.add(Defect.SPACE_BEFORE_COLON)
        yield Header(name.decode("ascii"), raw)


def _end_of_folding(block: bytes, position: int) -> int:
    """Behind all the lines from `position` on that begin with white space."""
    while block.startswith((b" ", b"\t"), position):
        match = _FOLDED.match(block, position)
        assert match is not None
        position = match.end()
    return position


def _skip_from_line(block: bytes, defects: set[Defect]) -> int:
    """Past an mbox separator; some relays leave one in front of the header.

    `From :` with a space before its colon is a field, not a separator.
    """
    if not block.startswith((b"From ", b">From ")) or _NAME.match(block):
        return 0
    defects.add(Defect.FROM_LINE)
    match = _LINE.match(block)
    assert match is not None
    return match.end()


def _note_octets(block: bytes, defects: set[Defect]) -> None:
    line_ends = block.count(b"\r\n")
    if block.count(b"\n") != line_ends:
        defects.add(Defect.BARE_LF)
    if block.count(b"\r") != line_ends:
        defects.add(Defect.BARE_CR)
    if b"\x00" in block:
        defects.add(Defect.NUL)
    if not block.isascii():
        defects.add(Defect.EIGHT_BIT)
