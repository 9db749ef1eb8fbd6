"""The letters as whole messages, in each of the ways in which programs encode and mislabel them."""

import base64
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.digest.encoded.texts import TEXTS, Text

UTF_8 = "utf-8"
_WIDE = frozenset(["utf-8", "utf-16"])


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and what a person reads in it; None where it says nothing of that."""

    name: str
    raw: bytes
    subject: str | None = None
    author: str | None = None
    text: str | None = None
    files: tuple[str, ...] = ()


def octets(text: str, codec: str) -> bytes:
    """`text` in that codec; Vietnamese tones as marks of their own where it has no other way."""
    if codec != "cp1258":
        return text.encode(codec)
    return b"".join(_toned(character) for character in unicodedata.normalize("NFC", text))


def _toned(character: str) -> bytes:
    try:
        return character.encode("cp1258")
    except UnicodeEncodeError:
        base, tone = unicodedata.normalize("NFD", character), ""
        for mark in "\u0300\u0301\u0303\u0309\u0323":
            if mark in base:
                base, tone = base.replace(mark, ""), mark
        return (unicodedata.normalize("NFC", base) + tone).encode("cp1258")


def word(content: bytes, label: str) -> bytes:
    """One encoded word."""
    return b"=?" + label.encode() + b"?B?" + base64.b64encode(content) + b"?="


def words(text: str, codec: str, label: str) -> bytes:
    """Encoded words that each hold whole characters, folded."""
    pieces = [text[at : at + 10] for at in range(0, len(text), 10)]
    return b"\r\n ".join(word(octets(piece, codec), label) for piece in pieces)


def split_words(content: bytes, label: str) -> bytes:
    """Encoded words that are cut at every 13th octet, wherever that is."""
    pieces = [content[at : at + 13] for at in range(0, len(content), 13)]
    return b"\r\n\t".join(word(piece, label) for piece in pieces)


def extended(content: bytes, label: str) -> bytes:
    """RFC 2231 §4.1: cut into sections at every 20th octet."""
    pieces = [content[at : at + 20] for at in range(0, len(content), 20)]
    coded = [quote_from_bytes(piece, safe="").encode() for piece in pieces]
    coded[0] = label.encode() + b"''" + coded[0]
    return b";\r\n ".join(b"filename*%d*=%s" % pair for pair in enumerate(coded))


@dataclass(frozen=True, slots=True)
class Pieces:
    """What of a message is encoded: three values, the body, and its header fields."""

    subject: bytes
    author: bytes
    body: bytes
    body_type: bytes
    encoding: bytes
    file: bytes


def assembled(pieces: Pieces) -> bytes:
    """A multipart/mixed of a text and an attachment."""
    body = pieces.body.replace(b"\n", b"\r\n")
    if pieces.encoding == b"base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    return b"".join(
        [
            b"From: " + pieces.author + b" <sender@mail.example>\r\n",
            b"To: sales@shop.example\r\n",
            b"Subject: " + pieces.subject + b"\r\n",
            b"Date: Tue, 3 Nov 2026 14:05:06 +0000\r\nMessage-ID: <1@mail.example>\r\n",
            b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_b"\r\n\r\n',
            b"--=_b\r\n" + pieces.body_type + b"\r\n",
            b"Content-Transfer-Encoding: " + pieces.encoding + b"\r\n\r\n",
            body + b"\r\n--=_b\r\nContent-Type: application/octet-stream\r\n",
            b"Content-Disposition: attachment; " + pieces.file + b"\r\n",
            b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--=_b--\r\n",
        ]
    )


def _standard(text: Text, label: str, codec: str) -> Pieces:
    """As the standards ask."""
    return Pieces(
        words(text.subject, codec, label),
        words(text.name, codec, label),
        octets(text.body, codec),
        b'Content-Type: text/plain; charset="' + label.encode() + b'"',
        b"base64",
        extended(octets(text.file, codec), label),
    )


def _split(text: Text, label: str, codec: str) -> Pieces:
    """Characters torn between encoded words; the file name in encoded words, too."""
    return Pieces(
        split_words(octets(text.subject, codec), label),
        b'"' + split_words(octets(text.name, codec), label) + b'"',
        octets(text.body, codec),
        b"Content-Type: text/plain; charset=" + label.upper().encode(),
        b"8bit",
        b'filename="' + split_words(octets(text.file, codec), label) + b'"',
    )


def _raw(text: Text, label: str, codec: str) -> Pieces:
    """Raw octets in the header; only the body says its charset."""
    return Pieces(
        octets(text.subject, codec),
        b'"' + octets(text.name, codec) + b'"',
        octets(text.body, codec),
        b"Content-Type: text/plain; charset=" + label.encode(),
        b"8bit",
        b'filename="' + octets(text.file, codec) + b'"',
    )


def _unlabelled(text: Text, label: str, codec: str) -> Pieces:
    """Raw octets, and nobody says a charset."""
    del label
    return Pieces(
        octets(text.subject, codec),
        octets(text.name, codec),
        octets(text.body, codec),
        b"Content-Type: text/plain",
        b"8bit",
        b'filename="' + octets(text.file, codec) + b'"',
    )


def _called_utf_8(text: Text, label: str, codec: str) -> Pieces:
    """Everything says UTF-8 and nothing is."""
    del label
    return Pieces(
        word(octets(text.subject, codec), UTF_8),
        word(octets(text.name, codec), UTF_8),
        octets(text.body, codec),
        b"Content-Type: text/plain; charset=utf-8",
        b"base64",
        b"filename*=utf-8''" + quote_from_bytes(octets(text.file, codec)).encode(),
    )


def _is_utf_8(text: Text, label: str, codec: str) -> Pieces:
    """Everything says the old charset and is UTF-8."""
    del codec
    return Pieces(
        word(octets(text.subject, UTF_8), label),
        word(octets(text.name, UTF_8), label),
        octets(text.body, UTF_8),
        b"Content-Type: text/plain; charset=" + label.encode(),
        b"8bit",
        b'filename="' + quote_from_bytes(octets(text.file, UTF_8)).encode() + b'"',
    )


def _called_latin(text: Text, label: str, codec: str) -> Pieces:
    """Everything says iso-8859-1, which the program's author never changed."""
    del label
    return Pieces(
        word(octets(text.subject, codec), "iso-8859-1"),
        word(octets(text.name, codec), "ISO-8859-1"),
        octets(text.body, codec),
        b"Content-Type: text/plain; charset=iso-8859-1; format=fixed",
        b"8bit",
        b"filename=" + octets(text.file, codec),
    )


Way = Callable[[Text, str, str], Pieces]
WAYS: tuple[tuple[str, Way], ...] = (
    ("standard", _standard),
    ("split", _split),
    ("raw", _raw),
    ("unlabelled", _unlabelled),
    ("called utf-8", _called_utf_8),
    ("is utf-8", _is_utf_8),
    ("called latin-1", _called_latin),
)
# Which ways are worth a try: a 7-bit charset under the label UTF-8 is not what anybody sends, and
# octets of one Latin charset under another's label are that other text.
_LATIN = frozenset(["vi", "de", "fr", "es", "pt", "sv", "cs", "pl", "hu", "ro", "tr", "lt"])


def _applies(way: str, text: Text, codec: str) -> bool:
    if codec == UTF_8 and way in ("called utf-8", "is utf-8"):
        return False
    if way == "called latin-1" and text.language in _LATIN:
        return False
    stateful = codec.startswith("iso2022")
    # Escapes split between words are lost to everybody who does not join them first.
    return not (stateful and way in ("called utf-8", "is utf-8"))


def written_letters() -> Iterator[Letter]:
    """Every text in every charset in every way."""
    for text in TEXTS:
        for label, codec in text.charsets:
            for way, make in WAYS:
                if not _applies(way, text, codec):
                    continue
                yield Letter(
                    f"{text.language} {label} {way}",
                    assembled(make(text, label, codec)),
                    text.subject,
                    text.name,
                    text.body,
                    (text.file,),
                )
