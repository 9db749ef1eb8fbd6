"""Transactions to save: small, complete, and different only where a test says so."""

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from mail.address import Address, parse_address
from mail.envelope import Client, Door, Envelope, PulledFrom, Tls
from mail.identifier import new_id
from mail.message import parse_message
from mail.raw import RawMessage
from mail.received import ReceivedMessage, RefusedEnvelope, Trace
from mail.reply import Reply
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    DnsEvidence,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.verdict import Action, Verdict

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

CONTENT = (
    b"From: Li Wei <li@example.org>\r\n"
    b"To: sales@reply.example\r\n"
    b"Subject: Hello\r\n"
    b"Message-ID: <one@example.org>\r\n"
    b"\r\n"
    b"A body.\r\n"
)

REPLIES = {
    Action.ACCEPT: Reply(250, "2.0.0", "accepted"),
    Action.QUARANTINE: Reply(250, "2.0.0", "accepted"),
    Action.REJECT: Reply(550, "5.7.26", "Unauthenticated email from example.org"),
    Action.DEFER: Reply(451, "4.4.3", "The DNS does not answer"),
}

EVIDENCE = (
    DnsEvidence("example.org.", "TXT", "ok", ("v=spf1 -all",), 300, "192.0.2.53", NOON),
    DnsEvidence("_dmarc.example.org.", "TXT", "nxdomain", (), 60, "192.0.2.53", NOON),
)

REPORT = AuthReport(
    spf=SpfResult(SpfWord.PASS, "example.org", "mailfrom", "192.0.2.1 is permitted"),
    dkim=(DkimResult(DkimWord.PASS, "example.org", "s1", "rsa-sha256", "good signature"),),
    arc=ArcResult(ArcWord.NONE, "no chain"),
    dmarc=DmarcResult(
        DmarcWord.PASS, "example.org", "example.org", DmarcPolicy.REJECT, ("spf", "dkim"), "aligned"
    ),
    iprev=IprevResult(IprevWord.PASS, "mail.example.org"),
    evidence=EVIDENCE,
)

TRACE = Trace(
    received=b"Received: from mail.example.org\r\n\tby mx.reply.example; now\r\n",
    authentication_results=b"Authentication-Results: mx.reply.example;\r\n\tspf=pass\r\n",
)


def verdict(action: Action = Action.ACCEPT, rule: str = "deliver") -> Verdict:
    """A verdict of that kind."""
    return Verdict(action, rule, REPLIES[action], reasons=("because",))


def envelope(
    *,
    mail_from: str | None = "li@example.org",
    rcpt_to: Sequence[str] = ("sales@reply.example",),
    mailboxes: Sequence[str] = (),
    at: datetime = NOON,
    door: Door = Door.SMTP,
    pulled_from: PulledFrom | None = None,
    ip: str = "192.0.2.1",
) -> Envelope:
    """An envelope with a new id."""
    return Envelope(
        id=new_id(at),
        door=door,
        client=Client(ip_address(ip), 34567, "mail.example.org", True, Tls("TLSv1.3", "X")),
        mail_from=_address(mail_from),
        rcpt_to=tuple(parse_address(one) for one in rcpt_to),
        received_at=at,
        mailboxes=tuple(mailboxes),
        pulled_from=pulled_from,
    )


def received(
    content: bytes | RawMessage = CONTENT,
    action: Action = Action.ACCEPT,
    letter: Envelope | None = None,
) -> ReceivedMessage:
    """A whole transaction around these bytes."""
    raw = content if isinstance(content, RawMessage) else RawMessage.in_memory(content)
    return ReceivedMessage(letter or envelope(), parse_message(raw), REPORT, verdict(action), TRACE)


def pulled(
    uid: int,
    *,
    content: bytes = CONTENT,
    account: str = "A1",
    folder: str = "INBOX",
    uidvalidity: int = 7,
    mailboxes: Sequence[str] = (),
) -> ReceivedMessage:
    """A message that a bound account gave us."""
    place = PulledFrom(account, folder, uidvalidity, uid)
    letter = envelope(door=Door.IMAP, mailboxes=mailboxes, pulled_from=place)
    return received(content, letter=letter)


def refused(stage: str = "rcpt", recipients: int = 1) -> RefusedEnvelope:
    """An envelope that was refused."""
    return RefusedEnvelope(envelope(), verdict(Action.REJECT, "unknown-user"), stage, recipients)


def spooled(folder: Path, content: bytes) -> RawMessage:
    """The same bytes in a spool file."""
    import hashlib

    path = folder / f"spool-{hashlib.sha256(content).hexdigest()[:8]}"
    path.write_bytes(content)
    return RawMessage.in_file(path, len(content), hashlib.sha256(content).hexdigest())


def _address(text: str | None) -> Address | None:
    return None if text is None else parse_address(text)
