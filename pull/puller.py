"""All bound accounts, each at its interval: what the worker does for the second door.

When an account is due stands in its status in the store, so a restart changes nothing, and a wish
for an immediate visit is a `next_run` that has come. An account whose sync is off is never
connected to.
"""

import asyncio
import contextlib
import logging
from datetime import datetime

from mail.errors import StoreProblem
from mta.receive import Tools
from pull.causes import State
from pull.status import disabled, status_of
from pull.visit import PullSettings
from pull.visitor import Visitor
from store.accounts import Account, get_status, list_accounts, save_status
from store.database import Database
from store.secrets import SecretBox

TICK = 1.0
"""Seconds between two looks at what is due."""

_log = logging.getLogger("postern.pull")


class PullScheduler:
    """Visits every account that is due, a few at a time. `owner` names this process."""

    def __init__(
        self,
        database: Database,
        tools: Tools,
        box: SecretBox,
        settings: PullSettings,
        owner: str,
    ) -> None:
        self._database = database
        self._now = tools.now
        self._parallel = settings.parallel
        self._visitor = Visitor(database, tools, box, settings, owner)
        self._visits: dict[str, asyncio.Task[None]] = {}
        self._accounts: dict[str, Account] = {}
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; visits under way then end after the batch that they are in."""
        while not stop.is_set():
            try:
                await self._look()
            except StoreProblem as problem:
                _log.error("accounts event=unreadable cause=%s", problem)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK)
        self._stopping = True
        await asyncio.gather(*self._visits.values())

    async def _look(self) -> None:
        """Start the visits that are due. What changed since is in `_accounts` at once, so that
        visits under way notice it."""
        accounts, due = await asyncio.to_thread(self._due)
        self._accounts = {account.id: account for account in accounts}
        for account in due:
            if len(self._visits) >= self._parallel:
                return
            if account.id not in self._visits:
                self._visits[account.id] = asyncio.create_task(self._visit(account))

    def _due(self) -> tuple[tuple[Account, ...], list[Account]]:
        """All accounts, and those to visit now, who has waited longest first."""
        accounts, waiting = list_accounts(self._database), []
        now = self._now()
        for account in accounts:
            status = status_of(get_status(self._database, account.id))
            if not account.settings["sync"]["enabled"]:
                if status.state is not State.DISABLED:
                    off = disabled(status).as_json()
                    save_status(self._database, account.id, off)
            elif status.is_due(now, account.changed_at):
                waiting.append(
                    (status.next_run or datetime.min.replace(tzinfo=now.tzinfo), account)
                )
        waiting.sort(key=lambda pair: pair[0])
        return accounts, [account for _, account in waiting]

    async def _visit(self, account: Account) -> None:
        try:
            await self._visitor.visit(account, go_on=lambda: self._goes_on(account))
        except StoreProblem as problem:
            _log.error("visit account=%s event=unkept cause=%s", account.id, problem)
        finally:
            del self._visits[account.id]

    def _goes_on(self, account: Account) -> bool:
        """Whether a visit may continue: nobody stops us, and the account is as it was."""
        now = self._accounts.get(account.id)
        return not self._stopping and now is not None and now.changed_at == account.changed_at
