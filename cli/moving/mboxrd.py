"""How a message is written into an mbox, so that it can be taken out again octet by octet.

The mboxrd variant: a line of the message that begins with any number of `>` and then `From ` gets
one more `>`, which a reader takes away again. The From_ lines and the empty lines between
messages end with LF; the message keeps its own line ends. One thing an mbox cannot carry: a
message that does not end with a line end gets one.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from mail.raw import BLOCK, RawMessage

_TO_QUOTE = re.compile(rb"(?m)^>*From ")
_LF = ord("\n")
_PLAIN_SENDER = re.compile(r"[!-~]{1,320}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def from_line(mail_from: str | None, at: datetime) -> bytes:
    """`From SENDER DATE`, the date in UTC as asctime writes it (RFC 4155)."""
    known = mail_from is not None and _PLAIN_SENDER.fullmatch(mail_from)
    day = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year}"
    return f"From {mail_from if known else 'MAILER-DAEMON'} {day}\n".encode("ascii")


def quoted(raw: RawMessage) -> Iterator[bytes]:
    """The message with its From_ lines quoted, and the empty line that ends it."""
    with raw.buffer() as view:
        done = 0
        for match in _TO_QUOTE.finditer(view):
            yield from _pieces(view, done, match.start())
            yield b">"
            done = match.start()
        yield from _pieces(view, done, raw.size)
        ends = raw.size == 0 or view[-1] == _LF
    yield b"\n" if ends else b"\n\n"


def is_whole(raw: RawMessage) -> bool:
    """Whether an mbox can carry it exactly."""
    with raw.buffer() as view:
        return raw.size == 0 or view[-1] == _LF


def _pieces(view: memoryview, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, BLOCK):
        yield bytes(view[at : min(at + BLOCK, end)])
