"""The resolver of one message: it remembers every answer and keeps within one time budget.

All checks of a message ask through one `RecordingResolver`. So they see one and the same DNS
(an answer that expires half-way is not asked for again), a hostile message cannot keep us
asking for ever, and what the report rests on can be stored beside it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mail.report import DnsEvidence
from verify.answer import Answer, Resolver, Status, no_answer, plain_name, shortened
from verify.side_by_side import in_own_task

MESSAGE_SECONDS = 30.0
"""For all queries of a message together. RFC 7208 §4.6.4 wants at least 20 s for SPF alone."""

MESSAGE_OCTETS = 256 * 1024
"""Of all records that the answers of one message have together, as the evidence writes them; ten
times what the longest honest ones have. The records of a further answer are not taken: it counts
as a time-out, and so it is recorded."""

MESSAGE_QUERIES = 500
"""Distinct queries of one message. SPF may need 10 terms with 10 hosts each and their PTR
names; no honest message comes near."""


Peek = Callable[[str, str], Answer | None]
"""Gives an answer that is at hand, in the form in which resolvers have it as a method."""


class RecordingResolver:
    """Answers from `inner`, once per name and type, until the budget is used up.

    `seconds` counts from the first query. After it, after `queries` distinct queries, and after
    answers with `octets` in their records, everything that is not known yet is a time-out. What
    the checks see is what is recorded, so that they decide the same from it.
    """

    def __init__(
        self,
        inner: Resolver,
        now: Callable[[], datetime],
        seconds: float = MESSAGE_SECONDS,
        queries: int = MESSAGE_QUERIES,
        octets: int = MESSAGE_OCTETS,
    ) -> None:
        self._inner = inner
        self._peek_inner: Peek | None = getattr(inner, "peek", None)
        self._now = now
        self._seconds = seconds
        self._queries = queries
        self._octets_left = octets
        self._deadline: float | None = None
        self._asked: set[tuple[str, str]] = set()
        self._answers: dict[tuple[str, str], tuple[Answer, datetime]] = {}

    def peek(self, name: str, rdtype: str) -> Answer | None:
        """The answer if it can be had without waiting, else None."""
        key = plain_name(name), rdtype.upper()
        known = self._answers.get(key)
        if known is not None:
            return known[0]
        if self._peek_inner is None or not self._may_ask(key):
            return None
        answer = self._peek_inner(*key)
        return None if answer is None else self._remember(key, answer)

    async def query(self, name: str, rdtype: str) -> Answer:
        """The answer; a time-out where the message's budget is used up."""
        answer = self.peek(name, rdtype)
        if answer is not None:
            return answer
        key = plain_name(name), rdtype.upper()
        if not self._may_ask(key):
            return no_answer(*key, Status.TIMEOUT, "query limit of the message")
        self._asked.add(key)
        return self._remember(key, await self._ask(*key))

    def _may_ask(self, key: tuple[str, str]) -> bool:
        return key in self._asked or len(self._asked) < self._queries

    async def _ask(self, name: str, rdtype: str) -> Answer:
        clock = asyncio.get_running_loop().time
        if self._deadline is None:
            self._deadline = clock() + self._seconds
        try:
            await in_own_task()
            async with asyncio.timeout_at(self._deadline):
                return await self._inner.query(name, rdtype)
        except TimeoutError:
            return no_answer(name, rdtype, Status.TIMEOUT, "time budget of the message")

    def _remember(self, key: tuple[str, str], answer: Answer) -> Answer:
        """The first answer stays: two checks that asked at once must see the same."""
        self._asked.add(key)
        kept = self._answers.get(key)
        if kept is None:
            kept = self._answers[key] = self._bounded(answer), answer.at or self._now()
        return kept[0]

    def _bounded(self, answer: Answer) -> Answer:
        """The answer without what is too long, or a time-out if there is no room for it."""
        if answer.has_long_text:
            answer = replace(answer, records=tuple(map(shortened, answer.records)))
        octets = sum(map(len, answer.presented))
        if octets > self._octets_left:
            return no_answer(answer.name, answer.rdtype, Status.TIMEOUT, "octets of the message")
        self._octets_left -= octets
        return answer

    def evidence(self) -> tuple[DnsEvidence, ...]:
        """Everything that was asked, in that order."""
        return tuple(
            answer.evidence or answer.evidence_of(at) for answer, at in self._answers.values()
        )


def peek(resolver: Resolver, name: str, rdtype: str) -> Answer | None:
    """What `resolver` can answer without waiting; None where it cannot say that."""
    method: Peek | None = getattr(resolver, "peek", None)
    return None if method is None else method(name, rdtype)
