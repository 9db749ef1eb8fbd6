"""winmail.dat made in tests as Outlook makes it (MS-OXTNEF, MS-OXRTFCP)."""

import struct
from datetime import UTC, datetime

LONG_NAME, SHORT_NAME, DATA, METHOD = 0x3707, 0x3704, 0x3701, 0x3705
MIME_TAG, CONTENT_ID, FLAGS, TITLE = 0x370E, 0x3712, 0x3714, 0x3001
SUBJECT, BODY, RTF, HTML, CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
SENDER, SENDER_SMTP, SUBMITTED, MESSAGE_ID = 0x0C1A, 0x5D01, 0x0039, 0x1035

IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
APPOINTMENT = bytes.fromhex("0220060000000000c000000000000046")

Value = str | bytes | int | datetime | tuple[str, bytes]


def stream(*attributes: bytes) -> bytes:
    """A TNEF stream of attributes."""
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def attribute(level: int, name: int, data: bytes) -> bytes:
    """One attribute with its checksum."""
    return (
        struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    )


def version() -> bytes:
    return attribute(1, 0x00089006, struct.pack("<I", 0x00010000))


def code_page(number: int) -> bytes:
    return attribute(1, 0x00069007, struct.pack("<II", number, 0))


def message_class(name: str) -> bytes:
    return attribute(1, 0x00078008, name.encode() + b"\0")


def subject(text: bytes) -> bytes:
    return attribute(1, 0x00018004, text + b"\0")


def body(text: bytes) -> bytes:
    return attribute(1, 0x0002800C, text + b"\0")


def message(values: dict[int, Value], named: dict[int, Value] | None = None) -> bytes:
    return attribute(1, 0x00069003, properties(values, named))


def attached(data: bytes | None, values: dict[int, Value], title: bytes = b"FILE~1.BIN") -> bytes:
    """An attachment as Outlook writes it: rendering data, old title, content, properties."""
    pieces = [attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))]
    pieces.append(attribute(2, 0x00018010, title + b"\0"))
    if data is not None:
        pieces.append(attribute(2, 0x0006800F, data))
    pieces.append(attribute(2, 0x00069005, properties(values)))
    return b"".join(pieces)


def embedded(inside: bytes, title: str) -> bytes:
    """A message inside: ATTACH_EMBEDDED_MSG, an object with its interface before it."""
    return attached(None, {METHOD: 5, TITLE: title, DATA: ("object", IID_MESSAGE + inside)})


def properties(values: dict[int, Value], named: dict[int, Value] | None = None) -> bytes:
    pieces = [struct.pack("<I", len(values) + len(named or {}))]
    for tag, value in values.items():
        kind, octets = _encoded(value)
        pieces += (struct.pack("<HH", kind, tag), octets)
    for number, (tag, value) in enumerate((named or {}).items()):
        kind, octets = _encoded(value)
        pieces += (struct.pack("<HH", kind, 0x8000 + number), APPOINTMENT)
        pieces += (struct.pack("<II", 0, tag), octets)
    return b"".join(pieces)


def _encoded(value: Value) -> tuple[int, bytes]:
    if isinstance(value, str):
        return 0x1F, _counted((value + "\0").encode("utf-16-le"))
    if isinstance(value, bytes):
        return 0x102, _counted(value)
    if isinstance(value, int):
        return 0x03, struct.pack("<i", value)
    if isinstance(value, tuple):
        kind, octets = value
        return {"object": 0x0D, "string8": 0x1E}[kind], _counted(octets)
    ticks = (value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000
    return 0x40, struct.pack("<Q", int(ticks))


def _counted(octets: bytes) -> bytes:
    return struct.pack("<II", 1, len(octets)) + octets + bytes(-len(octets) % 4)


DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def compressed(rtf: bytes) -> bytes:
    """LZFu with real references into the dictionary, found the slow and plain way."""
    window = bytearray(DICTIONARY)
    out = bytearray()
    at = 0
    while True:
        control, tokens = 0, bytearray()
        for bit in range(8):
            if at >= len(rtf):
                end = len(window) % 4096
                control |= 1 << bit
                tokens += struct.pack(">H", end << 4)
                out += bytes([control]) + tokens
                return _with_head(rtf, bytes(out), 0x75465A4C)
            found = _longest(window, rtf, at)
            if found is None:
                tokens.append(rtf[at])
                window.append(rtf[at])
                at += 1
                continue
            start, length = found
            control |= 1 << bit
            tokens += struct.pack(">H", (start % 4096) << 4 | (length - 2))
            window += rtf[at : at + length]
            at += length
        out += bytes([control]) + tokens


def _longest(window: bytearray, rtf: bytes, at: int) -> tuple[int, int] | None:
    floor = max(0, len(window) - 4095)
    for length in range(min(17, len(rtf) - at), 1, -1):
        start = window.rfind(rtf[at : at + length], floor)
        if start >= 0:
            return start, length
    return None


def stored(rtf: bytes) -> bytes:
    """RTF that is not compressed."""
    return _with_head(rtf, rtf, 0x414C454D)


def _with_head(rtf: bytes, content: bytes, kind: int) -> bytes:
    return struct.pack("<IIII", len(content) + 12, len(rtf), kind, 0) + content
