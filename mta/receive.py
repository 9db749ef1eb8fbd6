"""The path that every message takes, whichever door it came through: the whole story.

Read it from top to bottom: what the header says, who it is from, what is done with it, our own
trace beside it, and the store. Each line is one room's work; nothing is decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.rule import Rules
from mail.address import Domain
from mail.envelope import Envelope
from mail.message import has_short_header, parse_message
from mail.public_page import PublicPages
from mail.raw import RawMessage
from mail.received import UNKNOWN_BASIS, Basis, ReceivedMessage, StoredMessage
from mail.report import DnsEvidence
from mta.meters import count_answers, timed
from mta.public_page import mention_page
from mta.trace import stamp
from store.metrics import Metrics
from store.writer import Writer
from verify.authenticate import VerifySettings, authenticate
from verify.dkim.work import run_sized
from verify.dns_lists import DnsLists
from verify.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Tools:
    """What the rooms need to do their work; made once by `cli.build` and shared by all doors.

    `hostname` is what we call ourselves in Received; `now` gives aware UTC datetimes; `basis` is
    what the verdicts rest on besides their evidence, kept with each. `renew` gives the tools
    with what changes while we run: keys of reply addresses, forwarders trusted in the store.
    `pages` are the public pages that refusals name, or None. `metrics` is where it is counted;
    `dns_lists` are asked about clients, where the operator names some.
    """

    resolver: Resolver
    verify: VerifySettings
    policy: Policy
    rules: Rules
    writer: Writer
    hostname: Domain
    now: Callable[[], datetime]
    basis: Basis = UNKNOWN_BASIS
    renew: "Callable[[], Tools] | None" = None
    pages: PublicPages | None = None
    metrics: Metrics = field(default_factory=Metrics)
    dns_lists: DnsLists | None = None

    def current(self) -> "Tools":
        """The tools as they stand now, for one message from its beginning to its end."""
        return self if self.renew is None else self.renew()


async def receive(
    envelope: Envelope, raw: RawMessage, tools: Tools, known: tuple[DnsEvidence, ...] = ()
) -> StoredMessage:
    """Take one message from the door to the store. Only when this returns may the peer hear 250.

    A refused message takes the same path and leaves its row; its reply is in the verdict of
    what is returned. Raises TryLater where it cannot be decided now, and StoreProblem where it
    cannot be kept. `known` are DNS answers that were needed before there was a message.
    """
    message = await run_sized(0 if has_short_header(raw) else raw.size, lambda: parse_message(raw))
    tools = tools.current()
    report = await timed(
        tools.metrics,
        "postern_verify_duration_seconds",
        authenticate(envelope, message, tools.resolver, tools.verify, tools.now),
    )
    count_answers(tools.metrics, report)
    report = replace(report, evidence=(*known, *report.evidence)) if known else report
    verdict = decide(gather_facts(envelope, message, report, tools.policy), tools.rules)
    verdict = mention_page(verdict, envelope.id, report, tools.pages)
    names = tools.hostname, tools.verify.authserv_id
    trace = await run_sized(
        len(message.header_block),
        lambda: stamp(envelope, message, report, *names, verdict.override),
    )
    received = ReceivedMessage(envelope, message, report, verdict, trace, tools.basis)
    saving = tools.writer.save_message(received)
    return await timed(tools.metrics, "postern_commit_duration_seconds", saving)
