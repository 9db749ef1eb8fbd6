"""MAPI properties within TNEF (MS-OXTNEF §2.1.3.4): typed values by number."""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from digest.charset.decode import decode
from digest.tnef.codepage import label_of

_NAMED = 0x8000
_BY_NAME = 0x10000
_SEVERAL = 0x1000
_MOST_PROPERTIES = 5000
_MOST_VALUES = 5000
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8}
_SIZES |= {0x40: 8, 0x48: 16}
_STRING8, _UNICODE, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_VARIABLE = frozenset([_STRING8, _UNICODE, _BINARY, _OBJECT])
_TIME = 0x40
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class Tag(IntEnum):
    """The properties that are read here (MS-OXPROPS), by their numbers."""

    MESSAGE_CLASS = 0x001A
    SUBJECT = 0x0037
    CLIENT_SUBMIT_TIME = 0x0039
    SENT_REPRESENTING_NAME = 0x0042
    START_DATE = 0x0060
    SENT_REPRESENTING_ADDRESS = 0x0065
    SENDER_NAME = 0x0C1A
    SENDER_ADDRESS = 0x0C1F
    DELIVERY_TIME = 0x0E06
    BODY = 0x1000
    RTF_COMPRESSED = 0x1009
    HTML = 0x1013
    INTERNET_MESSAGE_ID = 0x1035
    DISPLAY_NAME = 0x3001
    ATTACH_DATA = 0x3701
    ATTACH_EXTENSION = 0x3703
    ATTACH_FILENAME = 0x3704
    ATTACH_METHOD = 0x3705
    ATTACH_LONG_FILENAME = 0x3707
    ATTACH_MIME_TAG = 0x370E
    ATTACH_CONTENT_ID = 0x3712
    ATTACH_FLAGS = 0x3714
    INTERNET_CODEPAGE = 0x3FDE
    MESSAGE_CODEPAGE = 0x3FFD
    SENDER_SMTP_ADDRESS = 0x5D01
    ATTACHMENT_HIDDEN = 0x7FFE
    APPOINTMENT_START = _BY_NAME | 0x820D


@dataclass(slots=True)
class Properties:
    """Values by number; `page` is the code page of strings that are not Unicode."""

    page: int | None = None
    values: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    whole: bool = True

    def octets(self, tag: Tag) -> bytes:
        """A value as it stands; empty where there is none."""
        return self.values.get(tag, (0, b""))[1]

    def text(self, tag: Tag) -> str:
        """A string; "" where there is none."""
        kind, octets = self.values.get(tag, (0, b""))
        if kind == _UNICODE:
            return octets.decode("utf-16-le", "replace").partition("\0")[0]
        if kind not in (_STRING8, _BINARY):
            return ""
        return decode(octets.partition(b"\0")[0], label_of(self.page)).text

    def number(self, tag: Tag) -> int | None:
        """A whole number, or None."""
        octets = self.octets(tag)
        return int.from_bytes(octets[:4], "little") if len(octets) >= 4 else None

    def time(self, tag: Tag) -> datetime | None:
        """A moment; None where there is none, or one that no calendar has."""
        kind, octets = self.values.get(tag, (0, b""))
        if kind != _TIME:
            return None
        try:
            return _EPOCH + timedelta(microseconds=int.from_bytes(octets, "little") // 10)
        except OverflowError:
            return None

    def is_unicode(self, tag: Tag) -> bool:
        """Whether a string is in UTF-16."""
        return self.values.get(tag, (0, b""))[0] == _UNICODE


def read_properties(octets: bytes, page: int | None) -> Properties:
    """As many properties as can be read; `whole` says whether those are all."""
    found = Properties(page)
    try:
        _Reader(octets).into(found)
    except (struct.error, ValueError):
        found.whole = False
    return found


@dataclass(slots=True)
class _Reader:
    octets: bytes
    at: int = 0

    def into(self, found: Properties) -> None:
        for _ in range(min(self.number(), _MOST_PROPERTIES)):
            head = self.number()
            kind, name = head & 0xFFFF, head >> 16
            if name >= _NAMED:
                name = self.name()
            value = self.value(kind)
            found.values.setdefault(name, (kind & ~_SEVERAL, value))

    def number(self) -> int:
        (value,) = struct.unpack_from("<I", self.octets, self.at)
        self.at += 4
        return int(value)

    def take(self, size: int) -> bytes:
        """So many octets, padded to a multiple of four in the stream."""
        if self.at + size > len(self.octets):
            raise ValueError(size)
        found = self.octets[self.at : self.at + size]
        self.at += size + -size % 4
        return found

    def name(self) -> int:
        """A named property's number; those with real names are not needed and share one."""
        self.take(16)
        if self.number() == 0:
            return _BY_NAME | self.number()
        self.take(self.number())
        return _BY_NAME - 1

    def value(self, kind: int) -> bytes:
        """The first of a property's values."""
        plain = kind & ~_SEVERAL
        several = bool(kind & _SEVERAL) or plain in _VARIABLE
        count = self.number() if several else 1
        if count > _MOST_VALUES or (plain not in _VARIABLE and plain not in _SIZES):
            raise ValueError(kind)
        values = [
            self.take(self.number() if plain in _VARIABLE else _SIZES[plain]) for _ in range(count)
        ]
        return values[0] if values else b""
