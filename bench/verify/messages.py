"""Signed messages of given sizes, and the zone that they are judged by."""

import base64
import random
import textwrap
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SIZES = {"2 KB": 2_000, "10 KB": 10_000, "100 KB": 100_000, "5 MB": 5_000_000}
CLIENT, HELO, SENDER = "192.0.2.1", "mx.example.com", "alice@example.com"

_KEY = generate_private_key(65537, 2048)
_PEM = _KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
_PUBLIC = base64.b64encode(
    _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode("ascii")

ZONE: dict[str, list[Any]] = {
    "example.com": [{"TXT": "v=spf1 a:mx.example.com ip4:198.51.100.0/24 -all"}],
    "_dmarc.example.com": [{"TXT": "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"}],
    "s1._domainkey.example.com": [{"TXT": f"v=DKIM1; k=rsa; p={_PUBLIC}"}],
    "mx.example.com": [{"A": CLIENT}],
    "1.2.0.192.in-addr.arpa": [{"PTR": "mx.example.com"}],
}

_HEADER = (
    "Received: from edge{n}.example.com (edge{n}.example.com [198.51.100.{n}])\r\n"
    "\tby mx.example.com with ESMTPS id 4fG{n}; Fri, 20 Nov 2026 11:5{n}:00 +0000\r\n"
)


def signed(size: int, number: int) -> bytes:
    """A message of about `size` octets, unlike all others by its `number`; relaxed/relaxed."""
    head = "".join(_HEADER.format(n=n) for n in range(3)) + (
        "From: Alice Example <alice@example.com>\r\n"
        "To: Bob <bob@reply.example>\r\n"
        f"Subject: Report number {number}\r\n"
        "Date: Fri, 20 Nov 2026 11:59:00 +0000\r\n"
        f"Message-ID: <{number}.{size}@example.com>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "List-Unsubscribe: <https://example.com/u/1>\r\n"
        "\r\n"
    )
    body = _body(size - len(head) - 600, number)
    message = head.encode() + body
    field: bytes = dkim.sign(
        message,
        b"s1",
        b"example.com",
        _PEM,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"],
    )
    return field + message


_WORDS = [
    "thank",
    "you",
    "for",
    "the",
    "offer",
    "we",
    "had",
    "a",
    "look",
    "at",
    "it",
    "and",
    "would",
    "like",
    "to",
    "know",
    "the",
    "price",
    "of",
    "two",
    "hundred",
    "pieces",
    "with",
    "delivery",
    "to",
    "our",
    "house",
    "in",
    "may",
    "please",
    "also",
    "tell",
    "us",
    "whether",
    "a",
    "sample",
    "can",
    "be",
    "sent",
]


def _body(size: int, number: int) -> bytes:
    """Lines of words, as replies are; beyond 1 MB a file in base64, as mail of that size is."""
    chance = random.Random(number)
    if size > 1_000_000:
        return base64.encodebytes(chance.randbytes(size * 3 // 4)).replace(b"\n", b"\r\n")
    text = " ".join(chance.choices(_WORDS, k=size // 4))[:size]
    return "\r\n".join(textwrap.wrap(text, 76)).encode() + b"\r\n"
