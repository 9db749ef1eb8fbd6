"""The diagnosis of broken signatures, worked off the outbox.

It costs more than a verification, so it is done by the worker and never while a client waits,
and a sender whose mail breaks again and again is told by samples: whoever sends us broken mail all
day gets no more of our time than that.
The message is taken as it is stored and the keys as they were in the DNS when it came: what was
found in March is not told by the keys of April.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address

from mail.errors import Problem, StoreProblem
from mail.message import parse_message
from mail.reply import printable
from mta.rates import client_networks
from store.database import Database
from store.diagnoses import KIND, save_diagnosis
from store.messages import open_raw
from store.outbox import Job, claim, retry
from store.transactions import TransactionDetail, get_transaction
from verify.breakage.change import SignatureDiagnosis
from verify.breakage.diagnose import diagnose, diagnosis_of
from verify.zones import ZoneResolver

_LOG = logging.getLogger("postern.mta")

BATCH = 4
"""Jobs leased at a time; each takes less than a few seconds."""

LEASE_SECONDS = 300.0

SAMPLES = 30
"""Diagnoses an hour for the mail of one author domain from one client network."""

_MOST_SENDERS = 10_000
"""Pairs of those that are told apart in an hour; what is new after that waits for the next."""

_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0


class Diagnostician:
    """Works off the jobs; any number of them may share a store."""

    def __init__(self, database: Database, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._hour = now().replace(minute=0, second=0, microsecond=0)
        self._samples: Counter[tuple[str, bytes]] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; the diagnosis under way is finished first."""
        pause = _SHORTEST_PAUSE
        while not stop.is_set():
            if await self._try_once(stop):
                pause = _SHORTEST_PAUSE
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def run_once(self, stop: asyncio.Event | None = None) -> int:
        """Work off what is due, a few at a time; how many there were.

        Raises StoreProblem where the store cannot say what there is to do.
        """
        jobs = await asyncio.to_thread(
            claim, self._database, (KIND,), self._owner, BATCH, LEASE_SECONDS, self._now()
        )
        for job in jobs:
            if stop is not None and stop.is_set():
                break  # its lease runs out, and another worker takes it
            await self._do(job)
        return len(jobs)

    async def _try_once(self, stop: asyncio.Event) -> int:
        try:
            return await self.run_once(stop)
        except Problem as problem:
            _LOG.warning("event=no-diagnosis-today reason=%s", problem)
        except Exception:
            _LOG.exception("event=diagnostician-failed")
        return 0

    async def _do(self, job: Job) -> None:
        try:
            await self._diagnose(job)
        except Problem as problem:
            await self._later(job, str(problem))
        except Exception as error:
            _LOG.exception("event=diagnosis-failed id=%s attempt=%d", job.message_id, job.attempts)
            await self._later(job, f"{type(error).__name__}: {error}")

    async def _diagnose(self, job: Job) -> None:
        assert job.message_id is not None
        detail = await asyncio.to_thread(get_transaction, self._database, job.message_id)
        found = () if detail is None else await self._found(detail)
        made = diagnosis_of(found)
        await asyncio.to_thread(save_diagnosis, self._database, job, made, self._now())
        for one in found:
            _LOG.info(
                "event=diagnosed id=%s domain=%s proof=%s changes=%s candidates=%d",
                job.message_id,
                one.domain,
                one.proof,
                ",".join(change.kind for change in one.changes),
                one.candidates,
            )

    async def _found(self, detail: TransactionDetail) -> tuple[SignatureDiagnosis, ...]:
        """What broke its signatures; empty where its bytes are gone or nothing is broken."""
        identifier = detail.summary.id
        if not self._is_sample(detail):
            _LOG.info("event=not-diagnosed id=%s reason=enough-like-it", identifier)
            return ()
        try:
            raw = await asyncio.to_thread(open_raw, self._database, identifier)
        except StoreProblem as problem:
            _LOG.info("event=not-diagnosed id=%s reason=%s", identifier, problem)
            return ()
        message = await asyncio.to_thread(parse_message, raw)
        keys = ZoneResolver.from_evidence(detail.evidence)
        return await diagnose(message, keys, detail.summary.from_domain or "")

    def _is_sample(self, detail: TransactionDetail) -> bool:
        """Count it among those of its sender in this hour; False if there were enough."""
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self._samples.clear()
        client = detail.summary.client_ip
        network = client_networks(ip_address(client))[0][0] if client else b""
        sender = (detail.summary.from_domain or "", network)
        if sender not in self._samples and len(self._samples) >= _MOST_SENDERS:
            return False
        self._samples[sender] += 1
        return self._samples[sender] <= SAMPLES

    async def _later(self, job: Job, reason: str) -> None:
        _LOG.warning(
            "event=diagnosis-retried id=%s attempt=%d reason=%s",
            job.message_id,
            job.attempts,
            printable(reason),
        )
        try:
            await asyncio.to_thread(retry, self._database, job, printable(reason), self._now())
        except Problem as problem:
            _LOG.warning("event=retry-not-saved id=%s reason=%s", job.message_id, problem)
