"""Small real things that the tests of all rooms share: a clock, a DNS, an envelope.

None of them replaces a part of the house by a pretence: the clock is a callable such as the
programs pass in, and the DNS is the zone file resolver that `verify.dns_zones` uses.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from mail.address import Address, parse_address
from mail.envelope import Client, Door, Envelope, PulledFrom
from verify.zones import ZoneResolver

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


ZONES: dict[str, list[Any]] = {
    "example.com": [
        {"TXT": "v=spf1 ip4:192.0.2.0/24 -all"},
        {"MX": [10, "mx.example.com"]},
        {"A": "192.0.2.1"},
    ],
    "_dmarc.example.com": [{"TXT": "v=DMARC1; p=reject"}],
    "mx.example.com": [{"A": "192.0.2.1"}],
    "1.2.0.192.in-addr.arpa": [{"PTR": "mx.example.com"}],
    "nopolicy.example": [{"A": "192.0.2.2"}],
    "slow.example": ["TIMEOUT"],
}
"""A sender with SPF and DMARC at 192.0.2.1, one without a policy, and one whose DNS is dead."""


def ready_zone(more: dict[str, Any] | None = None) -> ZoneResolver:
    """`ZONES` and the names of `more`, which win."""
    return ZoneResolver.from_mapping({**ZONES, **(more or {})})


def make_envelope(
    ip: str | None = "192.0.2.1",
    mail_from: str | None = "alice@example.com",
    rcpt_to: tuple[str, ...] = ("bob@reply.example",),
    helo: str = "mx.example.com",
    door: Door = Door.SMTP,
) -> Envelope:
    """An envelope as the door freezes it; `mail_from` None or "" is the null sender."""
    sender: Address | None = parse_address(mail_from) if mail_from else None
    return Envelope(
        id="01JD0000000000000000000000",
        door=door,
        client=Client(ip=None if ip is None else ip_address(ip), port=25000, helo=helo),
        mail_from=sender,
        rcpt_to=tuple(parse_address(one) for one in rcpt_to),
        received_at=NOON,
        pulled_from=PulledFrom("account", "INBOX", 1, 1) if door is Door.IMAP else None,
    )
