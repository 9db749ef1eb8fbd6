"""How many messages the worker takes at a time: few, so that mail is not kept waiting for it, and
more while it lags behind, because what a turn and a commit cost is shared by all of them."""

from dataclasses import dataclass

SMALLEST, LARGEST = 16, 128

LONGEST_SAVING = 0.06
"""Seconds of work, waiting not counted, in which what a portion said is written. On SQLite mail
waits meanwhile."""

LONGEST = 10.0
"""Seconds that a portion takes from beginning to end; far less than its lease lasts."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Of what size the next one is."""

    size: int = SMALLEST

    def after(self, found: int, saving: float, took: float) -> "Portion":
        """The next one, after one in which so many were found; `saving` and `took` are what
        LONGEST_SAVING and LONGEST bound."""
        if saving > LONGEST_SAVING or took > LONGEST:
            return Portion(max(SMALLEST, self.size // 2))
        if found >= self.size and 2 * saving <= LONGEST_SAVING and 2 * took <= LONGEST:
            return Portion(min(LARGEST, self.size * 2))
        return self
