"""How much one client network may do in a minute, counted by all SMTP processes together.

The counts lie in one table of fixed size, in memory that the parent makes before it forks. So a
client has the same room whichever process it meets and however few connections it has (a part
for each process would punish who sends all of its mail over one connection), a process that is
started again forgives nothing, and no number of networks can make the table grow: each has a
choice of `WAYS` places, known only to us, and a newcomer takes the one that was idle longest.

A network's bucket of a kind holds a minute's worth and is refilled within a minute; what is kept
of it is the time at which it will be full again. No lock: two processes that count for one
network in the same microsecond lose one of both counts.
"""

import mmap
import os
import time
from collections.abc import Callable
from enum import IntEnum
from hashlib import blake2b

from mail.envelope import IPAddress
from mta.settings import SmtpSettings

SETS = 4096
WAYS = 8
"""32,768 networks in 1.3 MB, for all processes."""

MINUTE = 60.0

_WIDE = 8
"""How many times the room of a /64 the /48 around it has: who has a /48 has 65,536 of them."""


class Kind(IntEnum):
    """What is counted; the number is its place behind the network's key."""

    CONNECTIONS = 1
    MESSAGES = 2
    RECIPIENTS = 3
    ERRORS = 4


_SLOT = 1 + len(Kind)
"""Numbers of one network: its key, and a time for each kind."""


class RateTable:
    """The memory that sister processes share. Make it before they are forked."""

    def __init__(self, sets: int = SETS) -> None:
        self._memory = mmap.mmap(-1, sets * WAYS * _SLOT * 8)
        self.keys = memoryview(self._memory).cast("Q")
        self.times = memoryview(self._memory).cast("d")
        self._sets = sets
        self._secret = os.urandom(16)

    def key(self, network: bytes) -> int:
        """A number for a network that nobody outside can foresee; never 0."""
        digest = blake2b(network, digest_size=8, key=self._secret).digest()
        return int.from_bytes(digest, "little") or 1

    def find(self, key: int) -> int:
        """The slot of `key`: its own, or one that is cleared for it."""
        keys = self.keys
        first = key % self._sets * WAYS * _SLOT
        slots = range(first, first + WAYS * _SLOT, _SLOT)
        for slot in slots:
            if keys[slot] == key:
                return slot
        slot = min(slots, key=self._busy_until)
        for kind in Kind:
            self.times[slot + kind] = 0.0
        keys[slot] = key
        return slot

    def _busy_until(self, slot: int) -> float:
        return max(self.times[slot + kind] for kind in Kind)


class Allowance:
    """What one client network may still do, for as long as a connection of it lasts."""

    __slots__ = ("_clock", "_costs", "_keys", "_table")

    def __init__(
        self,
        table: RateTable,
        keys: tuple[tuple[int, int], ...],
        costs: tuple[float, ...],
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._keys = keys
        self._costs = costs
        self._clock = clock

    def take(self, kind: Kind) -> bool:
        """Count one. False if that is one too many; then it is not counted."""
        cost = self._costs[kind]
        if not cost:
            return True
        now, times = self._clock(), self._table.times
        places = [(self._table.find(key) + kind, cost / room) for key, room in self._keys]
        if any(times[place] - now > MINUTE - own for place, own in places):
            return False
        for place, own in places:
            times[place] = max(times[place], now) + own
        return True

    def has_room(self, kind: Kind) -> bool:
        """Whether one more would be taken, without counting it."""
        cost = self._costs[kind]
        now, table = self._clock(), self._table
        return not cost or all(
            table.times[table.find(key) + kind] - now <= MINUTE - cost / room
            for key, room in self._keys
        )


class Rates:
    """The limits per minute; `of` a client gives what its network may do."""

    def __init__(
        self,
        settings: SmtpSettings,
        table: RateTable | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` counts seconds and is the same in all processes."""
        limits = (
            settings.connections_per_minute,
            settings.messages_per_minute,
            settings.recipients_per_minute,
            settings.errors_per_minute,
        )
        self._costs = (0.0, *(MINUTE / limit if limit else 0.0 for limit in limits))
        self._large_senders = settings.large_senders
        self._clock = clock
        self._table = (table or RateTable()) if any(limits) else None

    def of(self, ip: IPAddress | None) -> Allowance | None:
        """None for who has no such limits: large senders, and everybody where none is set."""
        if self._table is None or ip is None or any(ip in one for one in self._large_senders):
            return None
        keys = tuple((self._table.key(network), room) for network, room in client_networks(ip))
        return Allowance(self._table, keys, self._costs, self._clock)


def client_networks(ip: IPAddress) -> tuple[tuple[bytes, int], ...]:
    """What counts as one client, as the octets that its addresses have in common, and how many
    times a client's room it has: a /24 of IPv4, a /64 of IPv6 and the /48 around it."""
    octets = ip.packed
    if ip.version == 4:
        return ((octets[:3], 1),)
    return (octets[:8], 1), (octets[:6], _WIDE)
