"""Wrong readings of octets, and the way back from the characters to the octets."""

import codecs
from dataclasses import dataclass
from functools import cache, lru_cache

LOST = "\ufffd"

_CP1252 = {
    bytes((octet,)).decode("cp1252"): octet
    for octet in range(0x80, 0xA0)
    if octet not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A charset that octets were wrongly read in: what people call it, and its codec.

    A reading of one octet a character has a `table` of what it gives for octets beyond ASCII.
    """

    name: str
    codec: str
    single: bool

    def back(self, text: str) -> tuple[bytes, int] | None:
        """The octets that were read as `text`, and how many characters are lost for good (0xFF
        stands for them); None where the text has characters that this reading never gives."""
        pieces, lost = [], 0
        for character in text:
            if character < "\x80":
                pieces.append(character.encode())
            elif character == LOST:
                lost += 1
                pieces.append(b"\xff")
            else:
                octets = self._octets(character)
                if not octets:
                    return None
                pieces.append(octets)
        return b"".join(pieces), lost

    def _octets(self, character: str) -> bytes:
        """What was read as one character; b"" where it is not of this reading."""
        if self.single:
            return self.table.get(character, b"")
        return _several(character, self.codec)

    @property
    def table(self) -> dict[str, bytes]:
        """The octets of all characters beyond ASCII; none for charsets of several octets."""
        return _single(self.codec) if self.single else {}


@cache
def _single(codec: str) -> dict[str, bytes]:
    """Octets without a character became controls, or what windows-1252 has there."""
    found: dict[str, int] = {}
    for octet in range(0x80, 0x100):
        text = bytes((octet,)).decode(codec, "ignore")
        if text:
            found[text] = octet
    taken = frozenset(found.values())
    also = {chr(octet): octet for octet in range(0x80, 0xA0)} | _CP1252
    for character, octet in also.items():
        if octet not in taken or codec == "cp1252":
            found.setdefault(character, octet)
    return {character: bytes((octet,)) for character, octet in found.items()}


@lru_cache(maxsize=20_000)
def _several(character: str, codec: str) -> bytes:
    if character == "€" and codec in ("gb18030", "cp949"):
        return b"\x80"  # as Windows and browsers read the octet
    octets = character.encode(codec, "ignore")
    return octets if len(octets) < 3 else b""


def _one(name: str, codec: str) -> Reading:
    return Reading(name, codec, single=True)


def _many(name: str, codec: str) -> Reading:
    return Reading(name, codec, single=False)


WRONG: tuple[Reading, ...] = (
    _one("windows-1252", "cp1252"),
    _one("windows-874", "cp874"),
    _one("windows-1251", "cp1251"),
    _one("windows-1250", "cp1250"),
    _one("windows-1256", "cp1256"),
    _one("windows-1253", "cp1253"),
    _one("windows-1254", "cp1254"),
    _one("windows-1255", "cp1255"),
    _one("windows-1257", "cp1257"),
    _one("windows-1258", "cp1258"),
    _one("KOI8-R", "koi8_r"),
    _one("IBM866", "cp866"),
    _one("IBM437", "cp437"),
    _one("IBM850", "cp850"),
    _one("macintosh", "mac_roman"),
    _one("ISO-8859-2", "iso8859_2"),
    _one("ISO-8859-5", "iso8859_5"),
    _one("ISO-8859-7", "iso8859_7"),
    _one("ISO-8859-9", "iso8859_9"),
    _one("ISO-8859-15", "iso8859_15"),
    _many("GB18030", "gb18030"),
    _many("Big5", "big5hkscs"),
    _many("Shift_JIS", "cp932"),
    _many("EUC-KR", "cp949"),
    _many("EUC-JP", "euc_jp"),
)
"""The commonest first: of two that explain a text equally well the first is named."""

RIGHT: tuple[tuple[str, str], ...] = (
    ("GB18030", "gb18030"),
    ("Big5", "big5hkscs"),
    ("Shift_JIS", "cp932"),
    ("EUC-JP", "euc_jp"),
    ("EUC-KR", "cp949"),
    ("windows-1251", "cp1251"),
    ("KOI8-R", "koi8_r"),
    ("IBM866", "cp866"),
    ("windows-1252", "cp1252"),
    ("windows-1253", "cp1253"),
    ("windows-1255", "cp1255"),
    ("windows-1256", "cp1256"),
    ("windows-874", "cp874"),
    ("windows-1250", "cp1250"),
    ("windows-1254", "cp1254"),
)
"""What the octets really were, where they were not UTF-8: name and codec."""


def forward(octets: bytes, codec: str) -> str:
    """The octets in their own charset; U+FFFD for what it does not have."""
    return codecs.decode(octets, codec, "replace")
