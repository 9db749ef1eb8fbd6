"""Signed messages of given sizes, as replies to a campaign are, and the zone they are judged by.

Sixty organisations with four people each write, over two dozen machines, each of which serves
several of them. A third of them name their machines in their SPF records, a third include
their provider's record, a third say "mx"; one in five has bounces sent to a subdomain. Each has its
own key.

`strangers` gives messages whose senders nobody has seen before: each its own organisation, name,
record and key record. (Their RSA key is one and the same, because making one takes long; the
records differ, so that nobody can remember the key.)

The reference looks for organisations in the public suffix list and reads no hyphens, so names
are as they are; nobody is ever asked for them.
"""

import base64
import random
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SIZES = {"2 KB": 2_000, "10 KB": 10_000, "100 KB": 100_000, "5 MB": 5_000_000}

ORGANISATIONS, PEOPLE, MACHINES = 60, 4, 24
STRANGERS = 1_000_000
"""Organisations with such numbers and higher ones are met once."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A message and its envelope; `domain` is the organisation's, which signs."""

    octets: bytes
    client: str
    helo: str
    sender: str
    domain: str


def known(size: int, count: int) -> list[Sample]:
    """Messages of the sixty organisations' people, each unlike all others."""
    return [_sample(size, n % ORGANISATIONS, n // ORGANISATIONS) for n in range(count)]


def strangers(size: int, count: int, turn: int) -> list[Sample]:
    """Messages of people who never wrote before; `turn` makes other ones of them."""
    first = STRANGERS * (turn + 1)
    return [_sample(size, first + n, 0) for n in range(count)]


def zone_of(samples: Iterable[Sample]) -> dict[str, list[Any]]:
    """What the DNS says about their senders."""
    zone: dict[str, list[Any]] = {}
    for sample in samples:
        zone |= _published(sample)
    return zone


def _sample(size: int, organisation: int, number: int) -> Sample:
    domain = f"exampleshop{organisation}.com"
    machine = organisation % MACHINES
    host = f"news.{domain}" if organisation % 5 == 0 else domain
    name = _NAMES[(organisation * 7 + number) % PEOPLE]
    local, helo = f"{name.lower()}.{organisation}", f"mx{machine}.exampleprovider.com"
    octets = _signed(size, organisation, number, f"{name} Example <{local}@{domain}>", domain)
    return Sample(octets, f"192.0.2.{machine + 1}", helo, f"{local}@{host}", domain)


_NAMES = ["Alice", "Bruno", "Chen", "Dora"]


def _published(sample: Sample) -> dict[str, list[Any]]:
    domain, host, machine = sample.domain, sample.sender.partition("@")[2], sample.helo
    organisation = int(domain.removeprefix("exampleshop").removesuffix(".com"))
    provider = f"_spf.{machine}"
    policies = [
        f"v=spf1 a:{machine} ip4:198.51.100.0/24 -all",
        f"v=spf1 include:{provider} ~all",
        "v=spf1 mx -all",
    ]
    key = f"v=DKIM1; k=rsa; n={domain}; p={_public(_key(organisation))}"
    last = sample.client.rpartition(".")[2]
    return {
        host: [{"TXT": policies[organisation % 3]}, {"MX": [10, machine]}],
        f"_dmarc.{domain}": [{"TXT": f"v=DMARC1; p=reject; rua=mailto:dmarc@{domain}"}],
        f"s1._domainkey.{domain}": [{"TXT": key}],
        provider: [{"TXT": f"v=spf1 ip4:203.0.113.0/24 ip4:{sample.client} ~all"}],
        machine: [{"A": sample.client}],
        f"{last}.2.0.192.in-addr.arpa": [{"PTR": machine}],
    }


@lru_cache(maxsize=ORGANISATIONS)
def _key(organisation: int) -> RSAPrivateKey:
    if organisation >= STRANGERS:
        return _key(0)
    return generate_private_key(65537, 2048)


def _public(key: RSAPrivateKey) -> str:
    octets = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(octets).decode("ascii")


_HEADER = (
    "Received: from edge{n}.{domain} (edge{n}.{domain} [198.51.100.{n}])\r\n"
    "\tby mx.{domain} with ESMTPS id 4fG{n}; Fri, 20 Nov 2026 11:5{n}:00 +0000\r\n"
)


def _signed(size: int, organisation: int, number: int, author: str, domain: str) -> bytes:
    """A message of about `size` octets; relaxed/relaxed."""
    head = "".join(_HEADER.format(n=n, domain=domain) for n in range(3)) + (
        f"From: {author}\r\n"
        "To: Bob <bob@reply.example>\r\n"
        f"Subject: Report number {number}\r\n"
        "Date: Fri, 20 Nov 2026 11:59:00 +0000\r\n"
        f"Message-ID: <{number}.{size}@{domain}>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"List-Unsubscribe: <https://{domain}/u/{number}>\r\n"
        "\r\n"
    )
    body = _body(size - len(head) - 600, organisation * 1000 + number)
    message = head.encode() + body
    pem = _key(organisation).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    field: bytes = dkim.sign(
        message,
        b"s1",
        domain.encode(),
        pem,
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
