"""A message that was found elsewhere becomes one that can be stored.

Nobody delivered it to us, so there is no client to ask SPF about, keys have rotated since, and
whatever its own Authentication-Results say, they are not ours. So nothing is verified: its report
says `none` everywhere with that reason, and it is never shown as authenticated.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from cli.moving.found import Found, on_the_wire
from cli.moving.moment import received_at
from mail.address import Address, Domain, parse_address
from mail.envelope import Client, Door, Envelope
from mail.identifier import new_id
from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.received import ReceivedMessage, Trace
from mail.reply import Reply
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.verdict import Action, Verdict
from pull.incoming import return_path
from store.imports import Import
from store.mailboxes import Mailbox
from verify.dmarc.author import find_author
from verify.results import forged_results

NOT_VERIFIED = "it was imported: nobody delivered it to us, so nothing was verified"

_FOR_WHOM = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Where imported mail lies, and the names in our trace fields. `exact` keeps the line ends
    of files as they are."""

    mailbox: Mailbox
    hostname: Domain
    authserv_id: str
    exact: bool

    def arrive(self, found: Found, now: datetime) -> Import:
        """Read and describe one message. Raises Unreadable and OSError."""
        content = found.read()
        if not (self.exact or found.exact):
            content = on_the_wire(content)
        raw = RawMessage.in_memory(content)
        message = parse_message(raw)
        at = received_at(message, now, found.received_at, found.noted, found.file_time)
        envelope = self._envelope(found, message, at)
        received = ReceivedMessage(
            envelope, message, unverified(message), _verdict(found), self._trace(envelope, message)
        )
        return Import(received, found.marks)

    def _envelope(self, found: Found, message: Message, at: datetime) -> Envelope:
        known = found.envelope
        return Envelope(
            id=new_id(at),
            door=Door.IMPORT,
            client=Client(ip=None),
            mail_from=known.mail_from if known else return_path(message.raw),
            rcpt_to=known.rcpt_to if known else self._recipients(message),
            received_at=at,
            mailboxes=(self.mailbox.id,),
        )

    def _recipients(self, message: Message) -> tuple[Address, ...]:
        """For whom it was delivered, as far as the header tells of an address of this mailbox:
        others in it would be made recipients by a stranger's word."""
        ours = self.mailbox.address.lower()
        found = [
            address
            for name in _FOR_WHOM
            for header in message.all(name)
            if (address := _address(header.value)) is not None
            and ours in (address.domain.ascii, str(address).lower())
        ]
        if not found and self.mailbox.kind == "bound":
            found = [parse_address(self.mailbox.address)]
        return tuple(dict.fromkeys(found))

    def _trace(self, envelope: Envelope, message: Message) -> Trace:
        """RFC 8601 §2.2: `none` says that no authentication was tried."""
        results = f"Authentication-Results: {self.authserv_id}; none\r\n"
        when = format_datetime(envelope.received_at)
        received = f"Received: by {self.hostname} with IMPORT id {envelope.id};\r\n {when}\r\n"
        forged = forged_results(message, self.authserv_id)
        return Trace(received.encode(), results.encode(), forged)


def unverified(message: Message) -> AuthReport:
    """The report of a message that nothing is known of but its author field."""
    author = find_author(message)
    domain = author.domain.ascii if author.domain else ""
    return AuthReport(
        spf=SpfResult(SpfWord.NONE, "", "mailfrom", NOT_VERIFIED),
        dkim=(),
        arc=ArcResult(ArcWord.NONE, NOT_VERIFIED),
        dmarc=DmarcResult(
            DmarcWord.NONE, domain, "", DmarcPolicy.NONE, (), NOT_VERIFIED, author=author.word
        ),
        iprev=IprevResult(IprevWord.PERMERROR, "", NOT_VERIFIED),
    )


def _verdict(found: Found) -> Verdict:
    action = Action.QUARANTINE if found.marks.held else Action.ACCEPT
    return Verdict(action, "imported", Reply(250, "2.0.0", "imported"), reasons=(NOT_VERIFIED,))


def _address(value: bytes) -> Address | None:
    try:
        return parse_address(value.decode("utf-8", "replace").strip().strip("<>"))
    except ValueError:
        return None
