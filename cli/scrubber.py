"""Reads stored bytes again, all of them once a month, and tells which are missing or altered."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from mail.errors import Problem
from store.blobs.scrub import PAUSE, Soundness, scrub, slice_at, take_slice
from store.database import Database
from store.metrics import Metrics

_log = logging.getLogger("postern.worker")


async def scrub_slowly(
    database: Database, metrics: Metrics, now: Callable[[], datetime], stop: asyncio.Event
) -> None:
    """Until `stop` is set. A slice that fails is left to the next month."""
    while not stop.is_set():
        try:
            found = await asyncio.to_thread(_scrub, database, slice_at(now()))
            for soundness, number in found.items():
                metrics.count("postern_blob_checks_total", number, result=soundness.value)
        except Problem as problem:
            _log.warning("event=not-scrubbed reason=%s", problem)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE.total_seconds())


def _scrub(database: Database, number: int) -> Mapping[Soundness, int]:
    return scrub(database, number) if take_slice(database, number) else {}
