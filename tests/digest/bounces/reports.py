"""Delivery reports as mail systems write them, for tests: whole messages with what they mean.

All of them are our own: the shape is each system's, people and domains are invented.
"""

import base64
from dataclasses import dataclass
from email.header import Header

SENDER = "news@acme.example"
"""Who wrote the messages that came back."""


@dataclass(frozen=True, slots=True)
class Case:
    """One whole message, and what has to be read from it; None: anything will do.

    `mail_from` is the envelope's sender, "" for the null sender.
    """

    name: str
    raw: bytes
    kind: str | None = None
    recipient: str | None = None
    status: str | None = None
    message_id: str | None = None
    permanent: bool | None = True
    category: str = "bounce"
    mail_from: str | None = ""


def original(to: str, message_id: str, subject: str = "Our offer for spring") -> str:
    """The message of ours that came back."""
    return (
        "Received: from mail.acme.example (mail.acme.example [192.0.2.10])\n"
        "\tby mx.relay.example with ESMTPS id 4F1; Tue, 10 Nov 2026 08:00:00 +0000\n"
        f"From: Acme News <{SENDER}>\nTo: {to}\nSubject: {subject}\n"
        f"Date: Tue, 10 Nov 2026 08:00:00 +0000\nMessage-ID: {message_id}\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        "Dear friends,\n\nwe have new samples. May we send you some?\n\nAcme\n"
    )


def headers_of(to: str, message_id: str) -> str:
    return original(to, message_id).partition("\n\n")[0] + "\n"


def status_of(
    recipient: str,
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    action: str = "failed",
    reporter: str = "dns; mx.relay.example",
    more: str = "",
) -> str:
    """A message/delivery-status body with one recipient."""
    lines = f"Reporting-MTA: {reporter}\nArrival-Date: Tue, 10 Nov 2026 08:00:01 +0000\n\n"
    if recipient:
        lines += f"Final-Recipient: rfc822; {recipient}\n"
    lines += f"{more}Action: {action}\nStatus: {status}\n"
    return lines + (f"Diagnostic-Code: {diagnostic}\n" if diagnostic else "")


def part(
    body: str, kind: str = "text/plain; charset=utf-8", coding: str = "8bit", more: str = ""
) -> bytes:
    octets = body.encode()
    if coding == "base64":
        octets = base64.encodebytes(octets)
    head = f"Content-Type: {kind}\nContent-Transfer-Encoding: {coding}\n{more}\n"
    return head.encode() + octets


def mail(
    sender: str,
    subject: str,
    parts: list[bytes] | str,
    kind: str = 'multipart/report; report-type="delivery-status"',
    more: str = "",
    to: str = SENDER,
    charset: str = "utf-8",
    coding: str = "8bit",
) -> bytes:
    """A whole message: of parts, or of one text."""
    head = (
        f"Return-Path: <>\nReceived: by mx.acme.example; Tue, 10 Nov 2026 08:00:05 +0000\n"
        f"From: {sender}\nTo: {to}\nSubject: {_subject(subject)}\n"
        f"Date: Tue, 10 Nov 2026 08:00:04 +0000\nMessage-ID: <report-{len(subject)}@mx.relay.example>\n"
        f"{more}MIME-Version: 1.0\n"
    )
    if isinstance(parts, str):
        octets = parts.encode(charset)
        octets = base64.encodebytes(octets) if coding == "base64" else octets
        kind = kind if kind.startswith("text/") else "text/plain"
        head += f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {coding}\n\n"
        content = head.encode() + octets
    else:
        head += f'Content-Type: {kind}; boundary="=_report_1"\n\n'
        body = b"".join(b"--=_report_1\n" + one + b"\n" for one in parts)
        content = (
            head.encode() + b"This is a MIME-encapsulated message.\n\n" + body + b"--=_report_1--\n"
        )
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _subject(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


def returned(to: str, message_id: str, headers_only: bool = False) -> bytes:
    if headers_only:
        return part(headers_of(to, message_id), "text/rfc822-headers", "7bit")
    return part(original(to, message_id), "message/rfc822")
