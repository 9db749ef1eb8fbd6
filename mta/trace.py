"""Our trace fields, made beside a message and never inside it (RFC 5321 §4.4, RFC 8601).

Everything in them that a stranger said is checked against what the grammar allows there, and
left out or replaced where it does not fit: a HELO name must not be able to end a comment, a
field or a line.
"""

import re
from datetime import datetime
from email.utils import format_datetime

from mail.address import Domain
from mail.envelope import Client, Door, Envelope
from mail.message import Header, Message
from mail.received import Trace
from mail.reply import printable
from mail.report import AuthReport, IprevWord
from verify.results import authentication_results

LINE_WISH = 78
"""Octets of a header line that RFC 5322 §2.1.1 would like; 998 is the limit."""

_HELO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-_]{0,252})|\[[A-Za-z0-9:.]{1,60}\]")
_WORD = re.compile(r"[^ \t]+")
_FOLD_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|(\s+)')
_AUTHSERV_ID = re.compile(rb'^[ \t]*(?:\([^()]*\)[ \t]*)*"?([^\s;"]+)')


def stamp(
    envelope: Envelope,
    message: Message,
    report: AuthReport,
    hostname: Domain,
    authserv_id: str,
) -> Trace:
    """The fields that we would put on top of `message`, and which of its own claim to be ours."""
    results = authentication_results(report, envelope, authserv_id)
    return Trace(
        received=_field("Received", _received(envelope, report, hostname)),
        authentication_results=_field("Authentication-Results", results),
        forged=_forged(message, authserv_id),
    )


def _received(envelope: Envelope, report: AuthReport, hostname: Domain) -> str:
    """RFC 5321 §4.4 Time-stamp-line. Other doors than SMTP have no client to name."""
    parts = [_from(envelope.client, report)] if envelope.door is Door.SMTP else []
    parts.append(f"by {hostname} with {_protocol(envelope)} id {envelope.id}")
    if len(envelope.rcpt_to) == 1:  # several would tell each of the others (RFC 5321 §7.2)
        parts.append(f"for <{_for(str(envelope.rcpt_to[0]))}>")
    return " ".join(parts) + "; " + _date(envelope.received_at)


def _from(client: Client, report: AuthReport) -> str:
    """RFC 5321 §4.4 Extended-Domain: what it called itself, and what we know of it."""
    helo = client.helo if _HELO.fullmatch(client.helo) else "unknown"
    name = report.iprev.name if report.iprev.result is IprevWord.PASS else ""
    name = name if _HELO.fullmatch(name) else "unknown"
    if client.ip is None:
        return f"from {helo}"
    literal = f"IPv6:{client.ip}" if client.ip.version == 6 else str(client.ip)
    return f"from {helo} ({name} [{literal}])"


def _protocol(envelope: Envelope) -> str:
    """The word after "with" (RFC 3848; RFC 6531 §4.3)."""
    if envelope.door is not Door.SMTP:
        return envelope.door.value.upper()
    secure = "S" if envelope.client.tls else ""
    if envelope.smtputf8:
        return f"UTF8SMTP{secure}"
    return f"ESMTP{secure}" if envelope.client.extended else "SMTP"


def _for(address: str) -> str:
    """The recipient; non-ASCII stands as it is only in the UTF-8 form of the field (RFC 6532)."""
    return address


def _date(at: datetime) -> str:
    """RFC 5322 §3.3 date-time."""
    return format_datetime(at)


def _field(name: str, value: str) -> bytes:
    """One field folded before the words that would pass the wished length, with a final CRLF."""
    lines, line = [], f"{name}:"
    for word in _WORD.findall(value):
        if len(line) + 1 + len(word) > LINE_WISH and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    lines.append(line)
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def _forged(message: Message, authserv_id: str) -> tuple[int, ...]:
    """The positions of fields that bear our authserv-id though we did not write them.

    RFC 8601 §5: they must not survive where the message is handed on.
    """
    return tuple(
        position
        for position, header in enumerate(message.headers)
        if header.key == "authentication-results" and _claims(header, authserv_id)
    )


def _claims(header: Header, authserv_id: str) -> bool:
    match = _AUTHSERV_ID.match(header.value)
    if match is None:
        return False
    return printable(match[1].decode("latin-1")).lower() == authserv_id.lower()
