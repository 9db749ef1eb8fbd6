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
from typing import Protocol, TypeGuard


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


TEXT_LIMIT = 8192
"""Octets of a TXT record that is read as a policy or a key; no protocol needs more. SPF records
are to fit in 512 (RFC 7208 §3.4), and a 4096-bit key in 750. Of a longer one as many octets and one
more are taken, so that each check sees that it is too long, now and when it decides again."""

Record = str | tuple[int, str] | tuple[bytes, ...]
"""A, AAAA, PTR and CNAME: `str`. MX: (preference, host). TXT: the strings of one record.

Host names are without the final dot, in the case in which they came.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for `rdtype` (in capitals) at `name` (as `plain_name` writes it).

    `records` is empty unless `status` is OK; CNAMEs are followed already, so the records may
    belong to another name. `ttl` is in seconds, `server` says who answered ("zone" for a zone
    file, empty where nobody was asked), `at` when.
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

    @property
    def hosts(self) -> tuple[str, ...]:
        """The records of an A, AAAA, PTR or CNAME answer."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def exchanges(self) -> tuple[tuple[int, str], ...]:
        """The records of an MX answer: (preference, host)."""
        return tuple(record for record in self.records if is_exchange(record))

    @property
    def texts(self) -> tuple[bytes, ...]:
        """The records of a TXT answer, the strings of each joined (RFC 7208 §3.3)."""
        return tuple(b"".join(record) for record in self.records if is_text(record))


def is_exchange(record: Record) -> TypeGuard[tuple[int, str]]:
    """Whether this is the record of an MX answer."""
    return len(record) == 2 and isinstance(record[0], int)


def is_text(record: Record) -> TypeGuard[tuple[bytes, ...]]:
    """Whether this is the record of a TXT answer."""
    return isinstance(record, tuple) and not is_exchange(record)


def text_length(record: tuple[bytes, ...]) -> int:
    """Octets of a TXT record, its strings joined."""
    return sum(map(len, record))


def shortened(record: Record) -> Record:
    """The record, of a long TXT record the first octets in strings as they stand."""
    if not is_text(record) or text_length(record) <= TEXT_LIMIT:
        return record
    kept, room = [], TEXT_LIMIT + 1
    for string in record:
        kept.append(string[:room])
        room -= len(kept[-1])
        if not room:
            break
    return tuple(kept)


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
    if not name.isascii() or len(name) > 253 or _CONTROL.search(name):
        return False
    return all(0 < len(label) <= 63 for label in name.split("."))


def no_answer(name: str, rdtype: str, status: Status, server: str = "") -> Answer:
    """An answer without records."""
    return Answer(plain_name(name), rdtype.upper(), status, server=server)
