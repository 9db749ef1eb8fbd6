"""Japanese as it is really sent: Microsoft's rows 13 and 89 to 92 in ISO-2022-JP and EUC-JP.

Circled digits, "㈱" and the variant kanji of family names stand in rows that the standards leave
empty, and half-width katakana stand where ISO-2022-JP allows none. Mail is full of all three
(CP50221 and CP51932 are the names of what is really sent). The way through is Shift_JIS: its
Microsoft table (CP932) has those rows, and a JIS pair becomes a Shift_JIS pair by arithmetic.
"""

import re

_ESCAPE = re.compile(rb"\x1b(\$\([@BD]|\$[@B]|\([BJIHT]|\.[AF]|&@)")
_EUC_TEXT = re.compile(rb"\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|(?:[\xa1-\xfe]{2})+")


def decode_iso_2022_jp(content: bytes) -> str:
    """ISO-2022-JP with everything that Microsoft's and phones' mailers put into it."""
    pieces = []
    mode, position = b"(B", 0
    for escape in _ESCAPE.finditer(content):
        pieces.append(_segment(content[position : escape.start()], mode))
        mode, position = escape[1], escape.end()
    pieces.append(_segment(content[position:], mode))
    return "".join(pieces)


def _segment(octets: bytes, mode: bytes) -> str:
    if not octets:
        return ""
    if mode == b"(I":
        return bytes(octet | 0x80 for octet in octets).decode("cp932", "replace")
    if mode in (b"$(D", b"$@", b"$B", b"$(@", b"$(B"):
        return _double_octets(octets, supplement=mode == b"$(D")
    return octets.decode("cp932", "replace")


def _double_octets(octets: bytes, *, supplement: bool) -> str:
    """A run of JIS X 0208 (or 0212) pairs; a line end inside ends no run in real mail."""
    pieces = []
    for run in re.findall(rb"[\x21-\x7e\xa1-\xfe]+|[^\x21-\x7e\xa1-\xfe]+", octets):
        if run[0] & 0x7F < 0x21 or run[0] & 0x7F > 0x7E:
            pieces.append(run.decode("ascii", "replace"))
        elif supplement:
            pieces.append(_supplement(run))
        else:
            pieces.append(_from_jis(run))
    return "".join(pieces)


def _supplement(run: bytes) -> str:
    pairs = (run[at : at + 2] for at in range(0, len(run) - 1, 2))
    euc = b"".join(b"\x8f" + bytes(octet | 0x80 for octet in pair) for pair in pairs)
    return euc.decode("euc_jp", "replace")


def _from_jis(run: bytes) -> str:
    """JIS pairs to text by way of Shift_JIS; a lonely last octet becomes U+FFFD."""
    shifted = bytearray()
    for at in range(0, len(run) - 1, 2):
        row, cell = (run[at] & 0x7F) - 0x21, (run[at + 1] & 0x7F) - 0x21
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        trail = cell + (0x9F if row % 2 else 0x40)
        shifted += bytes((lead, trail + (1 if not row % 2 and trail >= 0x7F else 0)))
    return shifted.decode("cp932", "replace") + ("\ufffd" if len(run) % 2 else "")


def decode_euc_jp(content: bytes) -> str:
    """EUC-JP with Microsoft's rows (CP51932), in the lines that have any."""
    return "\n".join(map(_euc_line, content.split(b"\n")))


def _euc_line(content: bytes) -> str:
    try:
        return content.decode("euc_jp")
    except UnicodeDecodeError:
        return _with_microsofts_rows(content)


def _with_microsofts_rows(content: bytes) -> str:
    pieces = []
    position = 0
    for match in _EUC_TEXT.finditer(content):
        pieces.append(content[position : match.start()].decode("ascii", "replace"))
        octets = match[0]
        if octets[0] == 0x8F:
            pieces.append(octets.decode("euc_jp", "replace"))
        elif octets[0] == 0x8E:
            pieces.append(octets[1:].decode("cp932", "replace"))
        else:
            pieces.append(_from_jis(octets))
        position = match.end()
    pieces.append(content[position:].decode("ascii", "replace"))
    return "".join(pieces)
