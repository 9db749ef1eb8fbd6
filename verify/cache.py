"""Remembers DNS answers for as long as they are good (RFC 1035 §7.4, RFC 2308 §5).

Bounded twice: by entries, and by the octets in them, because one hostile answer may be 64 KB.
What was used longest ago goes first.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from verify.answer import Answer, Status
from verify.record import is_exchange

_OVERHEAD = 1000
"""Octets that an entry costs besides its records, with what checks work out of it (measured for
an A record: some 850)."""

_STRING = 100
"""The same for each of its records, in each of the two forms: an answer may have four thousand."""


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Seconds and sizes. `floor` and `cap` bound the TTL of what exists, `negative_cap` that of
    what does not; a failure is kept for `failure` seconds, so that one dead zone does not cost
    a time-out per message. `octets` counts records and keys."""

    floor: int = 30
    cap: int = 4 * 3600
    negative_cap: int = 900
    failure: int = 30
    entries: int = 50_000
    octets: int = 64 * 1024 * 1024


class AnswerCache:
    """Answers by (plain name, type)."""

    def __init__(self, limits: CacheLimits, now: Callable[[], datetime]) -> None:
        self._limits = limits
        self._now = now
        self._entries: OrderedDict[tuple[str, str], tuple[Answer, datetime, int]] = OrderedDict()
        self._octets = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: tuple[str, str]) -> Answer | None:
        """The answer, if it is known and still good."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._now():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: tuple[str, str], answer: Answer) -> None:
        """Keep the answer, at the cost of the ones that were used longest ago."""
        if key in self._entries:
            self._drop(key)
        size = _size(key, answer)
        until = self._now() + timedelta(seconds=self._seconds(answer))
        self._entries[key] = answer, until, size
        self._octets += size
        while len(self._entries) > self._limits.entries or self._octets > self._limits.octets:
            self._drop(next(iter(self._entries)))

    def _seconds(self, answer: Answer) -> int:
        limits = self._limits
        if answer.failed:
            return limits.failure
        cap = limits.cap if answer.status is Status.OK else limits.negative_cap
        return max(min(answer.ttl, cap), min(limits.floor, cap))

    def _drop(self, key: tuple[str, str]) -> None:
        self._octets -= self._entries.pop(key)[2]


def _size(key: tuple[str, str], answer: Answer) -> int:
    """Records are counted twice and with what strings cost: as they came, and as evidence has
    them, where an octet may take four characters."""
    octets = _OVERHEAD + 2 * len(key[0])
    for record in answer.records:
        octets += 2 * _STRING
        if isinstance(record, str):
            octets += 2 * len(record)
        elif is_exchange(record):
            octets += 2 * len(record[1])
        else:
            octets += sum(5 * len(part) + 40 for part in record if isinstance(part, bytes))
    return octets
