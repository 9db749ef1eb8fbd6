"""uuencode in a text (POSIX `uuencode`): from its begin line to its end line.

A line of prose may begin with "begin", so a block counts only if the next line is encoded as one
would be. Spaces that a relay cut off at line ends are put back.
"""

import binascii
import re
from itertools import islice

from digest.charset.decode import decode
from digest.entity import File
from digest.extensions import type_of_name
from digest.transfer import decode_base64

_BEGIN = re.compile(rb"(?m)^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,500}+)\r?\n")
_MOST_FILES = 200
_LAST = (b"`", b" ", b"")


def cut_uuencode(text: bytes) -> tuple[bytes, list[File], list[str]]:
    """`text` without uuencoded blocks, what they hold, and which of them were damaged."""
    files: list[File] = []
    defects: list[str] = []
    kept: list[bytes] = []
    done = 0
    for begin in islice(_BEGIN.finditer(text), _MOST_FILES):
        if begin.start() < done:
            continue
        block = _base64_block if begin[1] else _block
        content, end, whole = block(text, begin.end())
        if not content and not whole:
            continue
        name = decode(begin[2].strip(), None).text
        if not whole:
            defects.append(f"uuencoded file {name[:100]!r} is damaged or cut off")
        files.append(File(name, type_of_name(name), content))
        kept.append(text[done : begin.start()])
        done = end
    return (b"".join([*kept, text[done:]]) if files else text), files, defects


def _block(text: bytes, start: int) -> tuple[bytes, int, bool]:
    """The content of a block, where it ends, and whether it has its end line."""
    decoded: list[bytes] = []
    at = start
    while at < len(text):
        line_end = text.find(b"\n", at)
        after = line_end + 1 if line_end >= 0 else len(text)
        line = text[at:after].rstrip(b"\r\n")
        if line.rstrip() == b"end":
            return b"".join(decoded), after, True
        if line not in _LAST:
            piece = _line(line, first=not decoded)
            if piece is None:
                break
            decoded.append(piece)
        at = after
    return b"".join(decoded), at, False


def _line(line: bytes, *, first: bool) -> bytes | None:
    """The octets of one line; None if it is no line of uuencode. Small letters are in none."""
    size = (line[0] - 0x20) & 0x3F
    wanted = 1 + (size + 2) // 3 * 4
    least = wanted - 8 if first else 1
    if not 0x20 <= line[0] <= 0x60 or not least <= len(line) <= wanted + 2:
        return None
    try:
        return binascii.a2b_uu(line[:wanted].ljust(wanted))
    except binascii.Error:
        return None


def _base64_block(text: bytes, start: int) -> tuple[bytes, int, bool]:
    end = text.find(b"\n====", start - 1)
    if end < 0:
        return b"", start, False
    after = text.find(b"\n", end + 1)
    return decode_base64(text[start:end]), len(text) if after < 0 else after + 1, True
