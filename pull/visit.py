"""One visit to one bound account: everything new on the server, through `receive`, into the store.

What is missing is told by comparison: the UIDs on the server against those that the store has. So
nothing depends on where an earlier visit ended; what was left out for any reason is found again.

One bad message never stands in the way of the next. What the server refuses to give, or what we
cannot take, is noted with its UID and tried again later. If the connection breaks while several
messages are fetched, each of them is fetched alone over a new one, which shows who it was.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mail.envelope import PulledFrom
from mail.errors import Problem, StoreProblem
from mail.raw import RawMessage
from mta.receive import Tools, receive
from mta.spool import Budget, Spool
from pull.batches import Batch, batches, missing
from pull.causes import ConnectionLost, PullProblem, readable, store_trouble
from pull.incoming import pulled_envelope
from pull.ledger import Tally
from pull.mailbox import (
    PART_BYTES,
    Folder,
    Found,
    Mailbox,
    MailboxSettings,
    MessageProblem,
    open_mailbox,
)
from pull.progress import Progress
from pull.status import Failure, Key, after_failure
from pull.target import Target
from store.accounts import Taken, list_taken
from store.database import Database

DESCRIBED = 1000
"""Messages whose sizes are asked for in one command."""

LOSSES = 6
"""So many connections may break in one visit before it is given up until the next."""

AT_ONCE = 10
"""Messages of one account under verification at a time; they share a commit."""

_log = logging.getLogger("postern.pull")


@dataclass(frozen=True, slots=True)
class PullSettings:
    """Where messages under way and locks lie, and the limits. Sizes in octets."""

    spool_dir: Path
    lock_dir: Path
    max_message_bytes: int = 52428800
    mailbox: MailboxSettings = field(default_factory=MailboxSettings)
    parallel: int = 4


class Visit:
    """Make one, and await `run` once; `progress` tells how far it is, also where it failed.

    `progress` begins with the failures of earlier visits. `go_on` is asked between batches: when
    it says no, the visit ends where it is. `retry_after` is the pause after a message's first
    failure. With `retry_all` failed messages are tried again although they are not due.
    """

    def __init__(
        self,
        target: Target,
        database: Database,
        tools: Tools,
        settings: PullSettings,
        progress: Progress,
        *,
        retry_after: timedelta,
        retry_all: bool = False,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self.progress = progress
        self._target = target
        self._database = database
        self._tools = tools
        self._settings = settings
        self._retry_after = retry_after
        self._retry_all = retry_all
        self._go_on = go_on
        self._suspects: set[Key] = set()
        self._tried: set[Key] = set()
        self._under_way: list[Key] = []
        self._latest = tools.now()
        # A folder of the account's own: who clears it of a killed visit's files holds its lock.
        folder = settings.spool_dir / target.account_id
        self._spool = Spool(folder, PART_BYTES, Budget(PART_BYTES))

    async def run(self) -> bool:
        """Fetch all that is missing. False if `go_on` ended it before.

        Raises PullProblem when the account cannot be read, or its mail not be kept.
        """
        await asyncio.to_thread(self._spool.prepare)
        for _ in range(LOSSES):
            try:
                return await self._session()
            except ConnectionLost as lost:
                if not self._under_way:
                    raise
                self._suspect(lost)
                last = lost
        raise last

    async def _session(self) -> bool:
        """Everything over one connection."""
        tally = Tally()
        self.progress.total = self.progress.done
        async with self._connected() as mailbox:
            for name in self._target.folders:
                folder = await asyncio.to_thread(mailbox.examine, name)
                uids = await asyncio.to_thread(mailbox.uids, folder)
                if not await self._take_missing(mailbox, folder, uids):
                    return False
                await asyncio.to_thread(self._account_for, tally, folder, uids)
        self.progress.ledger = tally.ledger()
        return True

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Mailbox]:
        """The mailbox, opened and closed in a thread."""
        target, stack = self._target, ExitStack()
        opening = open_mailbox(target.server, target.password, self._settings.mailbox)
        mailbox = await asyncio.to_thread(stack.enter_context, opening)
        try:
            yield mailbox
        finally:
            await asyncio.to_thread(stack.close)

    async def _take_missing(self, mailbox: Mailbox, folder: Folder, uids: list[int]) -> bool:
        """Fetch what lies in the folder and not here, in handfuls."""
        taken = await asyncio.to_thread(self._taken, folder)
        due = None if self._retry_all else self._tools.now()
        absent = missing(folder.name, folder.uidvalidity, uids, taken, self.progress.failures, due)
        absent = [uid for uid in absent if _key(folder, uid) not in self._tried]
        self.progress.total += len(absent)
        suspects = {uid for name, validity, uid in self._suspects if name == folder.name}
        for start in range(0, len(absent), DESCRIBED):
            wanted = absent[start : start + DESCRIBED]
            found = await asyncio.to_thread(mailbox.describe, wanted)
            for uid in wanted:
                if uid not in found:
                    self._fail(folder, uid, "the server lists it and does not describe it")
            for batch in batches(self._fitting(folder, found), suspects):
                if not self._go_on():
                    return False
                await self._take(mailbox, folder, batch)
        return True

    def _fitting(self, folder: Folder, found: dict[int, Found]) -> list[Found]:
        """Those that are not too large, by UID."""
        limit = self._settings.max_message_bytes
        for one in found.values():
            if one.size > limit:
                self._fail(folder, one.uid, f"it has {one.size} octets and the limit is {limit}")
        return [found[uid] for uid in sorted(found) if found[uid].size <= limit]

    async def _take(self, mailbox: Mailbox, folder: Folder, batch: Batch) -> None:
        """Fetch one batch and hand it over; if it cannot be read as a whole, one by one."""
        self._under_way = [_key(folder, uid) for uid in batch.uids]
        try:
            if batch.in_parts:
                await self._take_large(mailbox, folder, batch.found[0])
            else:
                await self._take_small(mailbox, folder, batch)
        except MessageProblem as problem:
            if len(batch.found) == 1:
                self._fail(folder, batch.uids[0], str(problem))
            else:
                for one in batch.found:
                    await self._take(mailbox, folder, Batch((one,)))
        self._under_way = []

    async def _take_small(self, mailbox: Mailbox, folder: Folder, batch: Batch) -> None:
        bodies = await asyncio.to_thread(mailbox.fetch, batch.uids)
        self._under_way = []
        for uid in batch.uids:
            if uid not in bodies:
                self._fail(folder, uid, "the server does not send it")
        uids = sorted(bodies)
        for start in range(0, len(uids), AT_ONCE):
            together = uids[start : start + AT_ONCE]
            raws = [RawMessage.in_memory(bodies.pop(uid)) for uid in together]
            await self._receive_all(folder, together, raws)

    async def _receive_all(self, folder: Folder, uids: list[int], raws: list[RawMessage]) -> None:
        """Several at once. All of them come to an end before a failure ends the visit."""
        receiving = map(self._receive, [folder] * len(raws), uids, raws)
        for outcome in await asyncio.gather(*receiving, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _take_large(self, mailbox: Mailbox, folder: Folder, found: Found) -> None:
        with contextlib.closing(self._spool.incoming()) as incoming:

            def fetch() -> RawMessage:
                for part in mailbox.parts(found.uid, self._settings.max_message_bytes):
                    incoming.write(part)
                return incoming.finish()

            try:
                raw = await asyncio.to_thread(fetch)
            except OSError as error:
                raise PullProblem(store_trouble(error)) from error
            self._under_way = []
            await self._receive(folder, found.uid, raw)

    async def _receive(self, folder: Folder, uid: int, raw: RawMessage) -> None:
        """Take one message. Only a store that fails ends the visit; nothing else may."""
        target = self._target
        source = PulledFrom(target.account_id, folder.name, folder.uidvalidity, uid)
        try:
            envelope = pulled_envelope(target.address, target.mailbox, source, raw, self._moment())
            stored = await receive(envelope, raw, self._tools)
        except StoreProblem as problem:
            raise PullProblem(store_trouble(problem)) from problem
        except Problem as problem:
            self._fail(folder, uid, str(problem))
        except Exception as error:
            _log.exception("message account=%s uid=%d event=failed", target.account_id, uid)
            self._fail(folder, uid, f"it cannot be taken: {readable(error)}")
        else:
            self._succeed(folder, uid)
            _log.info(
                "message account=%s uidvalidity=%d uid=%d id=%s size=%d",
                target.account_id,
                folder.uidvalidity,
                uid,
                stored.id,
                raw.size,
            )

    def _moment(self) -> datetime:
        """Now, but later than for the message before: ids sort by the millisecond, and the order
        of the UIDs is the order in which the messages came to the server."""
        self._latest = max(self._tools.now(), self._latest + timedelta(milliseconds=1))
        return self._latest

    def _succeed(self, folder: Folder, uid: int) -> None:
        self.progress.failures.pop(_key(folder, uid), None)
        self.progress.done += 1

    def _fail(self, folder: Folder, uid: int, cause: str) -> None:
        """Note that a message could not be taken, and when it is tried again."""
        key = _key(folder, uid)
        self._note(Failure(*key, 1, cause, self._tools.now()))
        self.progress.done += 1

    def _note(self, failure: Failure) -> None:
        earlier = self.progress.failures.get(failure.key)
        self.progress.failures[failure.key] = after_failure(earlier, failure, self._retry_after)
        self._tried.add(failure.key)
        _log.warning(
            "message account=%s uidvalidity=%d uid=%d event=postponed cause=%r",
            self._target.account_id,
            failure.uidvalidity,
            failure.uid,
            failure.cause,
        )

    def _suspect(self, lost: ConnectionLost) -> None:
        """The connection broke over these: one alone is to blame, several are tried alone."""
        if len(self._under_way) == 1:
            cause = f"the connection breaks over it: {lost.trouble.cause}"
            self._note(Failure(*self._under_way[0], 1, cause, self._tools.now()))
        self._suspects.update(self._under_way)
        self._under_way = []

    def _taken(self, folder: Folder) -> dict[int, Taken]:
        """What the store has of this folder, by UID."""
        account = self._target.account_id
        rows = list_taken(self._database, account, folder.name, folder.uidvalidity)
        return {row.uid: row for row in rows}

    def _account_for(self, tally: Tally, folder: Folder, uids: list[int]) -> None:
        """What became of every message of one folder; failures of those that are gone are
        forgotten."""
        known = {_key(folder, uid) for uid in uids}
        failures = self.progress.failures
        for key in [key for key in failures if key[0] == folder.name and key not in known]:
            del failures[key]
        failed = sum(key in known for key in failures)
        tally.add_folder(uids, self._taken(folder), failed)


def _key(folder: Folder, uid: int) -> Key:
    return (folder.name, folder.uidvalidity, uid)
