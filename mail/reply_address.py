"""Reply addresses that only we can make: what we sent, and to whom, under a signature.

A campaign's Reply-To carries such an address. Whoever writes to it has read a message of ours, so
mail to it is held and not refused where DMARC fails, and a domain may accept nothing else.

The local part is `r-KKMMMMMMMMMMMMMMMM-BODY`: two characters that name the key, sixteen of an
HMAC-SHA-256 (80 bits) over the domain, the key's name and the body, and the body itself. All of it
is in lower case and read without regard to ASCII case, because relays may fold it; it is at most
64 octets (RFC 5321 §4.5.3.1.1). The body has one of two forms:

- `CAMPAIGN=LOCAL=DOMAIN`, campaign and recipient in clear ("@" written as "="), where both are
  plain lower-case text and short enough: reading it needs nothing but the key.
- a handle of 24 characters where they are not: a hash of both under the key. The store keeps what
  the handle stands for; the signature is checked without it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mail.address import Address, Domain

LOCAL_LIMIT = 64
"""Octets of a local part that every server must take (RFC 5321 §4.5.3.1.1)."""

_FORM = re.compile(r"r-([a-z2-7]{2})([a-z2-7]{16})-([a-z0-9_.=\-]+)")
_HANDLE = re.compile(r"[a-z2-7]{24}")
_HEAD = len("r-KKMMMMMMMMMMMMMMMM-")
# What can stand in clear: nothing that folding changes, and no "=", which parts the pieces.
_CAMPAIGN = re.compile(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*")
_RECIPIENT = re.compile(r"([a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*)@([a-z0-9\-]+(?:\.[a-z0-9\-]+)*)")
_CLEAR = re.compile(r"([a-z0-9_.\-]+)=([a-z0-9_.\-]+)=([a-z0-9.\-]+)")
_SIGNATURE = b"postern reply address 1\x00"
_NAMING = b"postern reply handle 1\x00"


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """A key that signs reply addresses; `name` are the two characters that stand in them."""

    name: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if re.fullmatch(r"[a-z2-7]{2}", self.name) is None:
            raise ValueError(f"the key name {self.name!r} is not two characters of base32")
        if len(self.secret) < 16:
            raise ValueError("a key of less than 128 bits signs nothing")


@dataclass(frozen=True, slots=True)
class ReplyTag:
    """What a valid reply address says. Either `campaign` and `recipient` are there, or `handle`,
    which the store can look up."""

    campaign: str = ""
    recipient: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new reply address; what `tag.handle` names, if it has one, must be kept by the caller."""

    address: Address
    tag: ReplyTag


def key_name(identifier: bytes) -> str:
    """The two characters that stand for a key with this identifier (two octets at least)."""
    return _base32(identifier[:2])[:2]


def mint(key: ReplyKey, domain: Domain, campaign: str, recipient: str) -> Minted:
    """The reply address of this campaign and recipient at `domain`; always the same one.

    Raises ValueError where campaign or recipient is empty, or `domain` is an address literal.
    """
    if not campaign or not recipient:
        raise ValueError("a reply address needs a campaign and a recipient")
    if domain.is_literal:
        raise ValueError(f"{domain} is an address literal; a reply address needs a domain name")
    tag = ReplyTag(campaign, recipient)
    body = _clear(campaign, recipient)
    if body is None:
        body = _handle(key, campaign, recipient)
        tag = ReplyTag(handle=body)
    signature = _sign(key, domain, body)
    return Minted(Address(f"r-{key.name}{signature}-{body}", domain), tag)


def read(keys: Sequence[ReplyKey], address: Address) -> ReplyTag | None:
    """What a reply address says; None unless one of `keys` signed exactly this, in any case."""
    if not address.local.isascii() or len(address.local) > LOCAL_LIMIT:
        return None
    match = _FORM.fullmatch(address.local.lower())
    if match is None:
        return None
    name, signature, body = match.groups()
    for key in keys:
        wanted = _sign(key, address.domain, body)
        if key.name == name and hmac.compare_digest(wanted, signature):
            return _tag(body)
    return None


def claimed(address: str) -> ReplyTag | None:
    """What an address of this form says of itself; nobody looked at its signature."""
    match = _FORM.fullmatch(address.rpartition("@")[0].lower())
    return None if match is None else _tag(match[3])


def _clear(campaign: str, recipient: str) -> str | None:
    """Both in clear, or None where that is too long or would not come back as it was."""
    parts = _RECIPIENT.fullmatch(recipient)
    if parts is None or _CAMPAIGN.fullmatch(campaign) is None:
        return None
    body = f"{campaign}={parts[1]}={parts[2]}"
    return body if _HEAD + len(body) <= LOCAL_LIMIT else None


def _tag(body: str) -> ReplyTag | None:
    if _HANDLE.fullmatch(body):
        return ReplyTag(handle=body)
    clear = _CLEAR.fullmatch(body)
    return ReplyTag(clear[1], f"{clear[2]}@{clear[3]}") if clear else None


def _handle(key: ReplyKey, campaign: str, recipient: str) -> str:
    """120 bits: no two of a billion pairs meet."""
    both = f"{len(campaign)}:{campaign}{recipient}".encode("utf-8", "surrogatepass")
    return _base32(_mac(key, _NAMING + both)[:15])


def _sign(key: ReplyKey, domain: Domain, body: str) -> str:
    signed = f"{domain.ascii}\x00{key.name}\x00{body}".encode("ascii")
    return _base32(_mac(key, _SIGNATURE + signed)[:10])


def _mac(key: ReplyKey, octets: bytes) -> bytes:
    return hmac.new(key.secret, octets, hashlib.sha256).digest()


def _base32(octets: bytes) -> str:
    """RFC 4648 §6 in lower case, without padding."""
    return base64.b32encode(octets).decode("ascii").lower().rstrip("=")
