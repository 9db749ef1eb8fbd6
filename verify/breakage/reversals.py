"""One change undone throughout a body: another form of it that may be the one that was signed.

Only what leaves no choice can be undone: a relay that cut off text, or made one space out of
some, left nothing from which the original follows.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from verify.breakage.change import Change, Kind, excerpt
from verify.breakage.structure import CHARSET_LABEL, ENCODING, Part
from verify.breakage.transfer import decoded, encodings

CHARSETS = {
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gbk",
    "gb2312": "gb18030",
    "big5": "big5",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "windows-1252",
    "iso-8859-15": "iso-8859-15",
    "us-ascii": "ascii",
    "shift_jis": "shift_jis",
    "iso-2022-jp": "iso-2022-jp",
    "euc-kr": "euc-kr",
    "koi8-r": "koi8-r",
    "windows-1251": "windows-1251",
}
"""Labels that are seen in mail, and what they mean."""

REWRITE_LIMIT = 4 * 1024 * 1024
"""Longer bodies are not rewritten line by line; their ends and their parts are looked at still."""

_WRAP_WIDTHS = (998, 990, 1000, 996, 2048, 512, 256, 80, 79, 78, 77, 76, 75, 74, 72, 70)
_IDENTITIES = ("7bit", "8bit", "binary")
_PREAMBLE = b"This is a multi-part message in MIME format.\r\n"


@dataclass(frozen=True, slots=True)
class Mended:
    """A body without some changes. `fields` are the values of the message's MIME fields that
    belong to it, by lower-case name, where they are not those of the message."""

    body: bytes
    changes: tuple[Change, ...] = ()
    fields: dict[str, bytes] = field(default_factory=dict)


def without_relays_changes(body: bytes, structure: Part) -> Iterator[Mended]:
    """Bodies in each of which one change is undone; none is the body itself."""
    for candidate in _all(body, structure):
        if candidate.body != body:
            yield candidate


def _all(body: bytes, structure: Part) -> Iterator[Mended]:
    yield from _unwrapped(body, structure)
    yield from _without_a_part(body, structure)
    if len(body) > REWRITE_LIMIT:
        return
    yield from _respelled(body)
    yield from _around_delimiters(body, structure)
    yield from _joined(body)
    for part in structure.leaves():
        yield from _encoded_otherwise(body, part)
    for part in structure.leaves():
        yield from _in_another_charset(body, part)


def _unwrapped(body: bytes, structure: Part) -> Iterator[Mended]:
    """One part of a multipart body as the whole body, with its own MIME fields."""
    for child in structure.children:
        inner = body[child.start : child.end]
        rest = body[: child.head] + body[child.after :]
        change = Change(Kind.REWRAPPED, "body", len(body) - len(inner), _last_text(body, structure))
        values = {"content-type": child.content_type}
        found = ENCODING.search(body, child.head, child.start)
        values["content-transfer-encoding"] = found[1] if found else b""
        if rest:
            yield Mended(inner + b"\r\n", (change,), values)


def _last_text(body: bytes, structure: Part) -> str:
    last = structure.children[-1]
    return excerpt(body[last.start : last.end])


def _without_a_part(body: bytes, structure: Part) -> Iterator[Mended]:
    """A part with its delimiter line; the delimiter before the first one stays."""
    for child in structure.children[1:][::-1]:
        delimiter = body.rfind(b"\n--", 0, child.head) + 1
        inserted = body[child.start : child.end]
        change = Change(Kind.PART_ADDED, child.name, child.after - delimiter, excerpt(inserted))
        yield Mended(body[:delimiter] + body[child.after :], (change,))
    if len(structure.children) > 1:
        first = structure.children[0]
        inserted = body[first.start : first.end]
        start = body.rfind(b"\n--", 0, first.head) + 1
        change = Change(Kind.PART_ADDED, first.name, first.after - start, excerpt(inserted))
        yield Mended(body[:start] + body[first.after :], (change,))
        if start:
            preamble = Change(Kind.TEXT_PREPENDED, "body", start, excerpt(body[:start]))
            yield Mended(body[start:], (preamble,))
            yield Mended(b"\r\n" + body[start:], (preamble,))
        else:
            removed = Change(Kind.LINE_ENDS, "body", -len(_PREAMBLE), excerpt(_PREAMBLE))
            yield Mended(_PREAMBLE + body, (removed,))
            yield Mended(_PREAMBLE + b"\r\n" + body, (removed,))


def _sub(pattern: bytes, replacement: bytes) -> Callable[[bytes], bytes]:
    compiled = re.compile(pattern)
    return lambda body: compiled.sub(replacement, body)


_strip_ends = _sub(rb"(?<![ \t])[ \t]+(?=\r\n|\Z)", b"")
_signature_marks = _sub(rb"(?m)^--(?=\r$)", b"-- ")

_RESPELLINGS: tuple[tuple[Kind, str, Callable[[bytes], bytes]], ...] = (
    (Kind.WHITE_SPACE, "at line ends", _strip_ends),
    (Kind.WHITE_SPACE, "at line ends", lambda body: _signature_marks(_strip_ends(body))),
    (Kind.WHITE_SPACE, "'-- ' became '--'", _signature_marks),
    (Kind.LINE_ENDS, "LF became CRLF", _sub(rb"\r\n", b"\n")),
    (Kind.LINE_ENDS, "CRLF became LF", _sub(rb"(?<!\r)\n", b"\r\n")),
    (Kind.LINE_ENDS, "bare CR", _sub(rb"\r(?!\n)", b"")),
    (Kind.LINE_ENDS, "bare CR", _sub(rb"\r(?!\n)", b"\r\n")),
    (Kind.LINE_ENDS, "every line end doubled", _sub(rb"\r\n\r\n", b"\r\n")),
    (Kind.LINE_ENDS, "empty lines were removed", _sub(rb"(?<!\n)\r\n(?!\r\n)", b"\r\n\r\n")),
    (Kind.LINE_ENDS, "empty lines at the start", lambda body: body.lstrip(b"\r\n")),
    (Kind.LINE_ENDS, "an empty line at the start was removed", lambda body: b"\r\n" + body),
    (Kind.MBOX_QUOTING, ">From", _sub(rb"(?m)^>(>*From )", rb"\1")),
    (Kind.MBOX_QUOTING, "dots doubled", _sub(rb"(?m)^\.\.", b".")),
    (Kind.MBOX_QUOTING, "dots lost", _sub(rb"(?m)^\.(?=[^\r\n])", b"..")),
    (Kind.WHITE_SPACE, "tabs became 8 spaces", _sub(rb" {8}(?! )", b"\t")),
    (Kind.WHITE_SPACE, "tabs became 4 spaces", _sub(rb" {4}(?! )", b"\t")),
    (Kind.WHITE_SPACE, "tabs became spaces", _sub(rb"(?m)^ ", b"\t")),
    (Kind.WHITE_SPACE, "8 spaces became tabs", _sub(rb"\t", b" " * 8)),
    (Kind.WHITE_SPACE, "4 spaces became tabs", _sub(rb"\t", b" " * 4)),
    (Kind.WHITE_SPACE, "spaces became tabs", _sub(rb"\t", b" ")),
    (Kind.WHITE_SPACE, "at line starts", _sub(rb"(?m)^[ \t](?=[^\r\n])", b"")),
    (Kind.WHITE_SPACE, "two spaces became one", _sub(rb"(?<=[.!?]) (?=[A-Z])", b"  ")),
)


def _respelled(body: bytes) -> Iterator[Mended]:
    for kind, what, respell in _RESPELLINGS:
        mended = respell(body)
        yield Mended(mended, (Change(kind, "body", len(body) - len(mended), what),))


def _around_delimiters(body: bytes, structure: Part) -> Iterator[Mended]:
    """A line end more or less at the end of one part, or of all."""
    for part in [*structure.children, *structure.leaves()]:
        if not part.number:
            continue
        place = part.name
        fewer = Change(Kind.LINE_ENDS, place, -2, "an empty line was removed")
        yield Mended(body[: part.end] + b"\r\n" + body[part.end :], (fewer,))
        stripped = body[part.start : part.end].rstrip(b"\r\n")
        more = part.end - part.start - len(stripped)
        if more > 2:
            change = Change(Kind.LINE_ENDS, place, 2, "an empty line was added")
            yield Mended(body[: part.end - 2] + body[part.end :], (change,))
        if more:
            change = Change(Kind.LINE_ENDS, place, more, "empty lines were added")
            yield Mended(body[: part.start] + stripped + body[part.end :], (change,))


def _joined(body: bytes) -> Iterator[Mended]:
    """Lines that were broken at a fixed width, joined again."""
    lines = body.split(b"\r\n")
    longest = max(len(line) for line in lines)
    for width in dict.fromkeys((longest, *_WRAP_WIDTHS)):
        if width < 60 or width > longest:
            continue
        for mended in dict.fromkeys(_joined_at(lines, width)):
            change = Change(
                Kind.LINES_WRAPPED, "body", len(body) - len(mended), f"at {width} octets"
            )
            yield Mended(mended, (change,))


def _joined_at(lines: list[bytes], width: int) -> Iterator[bytes]:
    for prefix, suffix in ((b"", b""), (b" ", b""), (b" ", b"!"), (b"\t", b"")):
        yield _join(lines, lambda line, _: len(line) == width, prefix, suffix, b"")
    yield _join(lines, lambda line, after: _would_break(line, after, width), b"", b"", b" ")
    yield _join(
        lines, lambda line, after: _would_break(line.rstrip(b" "), after, width), b"", b"", b""
    )


def _would_break(line: bytes, after: bytes, width: int) -> bool:
    """Whether a wrapper at `width` would have ended the line before the next one's first word."""
    word = after.partition(b" ")[0]
    return bool(word) and bool(line) and len(line) <= width < len(line) + 1 + len(word)


def _join(
    lines: list[bytes],
    broken: Callable[[bytes, bytes], bool],
    prefix: bytes,
    suffix: bytes,
    between: bytes,
) -> bytes:
    pieces = [lines[0]]
    for line, after in pairwise(lines):
        if broken(line, after) and after.startswith(prefix) and line.endswith(suffix):
            pieces[-1] = pieces[-1].removesuffix(suffix)
            pieces += [between, after.removeprefix(prefix)]
        else:
            pieces += [b"\r\n", after]
    return b"".join(pieces)


def _encoded_otherwise(body: bytes, part: Part) -> Iterator[Mended]:
    """The content of a part in other transfer encodings, its field with it."""
    octets = body[part.start : part.end]
    content = decoded(octets, part.encoding)
    if content is None:
        return
    text = part.media_type.startswith(("text/", "message/"))
    for encoding, written in encodings(content, text=text):
        if encoding == part.encoding and encoding in _IDENTITIES:
            continue
        what = f"{encoding} became {part.encoding}"
        if encoding == part.encoding:
            what = f"{encoding} written in another way"
        change = Change(Kind.TRANSFER_ENCODING, part.name, len(octets) - len(written), what)
        if not part.number:
            yield Mended(written, (change,), {"content-transfer-encoding": encoding.encode()})
            continue
        for head in _heads(body, part, encoding):
            for tail in with_line_ends(written, octets):
                yield Mended(body[: part.head] + head + tail + body[part.end :], (change,))


def with_line_ends(written: bytes, octets: bytes) -> Iterator[bytes]:
    """`written` with as many line ends as the part has now, and with as many as it brings."""
    stripped = written.rstrip(b"\r\n")
    ends = (octets[len(octets.rstrip(b"\r\n")) :], b"", b"\r\n")
    yield from (stripped + end for end in dict.fromkeys(ends))


def _heads(body: bytes, part: Part, encoding: str) -> Iterator[bytes]:
    """The part's header as it was with `encoding`, where it names one."""
    head = body[part.head : part.start]
    found = ENCODING.search(head)
    if found is None:
        return
    for name in dict.fromkeys((encoding, "8bit" if encoding == "7bit" else encoding)):
        yield head[: found.start(1)] + b" " + name.encode() + head[found.end(1) :]


def _in_another_charset(body: bytes, part: Part) -> Iterator[Mended]:
    """The label alone, and the octets too where they are not encoded."""
    label = CHARSET_LABEL.search(part.content_type)
    if not part.media_type.startswith("text/"):
        return
    now = label[2].decode("latin-1").lower() if label else "utf-8"
    octets = body[part.start : part.end]
    for name, codec in CHARSETS.items():
        for written in dict.fromkeys((octets, _transcoded(octets, CHARSETS.get(now, now), codec))):
            if written is not None and (written != octets or part.number):
                yield from _relabelled(body, part, written, (now, name))


def _relabelled(
    body: bytes, part: Part, written: bytes, names: tuple[str, str]
) -> Iterator[Mended]:
    now, then = names
    change = Change(
        Kind.CHARSET, part.name, part.end - part.start - len(written), f"{then} became {now}"
    )
    if not part.number:
        yield Mended(written, (change,))
        return
    head = body[part.head : part.start]
    label = CHARSET_LABEL.search(head)
    for name in (then, then.upper()) if label else ():
        assert label is not None
        relabelled = head[: label.start(2)] + name.encode() + head[label.end(2) :]
        yield Mended(body[: part.head] + relabelled + written + body[part.end :], (change,))


def _transcoded(octets: bytes, now: str, then: str) -> bytes | None:
    if now == then or octets.isascii():
        return None
    try:
        return octets.decode(now).encode(then)
    except (UnicodeError, LookupError):
        return None
