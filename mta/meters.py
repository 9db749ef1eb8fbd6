"""What the SMTP door counts, each number looked up once, so that counting is an addition.

Names and meanings stand in `store.metric_names`. Everything here belongs to the event loop.
"""

import time
from collections import Counter as Tally
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from mail.dns_list import Listings
from mail.report import AuthReport
from mail.verdict import Verdict
from store.metrics import Counter, Metrics

if TYPE_CHECKING:
    from mta.shared import Shared

STAGES = ("greeting", "command", "transaction", "data", "answer", "tarpit")
"""What a session can be at: before its greeting, between transactions, between MAIL and the data,
taking data, waiting for its final reply, made to wait."""

VERBS = (
    *("HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT"),
    *("VRFY", "EXPN", "HELP", "STARTTLS", "AUTH"),
)

_T = TypeVar("_T")

LIMIT_RULES = frozenset(
    (
        *("message-size", "too-many-hops", "bare-newlines", "no-space", "tls-required"),
        *("message-rate", "recipient-rate"),
    )
)
"""Verdicts of the door itself that are limits; they are counted among those, too."""

OTHER = "other"
"""Whatever a stranger makes up is this: labels are words of ours."""


class Meters:
    """The numbers of one SMTP process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.connections = metrics.counter("postern_smtp_connections_total")
        self.errors = metrics.counter("postern_smtp_errors_total")
        self.tarpit = metrics.counter("postern_smtp_tarpit_seconds_total")
        self.tls_failures = metrics.counter("postern_smtp_tls_failures_total")
        self.size = metrics.histogram("postern_message_size_bytes")
        self.duration = metrics.histogram("postern_transaction_duration_seconds")
        self._limits: dict[str, Counter] = {}
        self._verdicts: dict[tuple[str, str, str], Counter] = {}
        self._other = metrics.counter("postern_smtp_commands_total", verb=OTHER)
        self._verbs = {
            verb: metrics.counter("postern_smtp_commands_total", verb=verb) for verb in VERBS
        }

    def limit(self, name: str) -> None:
        """A client met the limit of this name."""
        counter = self._limits.get(name)
        if counter is None:
            counter = self._metrics.counter("postern_smtp_limits_total", limit=name)
            self._limits[name] = counter
        counter.value += 1

    def message(self, verdict: Verdict, size: int, seconds: float) -> None:
        """A message got its final reply, so long after its last octet."""
        self.size.observe(size)
        self.duration.observe(seconds)
        self._count_verdict(verdict, "data", 1)

    def refusal(self, verdict: Verdict, stage: str, number: int) -> None:
        """No message came of it; `number` attempts, recipients mostly."""
        if verdict.rule in LIMIT_RULES:
            self.limit(verdict.rule)
        self._count_verdict(verdict, stage, number)

    def _count_verdict(self, verdict: Verdict, stage: str, number: int) -> None:
        key = (verdict.action.value, verdict.rule, stage)
        counter = self._verdicts.get(key)
        if counter is None:
            action, rule, stage = key
            counter = self._metrics.counter(
                "postern_transactions_total", action=action, rule=rule, stage=stage
            )
            self._verdicts[key] = counter
        counter.value += number

    def listings(self, listings: Listings) -> None:
        """The DNS lists were asked about a client."""
        for zone, answer in listings.answers:
            self._metrics.count("postern_dns_list_answers_total", list=zone, answer=answer)

    def verb(self, verb: str) -> None:
        """A command came."""
        self._verbs.get(verb, self._other).value += 1

    def tls(self, version: str) -> None:
        """A session goes on under TLS."""
        self._metrics.count("postern_smtp_tls_sessions_total", version=version)

    def watch(self, shared: "Shared") -> None:
        """Read from now on what the listener has anyway."""
        metrics, budget, spool = self._metrics, shared.spool.budget, shared.spool

        def sample() -> None:
            stages = Tally(session.stage for session in shared.sessions)
            for stage in STAGES:
                metrics.gauge("postern_smtp_sessions", stage=stage).set(stages[stage])
            metrics.gauge("postern_memory_budget_bytes").set(budget.limit)
            metrics.gauge("postern_memory_used_bytes").set(budget.used)
            metrics.gauge("postern_spool_messages").set(len(spool.in_files))
            metrics.gauge("postern_spool_bytes").set(sum(one.size for one in spool.in_files))

        metrics.sampled(sample)


def count_answers(metrics: Metrics, report: AuthReport) -> None:
    """The DNS answers that a message needed."""
    for answer in report.evidence:
        metrics.count("postern_dns_answers_total", status=answer.status)


async def timed(metrics: Metrics, name: str, work: Awaitable[_T]) -> _T:
    """Wait for `work`, and put the seconds that it took into the histogram `name`."""
    began = time.perf_counter()
    try:
        return await work
    finally:
        metrics.histogram(name).observe(time.perf_counter() - began)
