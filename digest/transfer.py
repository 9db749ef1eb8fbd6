"""Content-Transfer-Encoding undone (RFC 2045 §6), whatever state the octets are in."""

import binascii
import codecs
import re
from collections.abc import Iterator

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# What may follow a padding if encoded text was glued together: more of it, and nothing else.
_MORE = re.compile(rb"[A-Za-z0-9+/=]*+(?:[ \t]*+\r?\n[A-Za-z0-9+/=]*+)*+[ \t]*+\Z")
_PIECES = 10_000
_PIECE = 256 * 1024
_UU_BEGIN = re.compile(rb"(?m)^begin [0-7]{3,4} [^\r\n]*\r?\n")
_TABS = bytes.maketrans(b"\t", b" ")
_SOFT_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")

IDENTITIES = frozenset(["", "7bit", "8bit", "binary"])
_MEANT = {
    "7-bit": "7bit",
    "8-bit": "8bit",
    "base-64": "base64",
    "b64": "base64",
    "qp": "quoted-printable",
    "quoted_printable": "quoted-printable",
    "quotedprintable": "quoted-printable",
    "quoted-printables": "quoted-printable",
}
_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{4}){0,250}[A-Za-z0-9+/]{2,4}={0,2}\Z")
_ESCAPE = re.compile(rb"=(?:[0-9A-F]{2}|\r?\n)")
_SAMPLE = 4000


def decode_transfer(content: bytes, encoding: str) -> tuple[bytes, str | None]:
    """The octets that were sent under `encoding` (a lower-case token), and what was wrong.

    Never raises. The result is never longer than `content`.
    """
    encoding = _MEANT.get(encoding, encoding)
    if encoding == "base64":
        if _is_prose(content):
            return content, "declared base64, but it is none"
        return decode_base64(content), _base64_defect(content)
    if encoding == "quoted-printable":
        if b" \n" in content.translate(_TABS, b"\r"):
            content = b"".join(_SOFT_SPACE.sub(b"", piece) for piece in _pieces(content))
        return binascii.a2b_qp(content), None
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _decode_uu(content)
    if encoding in IDENTITIES:
        return content, None
    return content, f"unknown transfer encoding {_printable(encoding)}"


def _is_prose(content: bytes) -> bool:
    """Whether this is text that nobody encoded: it has words with spaces between them, or octets
    that base64 does not have, where base64 has lines."""
    head = content[:_SAMPLE].strip()
    first = head.split(None, 1)[0] if head else b""
    if not head or (len(first) > 40 and _BASE64_LINES.match(first)):
        return False
    lines = [line for line in head.splitlines() if line.strip()]
    words = sum(len(line.split()) for line in lines)
    foreign = len(head.translate(None, _BASE64 + b" \t\r\n"))
    return foreign * 4 > len(head) or (foreign > 0 and words >= 3 * len(lines) and words > 4)


def undeclared(content: bytes, encoding: str) -> tuple[bytes, str | None]:
    """Text that is encoded although its `encoding`, an identity, says that it is not: some
    gateways lose the field. None for the defect where it is as it says."""
    head = content[:_SAMPLE]
    if encoding not in IDENTITIES or not head.isascii():
        return content, None
    if b"=" in head and _is_quoted_printable(head):
        return decode_transfer(content, "quoted-printable")[0], "quoted-printable, undeclared"
    lines = head.split()
    if lines and len(lines[0]) >= 40 and all(map(_BASE64_LINES.match, lines[:-1] or lines)):
        decoded = decode_base64(content)
        if _is_text(decoded[:_SAMPLE]):
            return decoded, "base64, undeclared"
    return content, None


def _is_quoted_printable(head: bytes) -> bool:
    """Whether every "=" begins an escape, and some are of octets beyond ASCII that are UTF-8."""
    escapes = _ESCAPE.findall(head)
    if len(escapes) < head.count(b"=") - 1 or sum(escape >= b"=8" for escape in escapes) < 2:
        return False
    return _is_text(binascii.a2b_qp(head))


def _is_text(octets: bytes) -> bool:
    """Whether this is UTF-8 beyond ASCII, without controls; it may be cut off at its end."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(octets)
    return not text.isascii() and "\ufffd" not in text and not _CONTROLS.search(text)


def _pieces(content: bytes) -> Iterator[bytes]:
    """Some whole lines at a time: a replacement in all of it takes many times its memory."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _PIECE) + 1 or len(content)
        yield content[start:end]
        start = end


def decode_base64(content: bytes) -> bytes:
    """RFC 4648 §4 and §5 with rubbish: foreign characters are passed over, padding may be
    missing, and encoded pieces may have been glued together."""
    try:
        decoded = binascii.a2b_base64(content)
    except binascii.Error:
        decoded = None
    padding = content.find(b"=")
    whole = padding < 0 or not content[padding:].strip(b"= \t\r\n")
    if decoded is not None and whole and b"-" not in content and b"_" not in content:
        return decoded
    return _decode_rubbish(content, padding)


def _decode_rubbish(content: bytes, padding: int) -> bytes:
    if padding >= 0 and not _MORE.match(content, padding):
        content = content[:padding]
    if b"+" not in content and b"/" not in content:
        content = content.translate(_URL_SAFE)
    pieces = content.translate(None, _NOT_BASE64).split(b"=", _PIECES)
    pieces[-1] = pieces[-1].replace(b"=", b"")
    return b"".join(map(_decode_piece, pieces))


def _decode_piece(piece: bytes) -> bytes:
    if len(piece) % 4 == 1:
        piece = piece[:-1]
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def _base64_defect(content: bytes) -> str | None:
    padding = content.find(b"=")
    if padding >= 0 and not _MORE.match(content, padding):
        return "text after the end of base64 was left out"
    return None


def _decode_uu(content: bytes) -> tuple[bytes, str | None]:
    """uuencode (POSIX), from its begin line, or from the start where there is none."""
    begin = _UU_BEGIN.search(content)
    decoded, size, broken = [], 0, 0
    for line in content[begin.end() if begin else 0 :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            broken += 1
            continue
        size += len(decoded[-1])
        if size > len(content):  # lines that promise more than they hold are filled with zeros
            decoded.pop()
            return b"".join(decoded), "uuencode that promises more than there is"
    return b"".join(decoded), f"{broken} broken lines of uuencode" if broken else None


def _printable(text: str) -> str:
    return "".join(character if "!" <= character <= "~" else "?" for character in text[:40])
