"""Whom the operator trusts with forwarded mail: for which destination, and until when.

Forwarding breaks DMARC, so a forwarder whom somebody here knows may be believed. Each trust is
as narrow as it was given: a name alone holds for all destinations, a learned path for one
destination, one forwarder's mailbox and one way of knowing it. Pure values; expiry is judged at
the time when a message came in, so that judging it again later gives the same answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mail.address import Address, parse_domain, split_at


class Known(StrEnum):
    """How a forwarder is recognised. HELO is no way: anybody can say anything there."""

    SEAL = "seal"
    """It sealed the ARC chain last, and says that the author domain had passed."""
    CLIENT = "client"
    """The client's confirmed reverse name, or the MAIL FROM domain that SPF passed for."""
    SPF = "spf"
    """SPF passed for exactly this MAIL FROM domain."""


@dataclass(frozen=True, slots=True)
class Trust:
    """One forwarder who is trusted. `name` is a domain (A-labels, lower case).

    `destination` is an address or a domain of ours, or empty for all. `forwarder` is, for a
    learned path, the forwarding mailbox or domain that MAIL FROM must name as well. `path` is the
    id of a learned path in the store.
    """

    known_by: Known
    name: str
    destination: str = ""
    expires: datetime | None = None
    note: str = ""
    forwarder: str = ""
    path: str = ""

    def __post_init__(self) -> None:
        if self.expires is not None and self.expires.tzinfo is None:
            raise ValueError("expires must be an aware datetime")

    def covers(self, recipient: Address) -> bool:
        """Whether `recipient` is its destination; local parts of ours have no case."""
        if not self.destination or self.destination == recipient.domain.ascii:
            return True
        return self.destination == destination_of(recipient)

    def holds(self, recipients: Sequence[Address], at: datetime) -> bool:
        """Whether it counts for a message to all of `recipients` that came at `at`."""
        if self.expires is not None and at >= self.expires:
            return False
        if not self.destination:
            return True
        return bool(recipients) and all(map(self.covers, recipients))


def destination_of(recipient: Address) -> str:
    """A recipient as a destination is written: all in lower case."""
    return f"{recipient.local.lower()}@{recipient.domain.ascii}"


def parse_destination(text: str) -> str:
    """An address or a domain in the one spelling of destinations; empty or `*` is all.

    Raises ValueError with the reason.
    """
    text = text.strip()
    if text in ("", "*"):
        return ""
    if "@" not in text:
        return parse_domain(text).ascii
    local, domain = split_at(text)
    if not local:
        raise ValueError("nothing stands before the @")
    return f"{local.lower()}@{parse_domain(domain).ascii}"


def sealers(trusts: Iterable[Trust], recipients: Sequence[Address], at: datetime) -> frozenset[str]:
    """The names whose seals are taken for a message to `recipients`."""
    return frozenset(
        one.name for one in trusts if one.known_by is Known.SEAL and one.holds(recipients, at)
    )
