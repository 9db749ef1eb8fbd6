"""When an imported message was received: the best witness there is.

What the exporting store knew; else the topmost Received field, which the server wrote that took
the message in the end (RFC 5321 §4.4); else the From_ line of an mbox; else Date, which the
sender wrote; else the time of the file. What lies in the future, or before there was mail, is
nobody's word.
"""

from datetime import UTC, datetime, timedelta

from digest.dates import read_date
from mail.message import Message

_FIRST_MAIL = datetime(1971, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def received_at(
    message: Message,
    now: datetime,
    known: datetime | None = None,
    noted: datetime | None = None,
    file_time: datetime | None = None,
) -> datetime:
    """The moment, aware, in UTC, never later than `now`."""
    witnesses = (known, _received(message), noted, _date(message), file_time)
    for found in witnesses:
        if found is not None and _FIRST_MAIL <= found <= now + _AHEAD:
            return min(found, now)
    return now


def _received(message: Message) -> datetime | None:
    header = message.first("received")
    return None if header is None else _read(header.value.rpartition(b";")[2])


def _date(message: Message) -> datetime | None:
    header = message.first("date")
    return None if header is None else _read(header.value)


def _read(value: bytes) -> datetime | None:
    try:
        found = read_date(value.strip())
        return None if found is None else found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
