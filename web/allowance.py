"""How often a stranger may ask for something: so many times in a window, counted per client.

The memory is bounded: past `CAPACITY` clients the one that was longest quiet is forgotten. Counts
live in this process and start again with it.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

CAPACITY = 10_000


class Allowance:
    """`limit` times in `window` for each client. Safe to use from several threads."""

    def __init__(
        self, limit: int, window: timedelta, now: Callable[[], datetime], capacity: int = CAPACITY
    ) -> None:
        self._limit = limit
        self._window = window
        self._now = now
        self._capacity = capacity
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def spend(self, client: str) -> timedelta | None:
        """Count one time. None if it may go ahead, else how long to wait."""
        now = self._now()
        with self._lock:
            times = self._times.setdefault(client, deque())
            self._times.move_to_end(client)
            while len(self._times) > self._capacity:
                self._times.popitem(last=False)
            while times and times[0] <= now - self._window:
                times.popleft()
            if len(times) >= self._limit:
                return times[0] + self._window - now
            times.append(now)
            return None
