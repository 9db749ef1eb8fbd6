"""One pass over a message's delimiter lines, with a stack of open multiparts (RFC 2046 §5.1).

No recursion, no copies, no exception for anything that a stranger may have written. A message
inside a message is one part here; whoever wants to look inside walks it by itself. What goes
beyond the limits is kept as one part that nobody looks into, and a defect says so.
"""

import re
from dataclasses import dataclass, field

from digest.entity import Part
from digest.fields import Fields
from digest.parameters import Value, read_value
from mail.message import Defect, parse_message
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
_TYPES = re.compile(r"([a-z0-9_.+\-]+/[a-z0-9_.+\-]+)[/,]")
_WITHOUT_SUBTYPE = {
    "html": "text/html",
    "multipart": "multipart/mixed",
    "mixed": "multipart/mixed",
    "alternative": "multipart/alternative",
}
# A parameter on a line of its own that lost the white space before it.
_LOST_FOLD = re.compile(rb";[ \t]*\r?\n(?=[A-Za-z][A-Za-z0-9*\-]{0,40}=)")
_NO_FIELD = re.compile(rb"(?m)^(?![ \t\r\n])(?![\x21-\x39\x3b-\x7e]{1,200}+[ \t]*:)(?=.)")
# Fields that stand in headers and hardly ever at the beginning of a line of somebody's text.
_CERTAIN_FIELD = re.compile(
    rb"(?im)^(?:content-[a-z\-]+|mime-version|message-id|received|return-path|references"
    rb"|in-reply-to|dkim-signature|arc-[a-z\-]+|authentication-results|x-[a-z0-9\-]+|from|to|subject"
    rb"|date)[ \t]*:"
)
_GUESSED = re.compile(rb"(?i)\n--([^\r\n]{1,200})\r?\n(?=content-[a-z\-]+[ \t]*:)")
_SHORT = 256 * 1024
_GUESS_WITHIN = 64 * 1024
_LOOKED_AT_BEHIND = 64 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """What one walk found: parts in order, of which the first is the whole, and what was wrong."""

    parts: tuple[Part, ...]
    defects: tuple[str, ...]


def walk(fields: Fields, start: int, buffer: "memoryview | bytes") -> Found:
    """The parts of an entity with this header, whose body begins at `start` of `buffer`."""
    return _Walk(memoryview(buffer)).run(fields, start, None)


def walk_body(fields: Fields, body: bytes, boundary: str) -> Found:
    """The parts of a multipart's body, whatever its header says of the boundary.

    `body` has to begin with a line end; offsets are into it.
    """
    return _Walk(memoryview(body)).run(fields, 1, boundary)


def guessed_boundary(body: bytes) -> str:
    """The boundary of a multipart that names none, or another one, from its delimiter lines; ""
    where no line before fields such as Content-Type looks like one. `body` as in `walk_body`."""
    match = _GUESSED.search(body, 0, _GUESS_WITHIN)
    return "" if match is None else match[1].rstrip().decode("utf-8", "replace")


def ragged_body(block: bytes) -> int | None:
    """Where the body begins in a header block that no empty line ends; None if it has no body.

    That is the first line which is no field, unless fields follow: then it is a damaged one. A
    last line without an end is a header that was cut off.
    """
    match = _NO_FIELD.search(block)
    if match is None or _CERTAIN_FIELD.search(block, match.start()):
        return None
    if block.find(b"\n", match.start()) < 0:
        return None
    return match.start()


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not come yet."""

    part: Part
    boundary: bytes
    children: int = 0


@dataclass(slots=True)
class _Walk:
    buffer: memoryview
    parts: list[Part] = field(default_factory=list)
    defects: dict[str, None] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    octets: bytes = b""
    """The whole buffer again if it is short: in octets a word is found faster than in a view."""
    known: dict[bytes, list[int]] = field(default_factory=dict)
    """Which levels of the stack have a boundary; the innermost is the last."""
    current: Part | None = None
    header_octets: int = 0

    def run(self, fields: Fields, start: int, boundary: str | None) -> Found:
        root = self._add(fields, start, len(self.buffer), "text/plain", boundary)
        if root.opened:
            self._delimiters(root.start)
        return Found(tuple(self.parts), tuple(self.defects))

    def _add(
        self, fields: Fields, start: int, end: int, default: str, boundary: str | None = None
    ) -> Part:
        parent = self.stack[-1].part if self.stack else None
        found = self._content_type(fields)
        part = Part(
            index=len(self.parts),
            parent=parent.index if parent else None,
            depth=len(self.stack),
            fields=fields,
            content_type=type_of(found, default) if boundary is None else "multipart/mixed",
            parameters=found.parameters if boundary is None else {"boundary": boundary},
            notes=found.notes,
            start=min(start, end),
            end=end,
        )
        self.parts.append(part)
        self.current = part
        if part.is_multipart:
            self._open(part)
        return part

    def _content_type(self, fields: Fields) -> Value:
        """The first Content-Type, or a later one that says more, where there are several."""
        given = fields.all("content-type")
        if len(given) < 2:
            return read_value(given[0] if given else None)
        values = [read_value(one) for one in given[:10]]
        if any(value != values[0] for value in values):
            self.defects["Content-Type is given more than once"] = None
        for value in values:
            whole = "boundary" in value.parameters or not value.value.startswith("multipart/")
            if _TYPE.match(value.value) and whole:
                return value
        return values[0]

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
        if len(self.buffer) <= _SHORT:
            self.octets = bytes(self.buffer)
        if start == 0 or self.buffer[start - 1] != 0x0A:
            position = start  # a body that begins within a line has no delimiter in it
        while self.stack:
            match = self._next_delimiter(position)
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
                self._close(level, position)
                continue
            if len(self.parts) >= MAX_PARTS or self.header_octets > MAX_HEADERS:
                self.defects[f"only the first {len(self.parts)} parts were looked at"] = None
                return
            position = self._begin(min(match.end() + 1, len(self.buffer)))
        self._unfinished(len(self.buffer))

    def _next_delimiter(self, position: int) -> "re.Match[bytes] | None":
        if self.octets:
            position = self.octets.find(b"\n--", position)
        return _DELIMITER.search(self.buffer, position) if position >= 0 else None

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

    def _close(self, level: int, position: int) -> None:
        end = self.stack[level].part.end
        while len(self.stack) > level:
            self._pop(end)
        if not self.stack and bytes(self.buffer[position : position + _LOOKED_AT_BEHIND]).strip():
            self.defects["text after the last boundary is not shown"] = None

    def _begin(self, start: int) -> int:
        """A new part of the innermost multipart; `start` is where its header block begins."""
        parent = self.stack[-1]
        parent.children += 1
        block, body_start = self._header_block(start)
        self.header_octets += len(block)
        digest = parent.part.content_type == "multipart/digest"
        fields, body_start = self._fields(block, start, body_start)
        default = "message/rfc822" if digest else "text/plain"
        self._add(fields, body_start, len(self.buffer), default)
        return max(start - 1, body_start - 1)

    def _fields(self, block: bytes, start: int, body_start: int) -> tuple[Fields, int]:
        """A part's fields, and where its body really starts if no empty line says so."""
        if not block:
            return Fields(()), body_start
        mended = _LOST_FOLD.sub(b"; ", block) if b"=" in block else block
        message = parse_message(RawMessage(len(mended), "", memory=mended))
        if not message.headers:  # no field at all: this is body already
            return Fields(()), start
        if Defect.LINE_WITHOUT_COLON in message.defects:
            ragged = ragged_body(block)
            if ragged is not None:
                self.defects["no empty line between a part's header and its text"] = None
                return Fields.of(message), start + ragged
        return Fields.of(message), body_start

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


def type_of(found: Value, default: str) -> str:
    """The type, or what RFC 2045 §5.2 says for none; rubbish is octets if it is a file."""
    if _TYPE.match(found.value):
        return found.value
    if not found.value or found.value in ("text", "plain"):
        return default
    several = _TYPES.match(found.value)
    if several is not None:
        return several[1]
    guessed = _WITHOUT_SUBTYPE.get(found.value.rstrip("/"))
    if guessed is not None:
        return guessed
    return "application/octet-stream" if "name" in found.parameters else "text/plain"


def _before_line_end(buffer: memoryview, at: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    return at - 1 if at > 0 and buffer[at - 1] == 0x0D else at
