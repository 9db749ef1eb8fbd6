"""Signs that a message was forwarded by a mail system, in its envelope and its header.

A system that forwards leaves the author alone and puts its own name where bounces go: SRS rewrites
the sender (SRS0, SRS1, and Microsoft's `+SRS=`), Gmail adds `+caf_=` and the destination, others
only add header fields. Anybody can write such signs, so they prove nothing: they say what to look
for, and whose mailbox a rule would have to name. BATV (`prvs=`) is taken off before reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from mail.address import Address, parse_address
from mail.envelope import Envelope
from mail.message import Message
from mail.trust import destination_of

ADDRESSES_LIMIT = 20
"""Addresses that are kept of each kind of field, and words that are looked at for them."""

_PRVS = re.compile(r"(?:msprvs1|prvs)=[^=/]{1,40}[=/](.+)", re.IGNORECASE)
_SRS0 = re.compile(r"SRS0[=+\-]([^=]*)=([^=]*)=([^=]+)=(.+)", re.IGNORECASE)
_SRS1 = re.compile(r"SRS1[=+\-]([^=]*)=([^=]+)=[=+\-]([^=]*)=([^=]*)=([^=]+)=(.+)", re.IGNORECASE)
_MICROSOFT = re.compile(r"(.+?)\+SRS=([^=]*)=([^=]*)=([^=]+)=(.+)", re.IGNORECASE)
_CAF = re.compile(r"(.+?)\+caf_=(.+)=([^=]+)", re.IGNORECASE)
_BETWEEN = re.compile(rb"[\s<>,;]+")

_VALUE_LIMIT = 4000
_RULE_LOOP = "x-ms-exchange-inbox-rules-loop"
_RESENT = ("resent-from", "resent-sender", "resent-to")
_SPEAKING = ("x-forwarded-to", "x-forwarded-for", *_RESENT, _RULE_LOOP)
_FIELDS = frozenset({*_SPEAKING, "delivered-to"})


class Rewriting(StrEnum):
    """How the envelope's sender was rewritten."""

    NONE = "none"
    SRS0 = "srs0"
    SRS1 = "srs1"
    """Rewritten by at least two forwarders."""
    MICROSOFT = "microsoft-srs"
    CAF = "caf"
    """Gmail: a mailbox, and the destination that it forwards to."""


@dataclass(frozen=True, slots=True)
class ForwardSigns:
    """What was seen. Empty where nothing was.

    `forwarder` is who forwarded, by the envelope: a mailbox, or a domain where SRS names no more.
    `original_sender` and `destination` are what the rewritten sender holds. `fields` are the
    header fields that spoke of a forward, in lower case; `forwarded_for` and `forwarded_to` are
    addresses in them; `delivered_to` those of all Delivered-To fields.
    """

    rewriting: Rewriting = Rewriting.NONE
    forwarder: str = ""
    original_sender: str = ""
    destination: str = ""
    batv: bool = False
    fields: tuple[str, ...] = ()
    forwarded_for: tuple[str, ...] = ()
    forwarded_to: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    arc: bool = False

    @property
    def seen(self) -> bool:
        """Whether the message looks forwarded. ARC alone does not say so: it is also put on
        mail that somebody merely sent."""
        return self.rewriting is not Rewriting.NONE or bool(self.fields)


NO_SIGNS = ForwardSigns()


def forward_signs(envelope: Envelope, message: Message) -> ForwardSigns:
    """The signs in one message; never raises, whatever is written there."""
    rewriting, forwarder, original, destination, batv = read_sender(envelope.mail_from)
    arc = message.first("arc-seal") is not None
    if not message.has_any(_FIELDS):
        forwarder = "" if rewriting is Rewriting.NONE else forwarder
        return ForwardSigns(rewriting, forwarder, original, destination, batv, arc=arc)
    delivered = _addresses(message, ("delivered-to",))
    fields = tuple(_fields(message, delivered))
    if rewriting is Rewriting.NONE and not fields:
        forwarder = ""
    return ForwardSigns(
        rewriting,
        forwarder,
        original,
        destination,
        batv,
        fields,
        _addresses(message, ("x-forwarded-for", _RULE_LOOP, "resent-from")),
        _addresses(message, ("x-forwarded-to", "resent-to")),
        delivered,
        arc,
    )


def _fields(message: Message, delivered: tuple[str, ...]) -> Iterator[str]:
    for name in _SPEAKING:
        if message.first(name) is not None:
            yield name
    if len(set(delivered)) > 1:
        yield "delivered-to"


Sender = tuple[Rewriting, str, str, str, bool]
"""How it was rewritten, by whom, the original sender, the destination, and whether by BATV."""


def read_sender(mail_from: Address | None) -> Sender:
    """What a sender of the envelope says of forwarding."""
    if mail_from is None:
        return Rewriting.NONE, "", "", "", False
    local, domain = mail_from.local, mail_from.domain.ascii
    if "=" not in local:  # no way of rewriting does without
        return Rewriting.NONE, destination_of(mail_from), "", "", False
    batv = _PRVS.fullmatch(local)
    if batv is not None:
        local = batv[1]
    rewriting, forwarder, original, destination = _decode(local, domain)
    return rewriting, forwarder, original, destination, batv is not None


def _decode(local: str, domain: str) -> tuple[Rewriting, str, str, str]:
    if found := _SRS1.fullmatch(local):
        return Rewriting.SRS1, domain, _join(found[6], found[5]), ""
    if found := _SRS0.fullmatch(local):
        return Rewriting.SRS0, domain, _join(found[4], found[3]), ""
    if found := _MICROSOFT.fullmatch(local):
        return Rewriting.MICROSOFT, _join(found[1], domain), _join(found[5], found[4]), ""
    if found := _CAF.fullmatch(local):
        return Rewriting.CAF, _join(found[1], domain), "", _join(found[2], found[3])
    return Rewriting.NONE, _join(local, domain), "", ""


def _join(local: str, domain: str) -> str:
    """An address in lower case, or nothing where it is none."""
    try:
        return destination_of(parse_address(f"{local}@{domain}"))
    except ValueError:
        return ""


def _addresses(message: Message, names: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses in these fields, each once, in order (X-Forwarded-For has several)."""
    return tuple(dict.fromkeys(address for name in names for address in _in_fields(message, name)))


def _in_fields(message: Message, name: str) -> Iterator[str]:
    for header in islice(message.all(name), ADDRESSES_LIMIT):
        for word in _BETWEEN.split(header.value[:_VALUE_LIMIT])[:ADDRESSES_LIMIT]:
            local, at, domain = word.decode("utf-8", "replace").rpartition("@")
            if at and (address := _join(local, domain)):
                yield address
