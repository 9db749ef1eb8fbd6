"""The mail of the load: signed by many senders, each message by itself, a tenth of it forged.

Every message has a number of its own in `X-Load-Id`, by which the loss check finds it again. The
forged ones were altered after signing and come from where their domain sends no mail: whoever
checks DMARC refuses them at the end of data.
"""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT = "127.0.0.1"
# Names under .example: libunbound, which OpenDKIM asks, lets nothing under .test exist.
RECIPIENT_DOMAIN = "reply.example"
HELO = "mail.senders.example"
DOMAINS = 8
FORGED_EVERY = 10
"""One in so many is to be refused."""

_NUMBER = re.compile(rb"^X-Load-Id: (\d+)\r?$", re.MULTILINE)
_SIGNED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
_SENTENCE = (
    "thank you for the offer we had a look at it and would like to know the price of two hundred "
    "pieces with delivery to our house in may please also tell us whether a sample can be sent"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it goes over the wire; `sha256` is of its bytes as they must be stored."""

    number: int
    mail_from: str
    rcpt_to: str
    content: bytes
    forged: bool

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


class Senders:
    """The domains that send, their keys, and what the DNS says of them."""

    def __init__(self, key_bits: int = 2048) -> None:
        self.keys = [generate_private_key(65537, key_bits) for _ in range(DOMAINS)]

    def zone(self) -> dict[str, list[Any]]:
        """In the form of `verify.dns_zones`."""
        zone: dict[str, list[Any]] = {
            HELO: [{"A": CLIENT}],
            "1.0.0.127.in-addr.arpa": [{"PTR": HELO}],
            RECIPIENT_DOMAIN: [{"MX": [10, HELO]}],
        }
        for number, key in enumerate(self.keys):
            for name, spf in ((_honest(number), f"ip4:{CLIENT} "), (_forged(number), "")):
                zone[name] = [{"TXT": f"v=spf1 {spf}-all"}]
                zone[f"_dmarc.{name}"] = [{"TXT": "v=DMARC1; p=reject"}]
                zone[f"s1._domainkey.{name}"] = [{"TXT": f"v=DKIM1; k=rsa; p={_public(key)}"}]
        return zone


class Mailbag:
    """Makes the mail of one size; the same bytes whenever it is asked for the same number."""

    def __init__(self, senders: Senders, size: int) -> None:
        self.size = size
        self._keys = senders.keys
        self._text = _base64_text(size) if size > 1_000_000 else _lines_of_words(size)

    def mails(self, first: int, count: int) -> Iterator[Mail]:
        """Those with the numbers `first` to `first + count - 1`."""
        return map(self.mail, range(first, first + count))

    def mail(self, number: int) -> Mail:
        """The one with that number."""
        forged = number % FORGED_EVERY == FORGED_EVERY - 1
        who = number // FORGED_EVERY % DOMAINS if forged else number % DOMAINS
        domain = _forged(who) if forged else _honest(who)
        recipient = f"sales{number % 50}@{RECIPIENT_DOMAIN}"
        start = number * 977 % (len(self._text) - self.size)
        start = self._text.index(b"\r\n", start) + 2
        opening = f"Dear colleagues, this is letter {number}.\r\n.hidden line\r\n".encode()
        text = self._text[start : start + self.size - 900 - len(opening)]
        body = opening + text.rstrip() + b".\r\n"
        fields = {
            "From": f"Alice Number {number} <alice{number % 97}@{domain}>",
            "To": f"Sales <{recipient}>",
            "Subject": f"Re: your offer of November, number {number}",
            "Date": "Fri, 20 Nov 2026 11:59:00 +0000",
            "Message-ID": f"<{number}.{self.size}@{domain}>",
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
        }
        signature = _signature(self._keys[who], domain, fields, body)
        header = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        unsigned = (
            f"Received: from laptop.{domain} (laptop.{domain} [198.51.100.7])\r\n"
            f"\tby {HELO} with ESMTPSA id {number:x}; Fri, 20 Nov 2026 11:59:01 +0000\r\n"
            f"X-Load-Id: {number}\r\n"
        )
        if forged:
            body = body.replace(b"Dear", b"DEAR", 1)
        content = (signature + unsigned + header + "\r\n").encode() + body
        return Mail(number, f"bounce{number % 97}@{domain}", recipient, content, forged)


def number_of(content: bytes) -> int | None:
    """The number of a message of ours, wherever it was kept."""
    found = _NUMBER.search(content, 0, 20_000)
    return int(found[1]) if found else None


def _honest(number: int) -> str:
    return f"sender{number}.example"


def _forged(number: int) -> str:
    return f"bank{number}.example"


def _public(key: RSAPrivateKey) -> str:
    octets = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(octets).decode("ascii")


def _signature(key: RSAPrivateKey, domain: str, fields: dict[str, str], body: bytes) -> str:
    """DKIM-Signature, relaxed/relaxed (RFC 6376 §3.4). Our fields and bodies are in canonical
    form from the start, which makes this quick enough to sign while the load runs."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    value = (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1; t=1795175940; "
        f"h={':'.join(_SIGNED)}; bh={digest}; b="
    )
    lowered = {name.lower(): text for name, text in fields.items()}
    signed = "".join(f"{name}:{lowered[name]}\r\n" for name in _SIGNED)
    octets = key.sign(f"{signed}dkim-signature:{value}".encode(), PKCS1v15(), SHA256())
    text = base64.b64encode(octets).decode("ascii")
    folded = "\r\n\t ".join(text[at : at + 70] for at in range(0, len(text), 70))
    return "DKIM-Signature: " + value.replace("; ", ";\r\n\t") + folded + "\r\n"


def _lines_of_words(size: int) -> bytes:
    chance = random.Random(size)
    known, lines, words = _SENTENCE.split(), [], []
    for _ in range((2 * size + 20_000) // 4):
        words.append(chance.choice(known))
        if sum(map(len, words)) + len(words) > 68:
            lines.append(" ".join(words))
            words = []
    return ("\r\n".join(lines) + "\r\n").encode()


def _base64_text(size: int) -> bytes:
    octets = random.Random(size).randbytes(size * 3 // 4 * 2)
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")
