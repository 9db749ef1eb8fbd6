"""Where the parts of a MIME body begin and end, to the octet.

A small reader of its own: other readers give decoded parts, and a signature is about octets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEPTH_LIMIT = 4
PARTS_LIMIT = 40

_EMPTY_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")
_FIELD = rb"(?im)^%s[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)"
CONTENT_TYPE = re.compile(_FIELD % rb"content-type")
ENCODING = re.compile(_FIELD % rb"content-transfer-encoding")
_BOUNDARY = re.compile(rb'boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
CHARSET_LABEL = re.compile(rb'(charset\s*=\s*"?)([^\s;"]{1,40})', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One entity: its octets within the body are [start, end), its header [head, start).

    `after` is where the delimiter behind it begins, past the line end that belongs to it.
    """

    number: str
    media_type: str
    encoding: str
    content_type: bytes
    head: int
    start: int
    end: int
    after: int
    children: tuple["Part", ...] = ()

    @property
    def name(self) -> str:
        """How a person finds it."""
        return f"part {self.number} ({self.media_type})" if self.number else "body"

    def leaves(self) -> Iterator["Part"]:
        """Those that have no parts themselves."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def read_structure(content_type: bytes, encoding: bytes, body: bytes) -> Part:
    """The tree of parts; `content_type` and `encoding` are the values of the message's fields."""
    return _part("", content_type, encoding, body, (0, 0, len(body), len(body)), DEPTH_LIMIT)


def _part(
    number: str,
    content_type: bytes,
    encoding: bytes,
    body: bytes,
    place: tuple[int, int, int, int],
    depth: int,
) -> Part:
    media_type = content_type.partition(b";")[0].strip().lower().decode("latin-1") or "text/plain"
    head, start, end, after = place
    children: tuple[Part, ...] = ()
    boundary = _BOUNDARY.search(content_type)
    if media_type.startswith("multipart/") and boundary and depth:
        spans = _spans(body, start, end, boundary[1] or boundary[2])
        prefix = f"{number}." if number else ""
        children = tuple(
            _child(f"{prefix}{n}", body, span, depth - 1) for n, span in enumerate(spans, 1)
        )
    word = encoding.strip().lower().decode("latin-1") or "7bit"
    return Part(number, media_type, word, content_type, head, start, end, after, children)


def _child(number: str, body: bytes, span: tuple[int, int, int], depth: int) -> Part:
    head, end, after = span
    empty = _EMPTY_LINE.search(body, head, end)
    start = empty.end() if empty else end
    block = body[head : min(start, head + 65536)]
    values = [found[1] if (found := one.search(block)) else b"" for one in (CONTENT_TYPE, ENCODING)]
    return _part(number, values[0], values[1], body, (head, start, end, after), depth)


def _spans(body: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int, int]]:
    """Each part: where its header begins, where it ends, and where the next delimiter begins."""
    line = re.compile(rb"(?:(?<=\n)|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    found: list[tuple[int, int, int]] = []
    opened: int | None = None
    for match in line.finditer(body, start, end):
        if opened is not None:
            at = match.start()
            line_end = 2 if body[at - 2 : at] == b"\r\n" else 1
            found.append((opened, max(opened, at - line_end), at))
        opened = match.end()
        if match[1] or len(found) >= PARTS_LIMIT:
            break
    return found
