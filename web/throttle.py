"""How often somebody may try a password: counted per client, per name, and per both.

The memory is bounded: past `CAPACITY` keys the one that was longest quiet is forgotten. Counts
live in this process and start again with it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
"""Failures older than this no longer count."""

CAPACITY = 10_000

PAIR_LIMIT, CLIENT_LIMIT, NAME_LIMIT = 5, 20, 50
"""Failures in the window of one client with one name, of one client, and of one name. The last is
generous, so that a stranger cannot lock an operator out by a handful of wrong passwords."""


class Throttle:
    """Counts attempts to sign in. Safe to use from several threads."""

    def __init__(self, now: Callable[[], datetime], capacity: int = CAPACITY) -> None:
        self._now = now
        self._capacity = capacity
        self._lock = threading.Lock()
        self._attempts: OrderedDict[str, list[datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._attempts)

    def admit(self, client: str, name: str) -> timedelta | None:
        """Count one attempt. None if it may go ahead, else how long to wait.

        It is counted before the password is looked at, so that parallel attempts count too.
        """
        with self._lock:
            waits = [self._wait(key, limit) for key, limit in _keys(client, name)]
            wait = max(waits)
            if wait > timedelta(0):
                return wait
            for key, _ in _keys(client, name):
                self._attempts.setdefault(key, []).append(self._now())
                self._attempts.move_to_end(key)
            while len(self._attempts) > self._capacity:
                self._attempts.popitem(last=False)
            return None

    def succeeded(self, client: str, name: str) -> None:
        """The attempt just admitted was a right password: it counts for nobody, and the slate of
        this client with this name is clean."""
        with self._lock:
            pair, *others = (key for key, _ in _keys(client, name))
            self._attempts.pop(pair, None)
            for key in others:
                attempts = self._attempts.get(key)
                if attempts:
                    attempts.pop()

    def _wait(self, key: str, limit: int) -> timedelta:
        """How long until this key has fewer than `limit` attempts in the window."""
        oldest_that_counts = self._now() - WINDOW
        attempts = [at for at in self._attempts.get(key, ()) if at > oldest_that_counts]
        if attempts:
            self._attempts[key] = attempts
        else:
            self._attempts.pop(key, None)
        if len(attempts) < limit:
            return timedelta(0)
        return attempts[-limit] - oldest_that_counts


def _keys(client: str, name: str) -> tuple[tuple[str, int], ...]:
    who = name.casefold()[:100]
    return (
        (f"pair {client} {who}", PAIR_LIMIT),
        (f"client {client}", CLIENT_LIMIT),
        (f"name {who}", NAME_LIMIT),
    )
