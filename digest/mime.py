"""The parts of a message (RFC 2045 to 2049), found in place, whatever the message is.

One pass over the delimiter lines with a stack of open multiparts: no recursion, no copies, no
exception for anything that a stranger may have written. A message inside a message is one part
here; whoever wants to look inside walks it by itself. What goes beyond the limits is kept as one
part that nobody looks into, and a defect says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from digest.fields import Fields
from digest.parameters import Value, read_value
from digest.transfer import decode_transfer
from mail.message import Message, parse_message
from mail.raw import RawMessage

MAX_DEPTH = 60
"""Multiparts inside each other that are looked into. Real mail stays under ten."""

MAX_PARTS = 2000
"""Parts of one message that are looked at."""

MAX_DELIMITERS = 400_000
"""Lines that begin with two hyphens and are looked at."""

MAX_PART_HEADER = 16 * 1024
"""Octets of one part's header block."""

MAX_HEADERS = 2 * 1024 * 1024
"""Octets of all parts' header blocks together."""

_DELIMITER = re.compile(rb"\n--([^\r\n]{1,200}+)\r?(?=\n|\Z)")
_BLANK = re.compile(rb"\n\r?(?:\n|\Z)")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+\-]+/[a-z0-9!#$&^_.+\-]+\Z")


@dataclass(slots=True)
class Part:
    """One part: its header fields, and where its body lies in the message.

    `parent` is the index of the multipart that it stands in, `depth` how many there are around
    it; `start` and `end` are offsets of the body as it was sent, before its transfer encoding is
    undone; `notes` say what was guessed in Content-Type's parameters. Only the walk changes it.
    """

    index: int
    parent: int | None
    depth: int
    fields: Fields
    content_type: str
    parameters: dict[str, str]
    notes: tuple[str, ...]
    start: int
    end: int
    opened: bool = False
    """Whether this is a multipart that was looked into."""

    @property
    def is_multipart(self) -> bool:
        """Whether its type is a multipart, looked into or not."""
        return self.content_type.startswith("multipart/")

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case; "" where none is given."""
        return self.fields.token("content-transfer-encoding")

    @property
    def disposition(self) -> Value:
        """Content-Disposition with its parameters (RFC 2183)."""
        return read_value(self.fields.first("content-disposition"))


@dataclass(frozen=True, slots=True)
class Tree:
    """All parts in the order of the message; the first is the message itself."""

    message: Message
    parts: tuple[Part, ...]
    defects: tuple[str, ...]
    buffer: memoryview

    @property
    def root(self) -> Part:
        """The message itself."""
        return self.parts[0]

    @property
    def leaves(self) -> Iterator[Part]:
        """Every part that has content of its own."""
        return (part for part in self.parts if not part.opened)

    def ancestors(self, part: Part) -> Iterator[Part]:
        """The multiparts around a part, innermost first."""
        while part.parent is not None:
            part = self.parts[part.parent]
            yield part

    def sent(self, part: Part, limit: int | None = None) -> bytes:
        """The part's body as it was sent, or its first `limit` octets."""
        end = part.end if limit is None else min(part.end, part.start + limit)
        return bytes(self.buffer[part.start : end])

    def content(self, part: Part, limit: int | None = None) -> tuple[bytes, str | None]:
        """The part's octets with the transfer encoding undone, and what was wrong with it.

        With `limit` only as much is decoded as so many octets of the sent body give.
        """
        if part.is_multipart:  # RFC 2045 §6.4: identity only
            return self.sent(part, limit), None
        return decode_transfer(self.sent(part, limit), part.encoding)


def read_tree(raw: RawMessage, buffer: memoryview) -> Tree:
    """Find all parts of a message; `buffer` is `raw`'s own and must outlive the tree."""
    return _Walk(raw, buffer).run()


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not come yet."""

    part: Part
    boundary: bytes
    children: int = 0


@dataclass(slots=True)
class _Walk:
    raw: RawMessage
    buffer: memoryview
    parts: list[Part] = field(default_factory=list)
    defects: dict[str, None] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    known: dict[bytes, list[int]] = field(default_factory=dict)
    """Which levels of the stack have a boundary; the innermost is the last."""
    current: Part | None = None
    header_octets: int = 0

    def run(self) -> Tree:
        message = parse_message(self.raw)
        end = len(self.buffer)
        root = self._add(Fields(message.headers), message.body_start, end, "text/plain")
        if root.opened:
            self._delimiters(root.start)
        return Tree(message, tuple(self.parts), tuple(self.defects), self.buffer)

    def _add(self, fields: Fields, start: int, end: int, default: str) -> Part:
        parent = self.stack[-1].part if self.stack else None
        found = read_value(fields.first("content-type"))
        part = Part(
            index=len(self.parts),
            parent=parent.index if parent else None,
            depth=len(self.stack),
            fields=fields,
            content_type=_content_type(found, default),
            parameters=found.parameters,
            notes=found.notes,
            start=min(start, end),
            end=end,
        )
        self.parts.append(part)
        self.current = part
        if part.is_multipart:
            self._open(part)
        return part

    def _open(self, part: Part) -> None:
        """Look into a multipart, if it says where its parts end and is not too deep."""
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary or len(boundary) > 200:
            self.defects["a multipart without a boundary"] = None
        elif part.depth >= MAX_DEPTH:
            self.defects[f"parts nested deeper than {MAX_DEPTH} were not looked into"] = None
        else:
            part.opened = True
            self.known.setdefault(boundary, []).append(len(self.stack))
            self.stack.append(_Open(part, boundary))
            self.current = None

    def _delimiters(self, start: int) -> None:
        """Go from delimiter line to delimiter line until the outermost multipart ends."""
        position = max(0, start - 1)
        count = 0
        if start == 0 or self.buffer[start - 1] != 0x0A:
            position = start  # a body that begins within a line has no delimiter in it
        while self.stack:
            match = _DELIMITER.search(self.buffer, position)
            if match is None:
                break
            count += 1
            if count > MAX_DELIMITERS:
                self.defects["too many lines begin with two hyphens"] = None
                break
            position = match.end()
            level, closing = self._level(match)
            if level is None:
                continue
            self._finish(_before_line_end(self.buffer, match.start()), level)
            if closing:
                self._close(level)
                continue
            if len(self.parts) >= MAX_PARTS or self.header_octets > MAX_HEADERS:
                self.defects[f"only the first {len(self.parts)} parts were looked at"] = None
                return
            position = self._begin(min(match.end() + 1, len(self.buffer)))
        self._unfinished(len(self.buffer))

    def _level(self, match: "re.Match[bytes]") -> tuple[int | None, bool]:
        """Which open multipart a delimiter line belongs to, and whether it closes it."""
        line = match[1].rstrip()
        levels = self.known.get(line)
        if levels:
            return levels[-1], False
        levels = self.known.get(line[:-2]) if line.endswith(b"--") else None
        return (levels[-1], True) if levels else (None, False)

    def _finish(self, end: int, level: int) -> None:
        """A delimiter of `level` ends the part before it and all multiparts within it."""
        if self.current is not None:
            self.current.end = max(self.current.start, end)
            self.current = None
        while len(self.stack) > level + 1:
            self._pop(end)

    def _pop(self, end: int) -> None:
        ended = self.stack.pop()
        levels = self.known[ended.boundary]
        levels.pop()
        if not levels:
            del self.known[ended.boundary]
        ended.part.end = max(ended.part.start, end)
        if not ended.children:
            ended.part.opened = False
            self.defects["a multipart without parts"] = None

    def _close(self, level: int) -> None:
        end = self.stack[level].part.end
        while len(self.stack) > level:
            self._pop(end)

    def _begin(self, start: int) -> int:
        """A new part of the innermost multipart; `start` is where its header block begins."""
        parent = self.stack[-1]
        parent.children += 1
        block, body_start = self._header_block(start)
        self.header_octets += len(block)
        digest = parent.part.content_type == "multipart/digest"
        message = parse_message(RawMessage(len(block), "", memory=block)) if block else None
        if message is not None and not message.headers:  # no field at all: this is body already
            body_start = start
        fields = Fields(message.headers if message else ())
        default = "message/rfc822" if digest else "text/plain"
        self._add(fields, body_start, len(self.buffer), default)
        return max(start - 1, body_start - 1)

    def _header_block(self, start: int) -> tuple[bytes, int]:
        """A part's header block and where its body starts; a delimiter line ends it, too."""
        limit = min(len(self.buffer), start + MAX_PART_HEADER)
        blank = _BLANK.search(self.buffer, start - 1, limit)
        end, body = (blank.start() + 1, blank.end()) if blank else (limit, limit)
        for match in _DELIMITER.finditer(self.buffer, start - 1, end):
            if self._level(match)[0] is not None:
                return bytes(self.buffer[start : match.start() + 1]), match.start() + 1
        if blank is None:
            self.defects["a part's header does not end"] = None
        return bytes(self.buffer[start:end]), body

    def _unfinished(self, end: int) -> None:
        """The message ends; so do all parts that are still open."""
        if self.stack:
            self.defects["the last boundary is missing"] = None
        self._finish(end, -1)


def _content_type(found: Value, default: str) -> str:
    """The type, or what RFC 2045 §5.2 says for none; rubbish is octets if it is a file."""
    if _TYPE.match(found.value):
        return found.value
    if not found.value or found.value in ("text", "plain"):
        return default
    return "application/octet-stream" if "name" in found.parameters else "text/plain"


def _before_line_end(buffer: memoryview, at: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    return at - 1 if at > 0 and buffer[at - 1] == 0x0D else at
