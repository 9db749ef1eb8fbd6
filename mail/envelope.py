"""Who brought the message, from whom, to whom, when, and through which door."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from mail.address import Address

IPAddress = IPv4Address | IPv6Address


class Door(StrEnum):
    """How a message came into the house."""

    SMTP = "smtp"
    """A peer delivered it to our MX; it may be refused."""
    IMAP = "imap"
    """We fetched it from a bound account; its provider was the border, so it is never refused."""
    IMPORT = "import"
    """The operator brought it from elsewhere; like IMAP, never refused."""


@dataclass(frozen=True, slots=True)
class Tls:
    """What protected the connection: `version` such as `TLSv1.3`, `cipher` as OpenSSL names it."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class Client:
    """The peer at the other end of the connection.

    `ip` is None for a door that knows no client address. `helo` is what it called itself, as it
    came; `extended` whether it said EHLO (RFC 5321 §2.2.1).
    """

    ip: IPAddress | None
    port: int = 0
    helo: str = ""
    extended: bool = True
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class PulledFrom:
    """Where in a bound account a message was found (RFC 9051 §2.3.1): the key that tells
    whether it was taken already."""

    account_id: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """One transaction's facts, frozen before anything is decided on them (RFC 5321 §2.3.1).

    `id` is the transaction's id; `mail_from` is None for the null sender `<>`; `mailboxes` are
    the ids of the mailboxes that the recipients lead to, each once, in the recipients' order;
    `body` is 7BIT, 8BITMIME or BINARYMIME as the peer declared it; `received_at` is aware.
    """

    id: str
    door: Door
    client: Client
    mail_from: Address | None
    rcpt_to: tuple[Address, ...]
    received_at: datetime
    mailboxes: tuple[str, ...] = ()
    body: str = "7BIT"
    smtputf8: bool = False
    pulled_from: PulledFrom | None = field(default=None)

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("received_at must be an aware datetime")
        if (self.pulled_from is not None) != (self.door is Door.IMAP):
            raise ValueError("pulled_from belongs to messages of the IMAP door, and to all of them")
