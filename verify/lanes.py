"""Turns for DNS questions, so that servers that do not answer hold up only those who ask them.

Whoever sends us mail chooses whose name servers we ask. If a question kept its turn until it is
given up, a few hundred senders with silent servers would keep everybody's mail waiting.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Lanes:
    """At most `each` questions that were asked just now, and as many that take long.

    A question is asked just now for `quick` seconds; after that it makes room. Where too many
    take long, the one that has taken longest is given up. Belongs to one event loop.
    """

    def __init__(self, each: int, quick: float) -> None:
        self._each = each
        self._quick = quick
        self._turn = asyncio.Semaphore(each)
        self._fresh: set[asyncio.Timeout] = set()
        self._slow: dict[asyncio.Timeout, None] = {}  # in the order of their age

    async def enter(self) -> None:
        """Wait for a turn, which `turn` must take."""
        await self._turn.acquire()

    @contextmanager
    def turn(self, limit: asyncio.Timeout) -> Iterator[None]:
        """For the length of one question; it is given up by letting `limit` run out."""
        self._fresh.add(limit)
        aside = asyncio.get_running_loop().call_later(self._quick, self._step_aside, limit)
        try:
            yield
        finally:
            aside.cancel()
            self._slow.pop(limit, None)
            self._give_back(limit)

    def _give_back(self, limit: asyncio.Timeout) -> None:
        if limit in self._fresh:
            self._fresh.discard(limit)
            self._turn.release()

    def _step_aside(self, limit: asyncio.Timeout) -> None:
        self._slow[limit] = None
        self._give_back(limit)
        if len(self._slow) > self._each:
            longest = next(iter(self._slow))
            del self._slow[longest]
            if not longest.expired():
                longest.reschedule(asyncio.get_running_loop().time())
