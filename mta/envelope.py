"""What a session remembers while it goes on, and the frozen `Envelope` that is made of it.

aiosmtpd keeps two mutable objects per connection: a session and an envelope. Ours are those two
with the parsed values in place of its strings; nothing outside this room ever sees them.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from bounce_rules.scope import Scope
from mail.address import Address
from mail.dns_list import NOT_LISTED, Listings
from mail.envelope import Client, Envelope, IPAddress, Tls
from mta.commands import MailCommand
from mta.intake import Intake
from mta.rates import Allowance
from mta.refusals import Refusals


class Peer(SmtpSession):
    """The client of one connection. `host_name` is what it called itself, None before that;
    `allowance` what its network may do in a minute, None where that has no limit; `listings` what
    the DNS lists say of it, None before they are asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop, peername: object) -> None:
        super().__init__(loop)
        self.ip, self.port = client_address(peername)
        self.tls: Tls | None = None
        self.refusals = Refusals()
        self.allowance: Allowance | None = None
        self.listings: Listings | None = None

    def client(self) -> Client:
        """The client as it is known now."""
        return Client(self.ip, self.port, self.host_name or "", self.extended_smtp, self.tls)


class Transaction(SmtpEnvelope):
    """A mail transaction from its MAIL on; `opening` is what was known then, its id among it.

    `recipients` maps each recipient to the id of its mailbox, in the order of their RCPT; `scope`
    is what they have in common, so that one decision can be right for all of them.
    `intake` has the content once it begins to come; `listings` what the DNS lists said of the
    client.
    """

    def __init__(self, opening: Envelope, command: MailCommand) -> None:
        super().__init__()
        self.opening = opening
        self.command = command
        self.recipients: dict[Address, str] = {}
        self.scope = Scope()
        self.intake: Intake | None = None
        self.listings = NOT_LISTED


def client_address(peername: object) -> tuple[IPAddress | None, int]:
    """The address and port of `peername` as asyncio gives it.

    An IPv4 client of an IPv6 socket is an IPv4 client; a zone id says nothing beyond this
    machine. A Unix socket has neither address nor port.
    """
    if not isinstance(peername, tuple) or len(peername) < 2:
        return None, 0
    ip = ip_address(str(peername[0]).partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip, int(peername[1])


def freeze_envelope(transaction: Transaction, at: datetime) -> Envelope:
    """The transaction with all of its recipients; `at` is when it was received."""
    recipients = transaction.recipients
    return replace(
        transaction.opening,
        rcpt_to=tuple(recipients),
        mailboxes=tuple(dict.fromkeys(recipients.values())),
        received_at=at,
    )
