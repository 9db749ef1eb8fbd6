"""A small part of the store kept in memory, as of at most about a second ago.

Who decides about mail asks for it with every recipient and must never wait for the store. The
embedded one answers in a moment, so it is asked on the way. A server may be slow or away, and the
event loop would stand still with it; there a thread reads again each second, whoever asks or not.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from mail.errors import StoreProblem
from store.database import Database

_log = logging.getLogger("postern.store")

REFRESH_SECONDS = 1.0

T = TypeVar("T")


class Renewed(Generic[T]):
    """What `read` made of the store lately; what it raises leaves the last value as it is.

    `name` is for the log. Of a server's store the first value is read at once, so making one
    raises StoreProblem.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        read: Callable[[], T],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._name = name
        self._read = read
        self._clock = clock
        self._known: T | None = None
        self._read_at = -REFRESH_SECONDS
        self._beside = not database.settings.is_embedded
        if self._beside:
            self._known = read()
            threading.Thread(target=self._follow, name=f"store-{name}", daemon=True).start()

    def __call__(self) -> T:
        """The value. Raises StoreProblem only if it could never be read."""
        now = self._clock()
        if self._known is None:
            self._known = self._read()
            self._read_at = now
        elif not self._beside and now - self._read_at >= REFRESH_SECONDS:
            self._read_at = now
            self._renew()
        return self._known

    def _renew(self) -> None:
        try:
            self._known = self._read()
        except StoreProblem as problem:
            _log.warning("event=%s-stale reason=%s", self._name, problem)

    def _follow(self) -> None:
        while not self._database.closed.wait(REFRESH_SECONDS):
            self._renew()
