"""Whether data come fast enough: a client must not hold a session for an octet now and then.

The time-out for a block (RFC 5321 §4.5.3.2.5) begins anew with each octet. So the octets of each
window of time are counted too. Only time in which we waited for the client counts, and the first
window is over before anything is judged: a stall of a few minutes is forgiven.
"""

from mta.settings import SmtpSettings


class TransferRate:
    """Counts the data of one transaction."""

    __slots__ = ("_least", "_octets", "_paused_at", "_waited", "_window")

    def __init__(self, settings: SmtpSettings) -> None:
        self._window = settings.transfer_window
        self._least = settings.min_transfer_rate * self._window
        self._octets = 0
        self._waited = 0.0
        self._paused_at: float | None = None

    def patience(self, seconds: float) -> float:
        """How long to wait for the next block, `seconds` at most: no longer than to the end of a
        window that has too little yet."""
        if self._octets >= self._least:
            return seconds
        return min(seconds, max(self._window - self._waited, 0.0))

    def came(self, octets: int, waited: float) -> bool:
        """A block has come, for which we waited so many seconds. False: they are too slow."""
        self._octets += octets
        self._waited += waited
        if self._waited < self._window:
            return True
        fast = self._octets >= self._least
        self._octets, self._waited = 0, 0.0
        return fast

    def pause(self, now: float) -> None:
        """A chunk is over (RFC 3030 §2); the time until the next one is the client's, too."""
        self._paused_at = now

    def go_on(self, now: float) -> bool:
        """The next chunk begins. False: they are too slow."""
        paused, self._paused_at = self._paused_at, None
        return paused is None or self.came(0, now - paused)
