"""S/MIME's wrapping (RFC 5652, RFC 8551): what lies inside a signed or compressed message.

A small reader of BER, because mailers write indefinite lengths and strings in pieces, and because
only a few fields matter here. No signature is checked: that is no question of reading. It never
raises, reads each octet once, and inflates no more octets than it may.
"""

import re
import zlib
from dataclasses import dataclass
from enum import Enum, auto

from digest.entity import Part
from digest.transfer import decode_base64

MAX_INFLATED = 32 * 1024 * 1024
"""Octets that all compressed content of one message may become."""

_TYPES = frozenset(
    ["application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7", "application/cms"]
)
_NAME = re.compile(r"\.p7[mz]\Z", re.IGNORECASE)
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9# ]{1,40}-----")
_LONGEST_LENGTH = 8
_MOST_PIECES = 1_000_000
_END = (0, 0)

_DATA = bytes.fromhex("2a864886f70d0107")
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_AUTH_ENVELOPED = bytes.fromhex("2a864886f70d0109100117")


class Kind(Enum):
    """What a CMS object is."""

    SIGNED = auto()
    COMPRESSED = auto()
    ENCRYPTED = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Cms:
    """`content` is the entity inside; None where there is none, or where it is hidden."""

    kind: Kind
    content: bytes | None = None
    defect: str | None = None


class _Broken(Exception):
    """The octets are no BER here."""


def looks_like_cms(part: Part) -> bool:
    """Whether a part calls itself S/MIME, by its type or by its name where it has no type."""
    if part.content_type in _TYPES:
        return True
    if part.content_type != "application/octet-stream":
        return False
    name = part.parameters.get("name") or part.disposition.parameters.get("filename") or ""
    return _NAME.search(name) is not None


def read_cms(octets: bytes, most: int = MAX_INFLATED) -> Cms:
    """What `octets` (DER, BER, or base64 of that with or without armour) hold. What is compressed
    becomes `most` octets at most."""
    if octets[:1] != b"\x30":
        octets = decode_base64(_ARMOUR.sub(b"", octets[:100]) + _ARMOUR.sub(b"", octets[100:]))
    try:
        return _Reader(octets, most).content_info()
    except _Broken:
        return Cms(Kind.OTHER, None, "S/MIME content that cannot be read")


@dataclass(slots=True)
class _Reader:
    """Walks along the elements of BER (X.690 §8.1)."""

    octets: bytes
    most: int
    at: int = 0

    def content_info(self) -> Cms:
        """ContentInfo (RFC 5652 §3): a type, and what that type has."""
        self.enter(0x30)
        kind = self.primitive(0x06)
        if kind == _AUTH_ENVELOPED or kind in (_DATA + b"\x03", _DATA + b"\x06"):
            return Cms(Kind.ENCRYPTED)
        self.enter(0xA0)
        if kind == _DATA + b"\x02":
            self.enter(0x30)
            self.skip()  # version
            self.skip()  # digestAlgorithms
            return Cms(Kind.SIGNED, self.encapsulated())
        if kind == _COMPRESSED:
            self.enter(0x30)
            self.skip()  # version
            self.skip()  # compressionAlgorithm
            return _inflated(self.encapsulated() or b"", self.most)
        return Cms(Kind.OTHER)

    def encapsulated(self) -> bytes | None:
        """EncapsulatedContentInfo (RFC 5652 §5.2); None for a signature that stands apart."""
        self.enter(0x30)
        self.primitive(0x06)
        if self.octets[self.at : self.at + 1] != b"\xa0":
            return None
        self.enter(0xA0)
        return self.string()

    def head(self) -> tuple[int, int | None]:
        """Tag and length of the next element; None is the indefinite length (X.690 §8.1.3.6)."""
        if self.at + 2 > len(self.octets):
            raise _Broken
        tag, first = self.octets[self.at], self.octets[self.at + 1]
        self.at += 2
        if tag & 0x1F == 0x1F:
            raise _Broken  # tags of several octets: CMS has none
        if first < 0x80:
            return tag, first
        if first == 0x80:
            return tag, None
        size = first & 0x7F
        if size > _LONGEST_LENGTH or self.at + size > len(self.octets):
            raise _Broken
        self.at += size
        return tag, int.from_bytes(self.octets[self.at - size : self.at], "big")

    def enter(self, wanted: int) -> None:
        """Go inside a constructed element."""
        if self.head()[0] != wanted:
            raise _Broken

    def primitive(self, wanted: int) -> bytes:
        """The octets of an element."""
        tag, length = self.head()
        if tag != wanted or length is None:
            raise _Broken
        self.at += length
        return self.octets[self.at - length : self.at]

    def skip(self) -> None:
        """Pass an element, whatever it is made of."""
        depth = 0
        while True:
            tag, length = self.head()
            if length is None:
                depth += 1
            elif (tag, length) == _END and depth:
                depth -= 1
            else:
                self.at += length
            if not depth:
                return

    def string(self) -> bytes:
        """An octet string in one piece, or in pieces of pieces; what is cut off is missing."""
        tag, length = self.head()
        if tag == 0x04 and length is not None:
            return self.octets[self.at : self.at + length]
        if tag != 0x24:
            raise _Broken
        end = len(self.octets) if length is None else self.at + length
        pieces: list[bytes] = []
        depth = 1
        while self.at < min(end, len(self.octets)) and len(pieces) < _MOST_PIECES:
            try:
                tag, size = self.head()
            except _Broken:
                break
            if tag == 0x24:
                depth += size is None
            elif (tag, size) == _END:
                depth -= 1
                if not depth:
                    break
            elif tag == 0x04 and size is not None:
                pieces.append(self.octets[self.at : self.at + size])
                self.at += size
            else:
                break
        return b"".join(pieces)


def _inflated(content: bytes, most: int) -> Cms:
    """RFC 3274: zlib, within bounds."""
    cut = f"compressed content beyond {MAX_INFLATED} octets was cut"
    if most <= 0:  # which zlib takes for no bound at all
        return Cms(Kind.COMPRESSED, None, cut)
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(content, most)
    except zlib.error:
        return Cms(Kind.COMPRESSED, None, "compressed S/MIME content that cannot be read")
    more = bool(inflater.unconsumed_tail)
    return Cms(Kind.COMPRESSED, found, cut if more else None)
