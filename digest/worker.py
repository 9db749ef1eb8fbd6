"""The digest of every new message, worked off the outbox.

Each message is a job of its own: what goes wrong with one is logged, tried again later by the
outbox, and never stands before the next. A message that already failed is marked before it is
tried again, so that it shows even if it takes this process with it. Reading is done by another
process (`digest.apart`), so that is a matter of the store's bytes and of ours.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from digest.anew import Anew
from digest.apart.limits import PATIENT
from digest.apart.reader import Reader
from digest.apart.told import Told
from digest.digest import VERSION, unreadable
from digest.portion import Portion
from digest.revision import Revision
from digest.stored import digest_stored
from mail.errors import Problem
from mail.reply import printable
from mail.reply_address import ReplyKey
from store.database import Database
from store.messages import save_digests
from store.outbox import Job, claim, retry
from store.undigested import Undigested, read_undigested

_LOG = logging.getLogger("postern.digest")

LEASE_SECONDS = 300.0
"""Far longer than a portion takes; after it another worker may try."""

SUSPICIOUS_AFTER = 3
"""Attempts after which a message is marked as unreadable before it is tried again."""

_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 1.0


class Worker:
    """Makes digests; any number of workers may share a store.

    `reader` reads the messages; it is closed when the worker stops. `reply_keys` gives the keys
    of our signed addresses, which say of what campaign a message is. `revision` knows what this
    installation learned about the categories of mail.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        now: Callable[[], datetime],
        reader: Reader | None = None,
        reply_keys: Callable[[], Sequence[ReplyKey]] = tuple,
        revision: Revision | None = None,
    ) -> None:
        self._reply_keys = reply_keys
        self._database = database
        self._owner = owner
        self._now = now
        self._reader = reader or Reader(PATIENT)
        self._revision = revision or Revision()
        old_mail = self._revision.without_opinion()
        self._anew = Anew(database, owner, now, self._reader, reply_keys, old_mail)
        self._portion = Portion()
        self._saving = 0.0

    def run_once(self) -> int:
        """Work off one portion of the jobs that are due; how many there were.

        Raises StoreProblem where the store cannot say what there is to do.
        """
        began, self._saving, number = time.monotonic(), 0.0, self._portion.size
        jobs = claim(self._database, ("digest",), self._owner, number, LEASE_SECONDS, self._now())
        fresh = [job for job in jobs if job.attempts <= 1]
        if not self._do_together(fresh):
            self._do_each(fresh)
        self._do_each(job for job in jobs if job.attempts > 1)
        took = time.monotonic() - began
        self._portion = self._portion.after(len(jobs), self._saving, took)
        return len(jobs)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a batch that is under way is finished first."""
        try:
            await self._run(stop)
        finally:
            await asyncio.to_thread(self._reader.close)

    async def _run(self, stop: asyncio.Event) -> None:
        pause = _SHORTEST_PAUSE
        while not stop.is_set():
            if await asyncio.to_thread(self._try, self.run_once):
                pause = _SHORTEST_PAUSE
                continue
            if await asyncio.to_thread(self._try, self._anew.run_once):
                pause = _SHORTEST_PAUSE
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _try(self, work: Callable[[], int]) -> int:
        try:
            return work()
        except Problem as problem:
            _LOG.warning("event=no-work-today reason=%s", problem)
        except Exception:
            _LOG.exception("event=worker-failed")
        return 0

    def _do_together(self, jobs: list[Job]) -> bool:
        """All of them in one commit. False if any of them needs care: then nothing was kept."""
        try:
            known = read_undigested(self._database, [one.message_id or "" for one in jobs])
            digests = {
                job.message_id: self._digest(job, known.get(job.message_id))
                for job in jobs
                if job.message_id
            }
            if jobs:
                self._save(digests, jobs)
        except Exception:
            # Whose fault it was shows when each is done for itself.
            return False
        for message_id, made in digests.items():
            _note(message_id, made)
        return True

    def _do_each(self, jobs: Iterable[Job]) -> None:
        """Each to its end, whatever happens to the others."""
        for job in jobs:
            try:
                self._do(job)
            except Problem as problem:
                self._later(job, str(problem))
            except Exception as error:
                _LOG.exception("event=digest-failed id=%s attempt=%d", job.message_id, job.attempts)
                self._later(job, f"{type(error).__name__}: {error}")

    def _do(self, job: Job) -> None:
        wanted = [job.message_id] if job.message_id else []
        known = read_undigested(self._database, wanted)
        made = self._digest(job, known.get(job.message_id or ""))
        self._save({job.message_id: made} if job.message_id else {}, [job])
        _note(job.message_id, made)

    def _save(self, digests: Mapping[str, Told | None], done: Iterable[Job]) -> None:
        """In one commit, with the end of the jobs; None is a message that is gone."""
        made = {key: one for key, one in digests.items() if one is not None}
        began = time.thread_time()
        save_digests(
            self._database,
            {key: one.as_json() for key, one in made.items()},
            done=done,
            lineages={key: one.lineage for key, one in made.items()},
            version=VERSION,
            reply_keys=self._reply_keys(),
        )
        self._saving += time.thread_time() - began

    def _digest(self, job: Job, message: Undigested | None) -> Told | None:
        """What the message says; None for a deleted one, which needs nothing."""
        if message is None:
            return None
        if job.attempts >= SUSPICIOUS_AFTER and not message.digested:
            save_digests(self._database, {message.id: unreadable().as_json()})
        told = digest_stored(self._database, message, self._reader)
        return self._revision.revise(told, message)

    def _later(self, job: Job, reason: str) -> None:
        _LOG.warning(
            "event=digest-retried id=%s attempt=%d reason=%s",
            job.message_id,
            job.attempts,
            printable(reason),
        )
        try:
            retry(self._database, job, printable(reason), self._now())
        except Problem as problem:
            _LOG.warning("event=retry-not-saved id=%s reason=%s", job.message_id, problem)


def _note(message_id: str | None, made: Told | None) -> None:
    if made is not None:
        said = made.as_json()
        why = ",".join(said["why"])
        _LOG.info("event=digested id=%s category=%s why=%s", message_id, said["category"], why)
