"""Transfer encodings as other people's software writes them (RFC 2045 §6.7, §6.8)."""

import base64
import binascii
import re
from collections.abc import Iterator
from email import quoprimime

WIDTHS = (76, 72, 64, 60)
"""Line lengths of base64 that are seen in mail."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_QUOTED = re.compile("[^\t\n -<>-~]")


def decoded(octets: bytes, encoding: str) -> bytes | None:
    """The content, or None where that is not what stands there."""
    if encoding == "base64":
        try:
            return binascii.a2b_base64(octets.translate(None, b" \t\r\n"), strict_mode=True)
        except binascii.Error:
            return None
    if encoding == "quoted-printable":
        return binascii.a2b_qp(octets)
    return octets


def encodings(content: bytes, *, text: bool) -> Iterator[tuple[str, bytes]]:
    """`content` in every way in which we know that it is written: the encoding, the octets."""
    for form in _line_end_forms(content) if text else (content,):
        for width in WIDTHS:
            yield "base64", _base64(form, width)
    if text:
        crlf = _LINE_END.sub(b"\r\n", content)
        for written in dict.fromkeys(_quoted_printable(crlf)):
            yield "quoted-printable", written
        yield ("7bit" if crlf.isascii() else "8bit"), crlf


def _line_end_forms(content: bytes) -> Iterator[bytes]:
    """Some signers encode text with bare LF, or without the last line end."""
    crlf = _LINE_END.sub(b"\r\n", content)
    forms = (content, crlf, crlf.replace(b"\r\n", b"\n"), crlf.rstrip(b"\r\n"), crlf + b"\r\n")
    yield from dict.fromkeys(forms)


def _base64(content: bytes, width: int) -> bytes:
    packed = base64.b64encode(content)
    return b"\r\n".join(packed[at : at + width] for at in range(0, len(packed), width)) + b"\r\n"


def _quoted_printable(crlf: bytes) -> Iterator[bytes]:
    """Several writers of quoted-printable; they differ in where they break and what they quote."""
    lines = crlf.replace(b"\r\n", b"\n")
    yield binascii.b2a_qp(lines, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    quoted = _QUOTED.sub(lambda one: quoprimime.quote(one[0]), lines.decode("latin-1"))
    yield quoprimime.body_encode(quoted, eol="\r\n").encode("latin-1")
    for width in (76, 75, 73, 72):
        yield _greedy(lines, width)


def _greedy(lines: bytes, width: int) -> bytes:
    """As many characters in a line as fit beside the `=` of a soft break."""
    return b"\r\n".join(_soft_broken(line, width) for line in lines.split(b"\n"))


def _soft_broken(line: bytes, width: int) -> bytes:
    units = [_unit(octet, last=at == len(line) - 1) for at, octet in enumerate(line)]
    rows: list[bytes] = []
    row: list[bytes] = []
    room = width - 1
    for unit in units:
        if len(unit) > room:
            rows.append(b"".join(row))
            row, room = [], width - 1
        row.append(unit)
        room -= len(unit)
    return b"=\r\n".join([*rows, b"".join(row)])


def _unit(octet: int, *, last: bool) -> bytes:
    if octet in b" \t":
        return b"=%02X" % octet if last else bytes([octet])
    return bytes([octet]) if 33 <= octet <= 126 and octet != 61 else b"=%02X" % octet
