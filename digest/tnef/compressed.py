"""RTF as Exchange compresses it (MS-OXRTFCP): a dictionary of 4 KB that begins with usual words."""

import struct

MAX_RTF = 2 * 1024 * 1024
"""Octets that compressed RTF may become."""

_HEAD = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_DICTIONARY = 4096
# MS-OXRTFCP §2.1.2.1: what the dictionary holds at first.
_FIRST_WORDS = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}"
    b"{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(octets: bytes, most: int = MAX_RTF) -> tuple[bytes, bool]:
    """The RTF, at most so many octets, and whether that is all of it. What is cut off or broken
    ends it early."""
    if len(octets) < _HEAD.size:
        return b"", False
    _, size, kind, _ = _HEAD.unpack_from(octets)
    if kind == _PLAIN:
        content = octets[_HEAD.size : _HEAD.size + min(size, most)]
        return content, len(content) == size
    if kind != _COMPRESSED:
        return b"", False
    return _expanded(octets, size, most)


def _expanded(octets: bytes, size: int, most: int) -> tuple[bytes, bool]:
    """A control octet, and then for each of its bits a literal octet or a reference."""
    out = bytearray(_FIRST_WORDS)
    limit = len(_FIRST_WORDS) + min(size, most)
    at, end = _HEAD.size, len(octets)
    while at < end and len(out) < limit:
        control = octets[at]
        at += 1
        if not control:
            out += octets[at : at + 8]
            at += 8
            continue
        for bit in range(8):
            if not control >> bit & 1:
                out += octets[at : at + 1]
                at += 1
                continue
            if at + 2 > end or _refer(out, octets[at] << 8 | octets[at + 1]):
                at = end
                break
            at += 2
    found = bytes(out[len(_FIRST_WORDS) : limit])
    return found, len(found) == size


def _refer(out: bytearray, reference: int) -> bool:
    """Add what the dictionary has there; True where the reference is the mark of the end."""
    back = (len(out) - (reference >> 4)) % _DICTIONARY
    length = (reference & 0xF) + 2
    start = len(out) - back
    if not back or start < 0:
        return True
    piece = out[start : start + length]
    out += (piece * (length // len(piece) + 1))[:length]
    return False
