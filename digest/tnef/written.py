"""What lies in winmail.dat as Outlook's own object, written as others would send it.

A message inside becomes a message (RFC 5322), an invitation a calendar entry (RFC 5545). The same
object always gives the same octets.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from digest.entity import File

_METHODS = {
    "ipm.schedule.meeting.request": "REQUEST",
    "ipm.schedule.meeting.canceled": "CANCEL",
    "ipm.schedule.meeting.resp.pos": "REPLY",
    "ipm.schedule.meeting.resp.neg": "REPLY",
    "ipm.schedule.meeting.resp.tent": "REPLY",
    "ipm.microsoft schedule.mtgreq": "REQUEST",
    "ipm.microsoft schedule.mtgcncl": "CANCEL",
    "ipm.microsoft schedule.mtgrespp": "REPLY",
    "ipm.microsoft schedule.mtgrespn": "REPLY",
    "ipm.microsoft schedule.mtgrespa": "REPLY",
    "ipm.appointment": "PUBLISH",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its properties tell; `bodies` are octets, type and charset of each form."""

    subject: str
    name: str
    address: str
    date: datetime | None
    message_id: str
    message_class: str
    start: datetime | None
    bodies: tuple[tuple[bytes, str, str], ...]
    files: tuple[File, ...]


def as_message(letter: Letter) -> bytes:
    """The letter with header, texts and files."""
    contents = hashlib.sha256(letter.subject.encode("utf-8", "replace"))
    for content in (*(one[0] for one in letter.bodies), *(file.content for file in letter.files)):
        contents.update(content)
    boundary = f"=_{contents.hexdigest()[:32]}"
    parts = [
        _part({"Content-Type": f'{kind}; charset="{charset or "us-ascii"}"'}, content)
        for content, kind, charset in letter.bodies[:1]
    ]
    for file in letter.files:
        named = _word(file.name)
        fields = {
            "Content-Type": f'{_clean(file.content_type)}; name="{named}"',
            "Content-Disposition": f'attachment; filename="{named}"',
        }
        parts.append(_part(fields, file.content))
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + one for one in parts) + f"--{boundary}--\r\n".encode()
    return _header(letter, boundary) + b"\r\n" + body


def _header(letter: Letter, boundary: str) -> bytes:
    author = f"{_word(letter.name)} <{_clean(letter.address)}>".strip()
    lines = [f"Subject: {_word(letter.subject)}", f"From: {author}"]
    if letter.date is not None:
        lines.append(f"Date: {format_datetime(letter.date)}")
    if letter.message_id:
        lines.append(f"Message-ID: {_clean(letter.message_id)}")
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{boundary}"']
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def _part(fields: dict[str, str], content: bytes) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
    head = "".join([*lines, "Content-Transfer-Encoding: base64\r\n\r\n"])
    return head.encode("utf-8", "replace") + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _clean(value: str) -> str:
    return " ".join(value.replace("\0", " ").replace('"', "").split())[:500]


def _word(value: str) -> str:
    """An encoded word (RFC 2047) where it needs to be one."""
    value = _clean(value)
    if value.isascii():
        return value
    octets = value.encode("utf-8", "replace")
    return f"=?utf-8?B?{base64.b64encode(octets).decode('ascii')}?="


def as_calendar(letter: Letter) -> File | None:
    """An invitation as a calendar entry; None if the object is something else."""
    method = _METHODS.get(letter.message_class.lower().rstrip("\0"))
    if method is None or letter.start is None:
        return None
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"),
        f"DTSTART:{letter.start:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_escaped(letter.subject)}",
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    return File("invite.ics", "text/calendar", "\r\n".join(lines).encode("utf-8", "replace"))


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text
