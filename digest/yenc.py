"""yEnc in a text (the yEnc draft 1.3): octets moved by 42, a few of them escaped.

A file may come in several parts, within one message or each in its own; parts of one file that
are in the same message are put together, and what is missing is said.
"""

import re
import zlib
from dataclasses import dataclass

from digest.charset.decode import decode
from digest.entity import File
from digest.extensions import type_of_name

_BEGIN = re.compile(rb"(?m)^=ybegin ([^\r\n]{1,1000})\r?\n")
_PART = re.compile(rb"=ypart [^\r\n]{0,200}\r?\n")
_END = re.compile(rb"(?m)^=yend([^\r\n]{0,200})(?:\r?\n|\Z)")
_VALUE = re.compile(rb"\b(part|total|size|p?crc32)=([0-9A-Fa-f]{1,12})")
_SHIFT = bytes((octet - 42) & 0xFF for octet in range(256))
_ESCAPED = bytes((octet - 64) & 0xFF for octet in range(256))
_USUAL = ((b"=@", b"\0"), (b"=J", b"\n"), (b"=M", b"\r"), (b"=I", b"\t"), (b"=n", b"."))
_MOST_BLOCKS = 2000
_MOST_ESCAPES = 200_000


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    part: int
    total: int
    size: int
    """Octets of the whole file, where the block is a part of one; else 0."""
    content: bytes
    whole: bool


def cut_yenc(text: bytes) -> tuple[bytes, list[File], list[str]]:
    """`text` without yEnc blocks, the files that they are, and which of those are not whole."""
    blocks: list[_Block] = []
    kept: list[bytes] = []
    done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done or len(blocks) >= _MOST_BLOCKS:
            continue
        block, end = _block(text, begin)
        blocks.append(block)
        kept.append(text[done : begin.start()])
        done = end
    if not blocks:
        return text, [], []
    files, defects = _files(blocks)
    return b"".join([*kept, text[done:]]), files, defects


def _block(text: bytes, begin: "re.Match[bytes]") -> tuple[_Block, int]:
    line, _, name = begin[1].partition(b"name=")
    said = _values(line)
    start = begin.end()
    part = _PART.match(text, start)
    if part is not None:
        start = part.end()
    end = _END.search(text, start)
    stop, after = (end.start(), end.end()) if end else (len(text), len(text))
    content = _decoded(text[start:stop])
    whole = end is not None and _is_whole(content, _values(end[1]))
    called = decode(name.strip().strip(b'"'), None).text or "yenc"
    size = said.get(b"size", 0) if b"part" in said else 0
    number, total = said.get(b"part", 1), said.get(b"total", 0)
    return _Block(called, number, total, size, content, whole), after


def _values(line: bytes) -> dict[bytes, int]:
    values = {}
    for name, value in _VALUE.findall(line):
        try:
            values[name] = int(value, 16 if name.endswith(b"crc32") else 10)
        except ValueError:
            continue
    return values


def _decoded(data: bytes) -> bytes:
    """Escapes undone, then the shift. The escapes that writers need are quick; of others, so
    many are undone."""
    data = data.replace(b"\r", b"").replace(b"\n", b"")
    for escaped, octet in _USUAL:
        data = data.replace(escaped, octet)
    first, *others = data.split(b"=", _MOST_ESCAPES)
    pieces = [first]
    for piece in others:
        pieces += (piece[:1].translate(_ESCAPED), piece[1:].replace(b"=}", b"="))
    return b"".join(pieces).translate(_SHIFT)


def _is_whole(content: bytes, said: dict[bytes, int]) -> bool:
    if said.get(b"size", len(content)) != len(content):
        return False
    crc = said.get(b"pcrc32", said.get(b"crc32") if b"part" not in said else None)
    return crc is None or crc == zlib.crc32(content)


def _files(blocks: list[_Block]) -> tuple[list[File], list[str]]:
    by_name: dict[str, list[_Block]] = {}
    for block in blocks:
        by_name.setdefault(block.name, []).append(block)
    files, defects = [], []
    for name, parts in by_name.items():
        parts.sort(key=lambda block: block.part)
        content = b"".join(block.content for block in parts)
        total = max(block.total for block in parts)
        if total > len(parts) or len(content) < max(block.size for block in parts):
            here = ", ".join(str(block.part) for block in parts[:5])
            of = f" of {total}" if total else ""
            defects.append(f"yEnc file {name[:100]!r}: only part {here}{of}")
        if not all(block.whole for block in parts):
            defects.append(f"yEnc file {name[:100]!r} is damaged or cut off")
        files.append(File(name, type_of_name(name), content))
    return files, defects
