"""A sign of life that one process writes and others read, in memory that they share.

A process whose event loop stands still is not dead, so waitpid(2) says nothing; but its pulse
stops. CLOCK_MONOTONIC is the same for all processes of a machine and stands still while the
machine sleeps.
"""

import mmap
import time

BEAT = 0.25
"""Seconds between two beats."""

FRESH = 1.0
"""Seconds after its last beat in which a process counts as able to take new work at once."""


class Pulse:
    """Made before the fork; the child beats it, parent and sisters look at it."""

    def __init__(self) -> None:
        self._last = memoryview(mmap.mmap(-1, 8)).cast("q")

    def beat(self) -> None:
        """I am alive."""
        self._last[0] = time.monotonic_ns()

    def stop(self) -> None:
        """It is known to be dead."""
        self._last[0] = 0

    @property
    def last(self) -> int:
        """When it was last beaten, in nanoseconds of the monotonic clock; 0: never."""
        return self._last[0]

    def is_fresh(self) -> bool:
        """Whether its process is there for new work."""
        return time.monotonic_ns() - self.last < FRESH * 1e9
