"""One message that a source holds: where it lies, how to read it, and what is known beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mail.address import Address
from mail.errors import Problem
from store.imports import NO_MARKS, Marks


class Unreadable(Problem):
    """One message of a source cannot be taken; the next one may be. One line without its place."""


@dataclass(frozen=True, slots=True)
class Found:
    """`where` names file and octet for a person. `read` gives the bytes and raises Unreadable or
    OSError. `exact` says that they are those of the message already, whatever its line ends.

    `next` is the octet at which a source of one file goes on after this message. `received_at`
    is known for sure, `noted` by somebody between us and the sender (a From_ line), `file_time`
    is the file's. `envelope` is None where only the header tells of one.
    """

    where: str
    read: Callable[[], bytes]
    next: int = 0
    exact: bool = False
    received_at: datetime | None = None
    noted: datetime | None = None
    file_time: datetime | None = None
    marks: Marks = field(default=NO_MARKS)
    envelope: "KnownEnvelope | None" = None


@dataclass(frozen=True, slots=True)
class KnownEnvelope:
    """What the exporting store knew of the SMTP transaction; `mail_from` None is `<>`."""

    mail_from: Address | None
    rcpt_to: tuple[Address, ...]


def on_the_wire(content: bytes) -> bytes:
    """A message of a file with the line ends of that file as it was on the wire.

    RFC 5322 §2.1: lines end with CRLF; files on disk have LF instead. So where no CRLF is, each
    LF becomes one. A message that has a CRLF anywhere was kept as it came, bare LFs and all.
    """
    if b"\r\n" in content:
        return content
    return content.replace(b"\n", b"\r\n")
