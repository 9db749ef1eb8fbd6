"""What the DNS said: the one form in which every check gets its answers.

A DNS answer is a value like any other here: a status word, the records, and where they came
from. Nothing that a name server does is an exception; a check reads `status` and decides what
the protocol says about it. `Resolver` is the seam: the real one, a zone file and a recorder
all answer `query`, and no check knows which of them it asks.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import Protocol

from mail.report import DnsEvidence
from verify.presentation import present
from verify.record import TEXT_LIMIT, Record, is_exchange, is_text, shortened, text_length

__all__ = [
    "TEXT_LIMIT",
    "Answer",
    "Record",
    "Resolver",
    "Status",
    "can_be_asked",
    "no_answer",
    "plain_name",
    "shortened",
]


class Status(StrEnum):
    """How a query ended (RFC 2308 §2 for the two kinds of "there is none")."""

    OK = "ok"
    """There are records."""
    NODATA = "nodata"
    """The name exists, without records of this type."""
    NXDOMAIN = "nxdomain"
    """The name does not exist, and no name below it does (RFC 8020)."""
    SERVFAIL = "servfail"
    """A server answered that it cannot answer; another time it may."""
    TIMEOUT = "timeout"
    """No server answered in time."""


@dataclass(frozen=True)
class Answer:
    """What came of asking for `rdtype` (in capitals) at `name` (as `plain_name` writes it).

    `records` is empty unless `status` is OK; CNAMEs are followed already, so the records may
    belong to another name. `ttl` is in seconds, `server` says who answered ("zone" for a zone
    file, empty where nobody was asked), `at` when.

    No slots: what is worked out of an answer is kept with it, for as long as it is cached.
    """

    name: str
    rdtype: str
    status: Status
    records: tuple[Record, ...] = ()
    ttl: int = 0
    server: str = ""
    at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether the DNS did not answer, so that nothing is known (a temporary error)."""
        return self.status in (Status.SERVFAIL, Status.TIMEOUT)

    @property
    def trouble(self) -> str:
        """Words for a failed query, to follow its name."""
        return "timed out" if self.status is Status.TIMEOUT else "failed (SERVFAIL)"

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The records of an A, AAAA, PTR or CNAME answer."""
        return tuple(record for record in self.records if isinstance(record, str))

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The addresses of an A or AAAA answer as numbers: there may be thousands, and a record
        may lead to them again and again."""
        return tuple(int(ip_address(host)) for host in self.hosts)

    @cached_property
    def exchanges(self) -> tuple[tuple[int, str], ...]:
        """The records of an MX answer: (preference, host)."""
        return tuple(record for record in self.records if is_exchange(record))

    @cached_property
    def texts(self) -> tuple[bytes, ...]:
        """The records of a TXT answer, the strings of each joined (RFC 7208 §3.3)."""
        return tuple(b"".join(record) for record in self.records if is_text(record))

    @cached_property
    def has_long_text(self) -> bool:
        """Whether a TXT record is longer than any that is read (`TEXT_LIMIT`)."""
        return any(is_text(one) and text_length(one) > TEXT_LIMIT for one in self.records)

    @cached_property
    def presented(self) -> tuple[str, ...]:
        """The records as the evidence has them."""
        return tuple(present(record) for record in self.records)

    @cached_property
    def evidence(self) -> DnsEvidence | None:
        """What the report keeps of it; None if nobody knows when it came."""
        return None if self.at is None else self.evidence_of(self.at)

    def evidence_of(self, at: datetime) -> DnsEvidence:
        """What the report keeps of it, if it came at `at`."""
        return DnsEvidence(
            name=self.name,
            rdtype=self.rdtype,
            status=self.status.value,
            records=self.presented,
            ttl=self.ttl,
            server=self.server,
            at=at,
        )


class Resolver(Protocol):
    """Who answers DNS questions."""

    async def query(self, name: str, rdtype: str) -> Answer:
        """The answer for an absolute name; never raises for what the DNS did."""
        ...


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def plain_name(name: str) -> str:
    """A name as answers and caches write it: lower case, without the final dot."""
    return name.removesuffix(".").lower()


def can_be_asked(name: str) -> bool:
    """Whether a DNS message can hold the (plain) name: RFC 1035 §2.3.4, and no control bytes.

    Names that are not ASCII cannot be asked either: domains come here as A-labels, and a macro
    that put a non-ASCII local part into a name matches nothing (RFC 8616 §4).
    """
    return len(name) <= 253 and name.isascii() and _has_labels(name)


@lru_cache(maxsize=4096)
def _has_labels(name: str) -> bool:
    if _CONTROL.search(name):
        return False
    return all(0 < len(label) <= 63 for label in name.split("."))


def no_answer(name: str, rdtype: str, status: Status, server: str = "") -> Answer:
    """An answer without records."""
    return Answer(plain_name(name), rdtype.upper(), status, server=server)
