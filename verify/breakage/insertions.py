"""Text that was put into a body: at its top, into one part, or into two.

Mailing lists and gateways put the same footer or warning into the plain and the HTML part. Where
text may begin is wherever a line or an HTML element begins; where it may end is the end of its
part, or the end of the document within it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from verify.breakage.change import Change, Kind, excerpt
from verify.breakage.reversals import Mended, with_line_ends
from verify.breakage.structure import Part
from verify.breakage.transfer import decoded, encodings

LINES = 60
"""Lines of a part that an inserted text may have, and half of that where two texts were put in."""

_TEXT_LIMIT = 512 * 1024
_PAIR_ENDS = 24
_TAG = re.compile(rb"<(?:div|p|hr|br|table|span|font|small|footer|!--|center|b|pre)[\s>/!-]", re.I)
_DOCUMENT_END = re.compile(rb"</(?:body|html|div)\s*>", re.IGNORECASE)
_BODY_TAG = re.compile(rb"<body[^>]{0,500}>(?:\r?\n)?", re.IGNORECASE)
_BLOCK_END = re.compile(
    rb"</(?:div|p|table|font|span|center)\s*>(?:\r?\n)?|<(?:hr|br)[^>]{0,80}>", re.I
)
_SEPARATOR = re.compile(rb"[-_=*~#]{2,}|\s*\r?\n")


@dataclass(frozen=True, slots=True)
class _Cut:
    """Octets [start, end) that may be what was put in."""

    start: int
    end: int


def without_inserted_text(body: bytes, structure: Part) -> Iterator[Mended]:
    """Bodies without text that may have been put in, the likelier ones first."""
    yield from _without_top(body, structure)
    texts = [one for one in structure.leaves() if one.media_type.startswith("text/")]
    for part in texts if structure.children else ():
        yield from _without_in_part(body, part)
    for part in texts:
        if part.encoding in ("base64", "quoted-printable"):
            yield from _without_in_encoded(body, part)
    if not structure.children and structure.media_type == "text/html":
        yield from _without_in_part(body, structure)
    if len(texts) >= 2:
        yield from _without_in_both(body, texts[0], texts[1])


def _without_top(body: bytes, structure: Part) -> Iterator[Mended]:
    """A single part's banner: whatever stands before one of its first lines."""
    if structure.children:
        return
    for end in islice(_line_starts(body, 0, len(body)), LINES):
        change = Change(Kind.TEXT_PREPENDED, "body", end, excerpt(body[:end]))
        yield Mended(body[end:], (change,))


def _without_in_part(body: bytes, part: Part) -> Iterator[Mended]:
    for cut in _cuts(body, part, LINES):
        yield _without(body, part, cut)


def _without(body: bytes, part: Part, cut: _Cut) -> Mended:
    change = _inserted(part, body[cut.start : cut.end])
    return Mended(body[: cut.start] + body[cut.end :], (change,))


def _inserted(part: Part, octets: bytes) -> Change:
    return Change(Kind.TEXT_IN_PART, part.name, len(octets), excerpt(octets))


def _cuts(body: bytes, part: Part, limit: int) -> Iterator[_Cut]:
    """Footers, then banners; the shorter ones first."""
    lines = list(_line_starts(body, part.start, part.end))
    for start in lines[: -limit - 1 : -1]:
        yield _Cut(start, part.after)
        yield _Cut(start, part.end)
    yield from _html_cuts(body, part, limit)
    for end in lines[1:limit]:
        yield _Cut(part.start, end)


def _html_cuts(body: bytes, part: Part, limit: int) -> Iterator[_Cut]:
    """Before the end of the document, and behind the tag that begins its text."""
    if part.media_type != "text/html":
        return
    octets = body[part.start : part.end]
    begins = [one.start() for one in _TAG.finditer(octets)]
    begins = sorted(
        {*begins, *(at - part.start for at in _line_starts(body, part.start, part.end))}
    )
    ends = [one.start() for one in _DOCUMENT_END.finditer(octets)][-4:]
    for end in (*reversed(ends), len(octets)):
        for begin in [one for one in begins if one < end][: -limit - 1 : -1]:
            yield _Cut(part.start + begin, part.start + end)
    top = _BODY_TAG.search(octets)
    begin = top.end() if top else 0
    for match in islice(_BLOCK_END.finditer(octets, begin), limit):
        yield _Cut(part.start + begin, part.start + match.end())


def _without_in_encoded(body: bytes, part: Part) -> Iterator[Mended]:
    """Whoever puts text into an encoded part decodes it and encodes all of it again."""
    octets = body[part.start : part.end]
    content = decoded(octets, part.encoding) if len(octets) <= _TEXT_LIMIT else None
    if content is None:
        return
    width = len(octets.partition(b"\r\n")[0])
    inner = Part("", part.media_type, "", b"", 0, 0, len(content), len(content))
    for cut in dict.fromkeys(_cuts(content, inner, LINES // 2)):
        rest = content[: cut.start] + content[cut.end :]
        change = _inserted(part, content[cut.start : cut.end])
        for encoding, written in encodings(rest, text=True):
            same_width = encoding != "base64" or len(written.partition(b"\r\n")[0]) <= width
            if encoding == part.encoding and same_width:
                for tail in with_line_ends(written, octets):
                    yield Mended(body[: part.start] + tail + body[part.end :], (change,))


def _without_in_both(body: bytes, first: Part, second: Part) -> Iterator[Mended]:
    """The likelier places only: their number is squared."""
    firsts = list(_likely(body, first))
    seconds = list(_likely(body, second))
    for one, other in product(firsts, seconds):
        late = body[: other.start] + body[other.end :]
        mended = late[: one.start] + late[one.end :]
        changes = (
            _inserted(first, body[one.start : one.end]),
            _inserted(second, body[other.start : other.end]),
        )
        yield Mended(mended, changes)


def _likely(body: bytes, part: Part) -> Iterator[_Cut]:
    """Footers that begin at a paragraph, a line of dashes or an element; banners that end so."""
    cuts = (one for one in _cuts(body, part, LINES // 2) if _is_likely(body, part, one))
    return islice(cuts, _PAIR_ENDS)


def _is_likely(body: bytes, part: Part, cut: _Cut) -> bool:
    if part.media_type == "text/html":
        return body[cut.start : cut.start + 1] == b"<"
    before = body[: cut.start].endswith((b"\n\r\n", b"\n\n"))
    after = body[cut.start : cut.end].endswith((b"\n\r\n", b"\n\n"))
    return before or after or _SEPARATOR.match(body, cut.start) is not None


def _line_starts(body: bytes, start: int, end: int) -> Iterator[int]:
    """Where lines begin within [start, end), the first excepted unless it is a part's."""
    position = start
    if start:
        yield start
    while (found := body.find(b"\n", position, end)) >= 0:
        position = found + 1
        yield position
