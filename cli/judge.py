"""From a message to a verdict without a server: the same rooms in the same order as `receive`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.rule import Rules
from mail.answer import answer_of
from mail.envelope import Envelope
from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import AuthReport
from mail.verdict import Verdict
from verify.authenticate import VerifySettings, authenticate
from verify.dkim.canonical import BodyDigest, BodyScope
from verify.dkim.work import RecordedBody
from verify.resolver import Resolver
from verify.results import authentication_results


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, what would be done, and the value of Authentication-Results.

    `why` are the verdict's reasons without the lines that only repeat the report.
    """

    report: AuthReport
    verdict: Verdict
    results: str
    why: tuple[str, ...]

    def answer(self) -> dict[str, Any]:
        """The form that leaves the house (`mail.answer`)."""
        return answer_of(self.report, self.verdict, self.results)


@dataclass(frozen=True, slots=True)
class Judge:
    """Settings, policy and rules, as a server has them."""

    settings: VerifySettings
    policy: Policy
    rules: Rules
    now: Callable[[], datetime]

    async def judge(
        self,
        envelope: Envelope,
        raw: RawMessage,
        resolver: Resolver,
        digests: Mapping[BodyScope, BodyDigest] | None = None,
    ) -> Judgement:
        """Authenticate and decide; keeps and sends nothing.

        With `digests` of its body, `raw` is the header block of a message whose body is gone.
        """
        message = parse_message(raw)
        body = None if digests is None else RecordedBody(message, digests)
        report = await authenticate(envelope, message, resolver, self.settings, self.now, body)
        facts = gather_facts(envelope, message, report, self.policy)
        verdict = decide(facts, self.rules)
        results = authentication_results(
            report, envelope, self.settings.authserv_id, verdict.override
        )
        why = tuple(line for line in verdict.reasons if line not in facts.reasons)
        return Judgement(report, verdict, results, why)
