"""When a message was sent, as far as it says so: what its "tomorrow" is counted from."""

from datetime import datetime

from digest.dates import read_date
from digest.fields import Fields


def sent_at(fields: Fields) -> datetime | None:
    """The Date, in its writer's time zone; without one, when the last server received it."""
    value = fields.first("date")
    date = read_date(value) if value is not None else None
    if date is not None:
        return date
    received = fields.first("received")
    return read_date(received.rpartition(b";")[2].strip()) if received else None
