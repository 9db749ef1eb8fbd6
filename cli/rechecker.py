"""Looks at stored transactions again, with the DNS of now, when somebody asks on the public page.

The message is judged for the moment at which it came, so that only the DNS makes a difference.
Works off jobs of its own kind; what goes wrong with one is logged and tried again later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cli.judge import Judge
from cli.past import NotRepeatable, Past, recall
from cli.renewal import knowing
from mail.errors import Problem
from mail.reply import printable
from mail.report import DnsEvidence
from store.database import Database
from store.outbox import Job, claim, finish, retry
from store.rechecks import KIND, save_recheck
from verify.dkim.work import recorded_digests
from verify.resolver import Resolver

_LOG = logging.getLogger("postern.recheck")

BATCH = 4
LEASE_SECONDS = 300.0
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Rechecker:
    """`judge` has today's rules and settings; what the store trusts is added to them.

    `resolver` makes one that remembers nothing, so that a record that was mended a minute ago is
    seen.
    """

    database: Database
    judge: Judge
    resolver: Callable[[], Resolver]
    owner: str
    now: Callable[[], datetime]

    async def run_once(self) -> int:
        """Work off what is due; how many jobs there were. Raises StoreProblem."""
        jobs = await asyncio.to_thread(
            claim, self.database, (KIND,), self.owner, BATCH, LEASE_SECONDS, self.now()
        )
        for job in jobs:
            await self._do(job)
        return len(jobs)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                await self.run_once()
            except Problem as problem:
                _LOG.warning("event=no-work-now reason=%s", problem)
            except Exception:
                _LOG.exception("event=worker-failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE)

    async def _do(self, job: Job) -> None:
        identifier = job.message_id or ""
        try:
            result = await self._look(identifier)
            await asyncio.to_thread(save_recheck, self.database, identifier, result, self.now())
            await asyncio.to_thread(finish, self.database, job)
            _LOG.info("event=rechecked id=%s", identifier)
        except Exception as error:
            _LOG.exception("event=recheck-failed id=%s", identifier)
            reason = printable(f"{type(error).__name__}: {error}")
            await asyncio.to_thread(retry, self.database, job, reason, self.now())

    async def _look(self, identifier: str) -> dict[str, Any]:
        try:
            past = await asyncio.to_thread(recall, self.database, identifier)
        except NotRepeatable as problem:
            return {"problem": str(problem)}
        judge = await asyncio.to_thread(knowing, self.judge, self.database)
        return await look_again(past, judge, self.resolver())


async def look_again(past: Past, judge: Judge, resolver: Resolver) -> dict[str, Any]:
    """The transaction as it would be judged with the answers of now, as it is kept."""
    digests = None if past.whole else recorded_digests(past.bodies)
    judgement = await replace(judge, now=lambda: past.at).judge(
        past.envelope, past.raw, resolver, digests
    )
    evidence = [_kept(one) for one in judgement.report.evidence]
    return {"report": judgement.answer(), "evidence": evidence}


def _kept(one: DnsEvidence) -> dict[str, Any]:
    return {
        "name": one.name,
        "rdtype": one.rdtype,
        "status": one.status,
        "records": list(one.records),
        "ttl": one.ttl,
        "server": one.server,
        "at": one.at.isoformat(),
    }
