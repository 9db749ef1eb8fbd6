"""A visit to an account with its status kept before, during and after it.

Used by the worker for every account that is due, and by a person who does not want to wait.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from mail.errors import Problem, StoreProblem
from mta.receive import Tools
from pull.causes import PullProblem, Trouble, house_trouble, store_trouble
from pull.lock import account_lock
from pull.progress import Progress
from pull.status import (
    Status,
    begun,
    disabled,
    failed,
    interrupted,
    status_of,
    succeeded,
    syncing,
)
from pull.target import target_of
from pull.visit import PullSettings, Visit
from store.accounts import Account, get_status, save_status
from store.database import Database
from store.secrets import SecretBox

REPORT_SECONDS = 1.0
"""How often a visit's progress is noted."""

_JITTER = 10
"""Percent by which an interval varies, so that many accounts do not knock at the same moment."""

_log = logging.getLogger("postern.pull")


class Visitor:
    """Makes visits to accounts and keeps their status. `owner` names this process."""

    def __init__(
        self,
        database: Database,
        tools: Tools,
        box: SecretBox,
        settings: PullSettings,
        owner: str,
    ) -> None:
        self._database = database
        self._tools = tools
        self._box = box
        self._settings = settings
        self._owner = owner

    async def visit(
        self,
        account: Account,
        *,
        retry_all: bool = False,
        go_on: Callable[[], bool] = lambda: True,
    ) -> Status | None:
        """One visit, from its status "syncing" to its end, whatever that is. Returns the status;
        None if somebody else is visiting the account just now.

        Raises StoreProblem if the status itself cannot be kept.
        """
        with account_lock(self._settings.lock_dir, account.id, self._owner) as is_ours:
            if not is_ours:
                return None
            before = await self._status(account)
            if not account.settings["sync"]["enabled"]:
                return await self._save(account, disabled(before))
            before = begun(before, self._tools.now())
            await self._save(account, syncing(before))
            progress = Progress(failures={one.key: one for one in before.failures})
            visiting = self._run(account, before, progress, retry_all, go_on)
            async with self._reported(account, before, progress):
                after = await visiting
            return await self._save(account, progress.noted_in(after))

    async def _run(
        self,
        account: Account,
        before: Status,
        progress: Progress,
        retry_all: bool,
        go_on: Callable[[], bool],
    ) -> Status:
        """The visit itself; what the account is like after it. Nothing is raised."""
        wait = _with_jitter(_interval(account))

        def ended(trouble: Trouble) -> Status:
            return failed(before, trouble, self._tools.now(), wait, account.changed_at)

        try:
            visit = Visit(
                await asyncio.to_thread(target_of, account, self._database, self._box),
                self._database,
                self._tools,
                self._settings,
                progress,
                retry_after=_interval(account),
                retry_all=retry_all,
                go_on=go_on,
            )
            if not await visit.run():
                return interrupted(before, self._tools.now())
        except PullProblem as problem:
            _log.warning("visit account=%s event=failed cause=%s", account.id, problem)
            return ended(problem.trouble)
        except Problem as problem:
            _log.error("visit account=%s event=failed cause=%s", account.id, problem)
            return ended(store_trouble(problem))
        except Exception as error:
            _log.exception("visit account=%s event=broken", account.id)
            return ended(house_trouble(error))
        _log.info("visit account=%s event=done messages=%d", account.id, progress.done)
        return succeeded(before, self._tools.now(), wait)

    @asynccontextmanager
    async def _reported(
        self, account: Account, before: Status, progress: Progress
    ) -> AsyncIterator[None]:
        """Progress is noted while the block lasts, and not after."""
        over = asyncio.Event()
        reporter = asyncio.create_task(self._report(account, before, progress, over))
        try:
            yield
        finally:
            over.set()
            await reporter

    async def _report(
        self, account: Account, before: Status, progress: Progress, over: asyncio.Event
    ) -> None:
        """A store that is busy just then is no reason to stop."""
        said = (progress.done, progress.total)
        while not over.is_set():
            if said != (progress.done, progress.total):
                said = (progress.done, progress.total)
                with contextlib.suppress(StoreProblem):
                    await self._save(account, progress.noted_in(syncing(before)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), REPORT_SECONDS)

    async def _status(self, account: Account) -> Status:
        return status_of(await asyncio.to_thread(get_status, self._database, account.id))

    async def _save(self, account: Account, status: Status) -> Status:
        await asyncio.to_thread(save_status, self._database, account.id, status.as_json())
        return status


def _interval(account: Account) -> timedelta:
    return timedelta(minutes=account.settings["sync"]["interval_minutes"])


def _with_jitter(interval: timedelta) -> timedelta:
    percent = 100 - _JITTER + secrets.randbelow(2 * _JITTER + 1)
    return interval * percent / 100
