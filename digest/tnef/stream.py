"""The outer shell of TNEF: attributes one after the other (MS-OXTNEF §2.1.1)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

SIGNATURE = b"\x78\x9f\x3e\x22"
"""The first four octets, whatever the file is called."""

_HEAD = struct.Struct("<BII")
_MOST_ATTRIBUTES = 20_000


class Id(IntEnum):
    """The attributes that are read here (MS-OXTNEF §2.1.3.2), without their types."""

    SUBJECT = 0x8004
    BODY = 0x800C
    ATTACH_DATA = 0x800F
    ATTACH_TITLE = 0x8010
    ATTACH_TRANSPORT_FILENAME = 0x9001
    ATTACH_REND_DATA = 0x9002
    MESSAGE_PROPERTIES = 0x9003
    ATTACHMENT_PROPERTIES = 0x9005
    OEM_CODEPAGE = 0x9007
    MESSAGE_CLASS = 0x8008


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `attachment` says that it belongs to the last attachment begun."""

    attachment: bool
    id: int
    data: bytes
    whole: bool


def attributes(octets: bytes) -> Iterator[Attribute]:
    """All attributes in order; one that is cut off comes last and is marked.

    `octets` begin with the signature. Checksums are not compared: what can be read is read.
    """
    at = 6
    for _ in range(_MOST_ATTRIBUTES):
        if at + _HEAD.size > len(octets):
            return
        level, name, length = _HEAD.unpack_from(octets, at)
        if level not in (1, 2):
            return
        at += _HEAD.size
        data = octets[at : at + length]
        yield Attribute(level == 2, name & 0xFFFF, data, len(data) == length)
        at += length + 2
