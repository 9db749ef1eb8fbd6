"""How many offered forwarders wait for a decision: the number beside a word of the navigation."""

from collections.abc import Callable
from datetime import datetime, timedelta

from mail.errors import StoreProblem
from store.database import Database
from store.forward_paths import find_offers

LIFETIME = timedelta(minutes=1)
"""For so long a number is good enough: it stands on every page, and costs a look at the log."""


class OfferCount:
    """The number as of at most a minute ago."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._counted: tuple[datetime, int] | None = None

    def __call__(self) -> int:
        """The number; 0 where the store cannot say, because no page may fail for it."""
        now, counted = self._now(), self._counted
        if counted is not None and now - counted[0] < LIFETIME:
            return counted[1]
        try:
            number = len(find_offers(self._database, now))
        except StoreProblem:
            return 0
        self._counted = (now, number)
        return number

    def forget(self) -> None:
        """Somebody decided: count again."""
        self._counted = None
