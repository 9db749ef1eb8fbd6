"""Forgets what the store has kept long enough or what somebody asked to erase, and says when a
mailbox fills up."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from mail.errors import Problem
from store.database import Database
from store.erasure import list_erasures, run_erasure
from store.partitions import keep_months
from store.planning import keep_known
from store.quotas import QuotaWatch
from store.search.index import index_some
from store.secrets import SecretBox
from store.sweep_clock import sweep_in_time
from store.turns import Pace

_log = logging.getLogger("postern.worker")

HOUR = 3600.0
MINUTE = 60.0
SOON = 10.0
PAUSE = 0.05


async def sweep_hourly(
    database: Database, now: Callable[[], datetime], stop: asyncio.Event
) -> None:
    """Until `stop` is set. What fails is said, and tried again in an hour."""
    pace = Pace(is_stopped=stop.is_set)

    async def sweep_once() -> None:
        await asyncio.to_thread(sweep_in_time, database, now(), pace)

    await repeat("not-swept", sweep_once, HOUR, stop)


async def make_months_hourly(database: Database, stop: asyncio.Event) -> None:
    """Until `stop` is set: the partitions of the months ahead are made, empty ones dropped, and
    all of them counted for the planner."""

    async def look() -> None:
        await asyncio.to_thread(keep_months, database)
        await asyncio.to_thread(keep_known, database)

    await repeat("months-not-made", look, HOUR, stop)


async def watch_quotas(database: Database, stop: asyncio.Event) -> None:
    """Until `stop` is set: a mailbox that fills up is told within a minute."""
    watch = QuotaWatch(database)

    async def look() -> None:
        await asyncio.to_thread(watch.look)

    await repeat("quotas-unknown", look, MINUTE, stop)


async def finish_erasures(
    database: Database, box: SecretBox, now: Callable[[], datetime], stop: asyncio.Event
) -> None:
    """Until `stop` is set: what was asked for in the console is erased, and what was killed too."""
    pace = Pace(is_stopped=stop.is_set)

    def run_all() -> None:
        for erasure in list_erasures(database):
            if erasure.finished_at is None:
                run_erasure(database, box, erasure.id, now, pace)

    async def look() -> None:
        await asyncio.to_thread(run_all)

    await repeat("not-erased", look, SOON, stop)


async def index_old_mail(database: Database, stop: asyncio.Event) -> None:
    """Until `stop` is set: what a newer version would find by other words is indexed anew, with a
    pause between two turns in which everybody else may write."""

    def work() -> None:
        while not stop.is_set() and index_some(database):
            time.sleep(PAUSE)

    async def look() -> None:
        await asyncio.to_thread(work)

    await repeat("not-indexed", look, HOUR, stop)


async def repeat(
    event: str, work: Callable[[], Awaitable[None]], seconds: float, stop: asyncio.Event
) -> None:
    """Work now and then, until `stop` is set; what fails is said, and tried again next time."""
    while not stop.is_set():
        try:
            await work()
        except Problem as problem:
            _log.warning("event=%s reason=%s", event, problem)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
