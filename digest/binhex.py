"""BinHex 4.0 in a text (RFC 1741): a Macintosh file whose data fork is what others can use."""

import binascii
import re

from digest.entity import File
from digest.extensions import type_of_name

_BLOCK = re.compile(
    rb"(?m)^\(This file must be converted with BinHex[^\r\n]{0,40}\r?\n"
    rb"\s{0,20}:([^:]{1,40000000})(:?)"
)
_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_BASE64 = bytes.maketrans(_ALPHABET, _BASE64)
_FOREIGN = bytes(set(range(256)) - set(_ALPHABET))
_REPEAT = b"\x90"
_MOST_OCTETS = 32 * 1024 * 1024
_FIXED = 21
"""Octets between a name and the data fork: version, type, creator, flags, lengths, checksum."""


def cut_binhex(text: bytes) -> tuple[bytes, list[File], list[str]]:
    """`text` without its first BinHex block, the file in it, and whether it was damaged."""
    block = _BLOCK.search(text)
    if block is None:
        return text, [], []
    file, whole = _file(_expanded(_decoded(block[1])))
    damaged = not whole or not block[2]
    defects = [f"BinHex file {file.name[:100]!r} is damaged or cut off"] if damaged else []
    return text[: block.start()] + text[block.end() :], [file], defects


def _decoded(data: bytes) -> bytes:
    signs = data.translate(_TO_BASE64, _FOREIGN)
    signs = signs[: len(signs) - 1] if len(signs) % 4 == 1 else signs
    return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4))


def _expanded(data: bytes) -> bytes:
    """Runs: an octet, 0x90, and how often it stands there; 0x90 0x00 is 0x90 itself."""
    first, *others = data.split(_REPEAT)
    pieces, last, size = [first], first[-1:], len(first)
    for piece in others:
        count = piece[0] if piece else 0
        run = last * (count - 1) if count else _REPEAT
        size += len(run) + len(piece)
        if size > _MOST_OCTETS:
            break
        pieces += (run, piece[1:])
        last = piece[-1:] if len(piece) > 1 else run[-1:] or last
    return b"".join(pieces)


def _file(data: bytes) -> tuple[File, bool]:
    length = data[0] if data else 0
    name = data[1 : 1 + length].decode("mac_roman") or "binhex"
    start = 1 + length + _FIXED
    size = int.from_bytes(data[start - 10 : start - 6], "big")
    content = data[start : start + size]
    return File(name, type_of_name(name), content), bool(content) and len(content) == size
