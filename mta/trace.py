"""Our trace fields, made beside a message and never inside it (RFC 5321 §4.4, RFC 8601).

Everything in them that a stranger said is checked against what the grammar allows there, and
left out or replaced where it does not fit: a HELO name must not be able to end a comment, a
field or a line.
"""

import re
from email.utils import format_datetime

from mail.address import Domain
from mail.envelope import Client, Door, Envelope
from mail.message import Message
from mail.received import Trace
from mail.report import AuthReport, IprevWord
from mail.verdict import Override
from verify.results import authentication_results, forged_results

LINE_WISH = 78
"""Octets of a header line that RFC 5322 §2.1.1 would like; 998 is the limit."""

_HELO = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-_]{0,252}|\[[A-Za-z0-9:.]{1,60}\]")
_TOKEN = re.compile(r"[A-Za-z0-9.\-_]{1,60}")
# What stands between spaces, where a space within quotes is none.
_WORD = re.compile(r'(?:[^ "]+|"(?:[^"\\]|\\.)*"|")+')
_LONGEST_FOR = 900
"""Octets; a longer recipient is left out, so that no line passes 998 (RFC 5322 §2.1.1)."""


def stamp(
    envelope: Envelope,
    message: Message,
    report: AuthReport,
    hostname: Domain,
    authserv_id: str,
    override: Override | None = None,
) -> Trace:
    """The fields that we would put on top of `message`, and which of its own claim to be ours.

    `override` is the verdict's, which Authentication-Results tells as well.
    """
    results = authentication_results(report, envelope, authserv_id, override)
    return Trace(
        received=_field("Received", _received(envelope, report, hostname)),
        authentication_results=_field("Authentication-Results", results),
        forged=forged_results(message, authserv_id),
    )


def _received(envelope: Envelope, report: AuthReport, hostname: Domain) -> str:
    """RFC 5321 §4.4 Time-stamp-line. Other doors than SMTP have no client to name."""
    parts = [_from(envelope.client, report)] if envelope.door is Door.SMTP else []
    parts.append(f"by {hostname} with {_protocol(envelope)} id {envelope.id}")
    if len(envelope.rcpt_to) == 1:  # several would tell each of the others (RFC 5321 §7.2)
        recipient = str(envelope.rcpt_to[0])
        if len(recipient.encode()) <= _LONGEST_FOR:
            parts.append(f"for <{recipient}>")
    return f"{' '.join(parts)}; {format_datetime(envelope.received_at)}"


def _from(client: Client, report: AuthReport) -> str:
    """RFC 5321 §4.4 Extended-Domain: what it called itself, and what we know of it."""
    helo = client.helo if _HELO.fullmatch(client.helo) else "unknown"
    named = report.iprev.result is IprevWord.PASS and report.seen_through is None
    name = report.iprev.name if named else ""
    name = name if _HELO.fullmatch(name) else "unknown"
    if client.ip is None:
        return f"from {helo}"
    literal = f"IPv6:{client.ip}" if client.ip.version == 6 else str(client.ip)
    return f"from {helo} ({name} [{literal}])"


def _protocol(envelope: Envelope) -> str:
    """The word after "with" (RFC 3848; RFC 6531 §4.3), and how it was protected."""
    if envelope.door is not Door.SMTP:
        return envelope.door.value.upper()
    tls = envelope.client.tls
    secure = "S" if tls else ""
    if envelope.smtputf8:
        protocol = f"UTF8SMTP{secure}"
    else:
        protocol = f"ESMTP{secure}" if envelope.client.extended else "SMTP"
    if tls is None or not all(map(_TOKEN.fullmatch, (tls.version, tls.cipher))):
        return protocol
    return f"{protocol} ({tls.version} {tls.cipher})"


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
