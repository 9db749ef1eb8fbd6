"""The address of the public page about a refusal: `/t/TOKEN`.

The token is the transaction's id and a signature over it, so that the page is found without a
table and nobody can make the address of another one. Pure: keys come from outside.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from mail.identifier import is_id
from mail.reply import Reply

_ID_BYTES = 16
_SIGNATURE_BYTES = 11
"""88 bits. With the id that makes 27 octets, so 36 characters without padding."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_LEAD = " Why, and what to do: "


@dataclass(frozen=True, slots=True)
class PublicPages:
    """Makes and reads tokens. `keys` are secret, the newest last; older ones are still read.
    `url` is where others reach the console, such as https://mail.example.com."""

    url: str
    keys: tuple[bytes, ...]

    def token(self, identifier: str) -> str:
        """The token of a transaction: 36 characters of A-Z, a-z, 0-9, - and _."""
        octets = _number(identifier).to_bytes(_ID_BYTES, "big")
        return base64.urlsafe_b64encode(octets + _sign(self.keys[-1], octets)).decode("ascii")

    def identifier(self, token: str) -> str | None:
        """The transaction that the token is of; None for one that we did not make."""
        try:
            octets = base64.b64decode(token.encode("ascii"), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            return None
        if len(octets) != _ID_BYTES + _SIGNATURE_BYTES:
            return None
        named, signature = octets[:_ID_BYTES], octets[_ID_BYTES:]
        signed = [hmac.compare_digest(_sign(key, named), signature) for key in self.keys]
        identifier = _text(int.from_bytes(named, "big"))
        return identifier if any(signed) and is_id(identifier) else None

    def address(self, identifier: str) -> str:
        """The whole address of a transaction's page."""
        return f"{self.url.rstrip('/')}/t/{self.token(identifier)}"

    def mentioned_in(self, reply: Reply, identifier: str) -> Reply:
        """The reply with one more sentence at its end: where to read why."""
        return Reply(reply.code, reply.enhanced, reply.text + _LEAD + self.address(identifier))


def without_address(text: str) -> str:
    """A reply's text as it was before `PublicPages.mentioned_in`."""
    return text.partition(_LEAD)[0]


def _sign(key: bytes, octets: bytes) -> bytes:
    return hmac.digest(key, b"public page " + octets, hashlib.sha256)[:_SIGNATURE_BYTES]


def _number(identifier: str) -> int:
    """Raises ValueError if it is not an id."""
    if not is_id(identifier):
        raise ValueError(f"not an id: {identifier!r}")
    number = 0
    for character in identifier:
        number = number * 32 + _ALPHABET.index(character)
    return number


def _text(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
