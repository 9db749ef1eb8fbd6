"""Forgets, once an hour, what the store has kept long enough."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from mail.errors import Problem
from store.database import Database
from store.retention import sweep

_log = logging.getLogger("postern.worker")

HOUR = 3600.0


async def sweep_hourly(
    database: Database, now: Callable[[], datetime], stop: asyncio.Event
) -> None:
    """Until `stop` is set. What fails is said, and tried again in an hour."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(sweep, database, now())
        except Problem as problem:
            _log.warning("event=not-swept reason=%s", problem)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), HOUR)
