"""The path that every message takes, whichever door it came through: the whole story.

Read it from top to bottom: what the header says, who it is from, what is done with it, our own
trace beside it, and the store. Each line is one room's work; nothing is decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.rule import Rules
from mail.address import Domain
from mail.envelope import Envelope
from mail.message import parse_message
from mail.public_page import PublicPages
from mail.raw import RawMessage
from mail.received import UNKNOWN_BASIS, Basis, ReceivedMessage, StoredMessage
from mta.public_page import mention_page
from mta.standing import NOTHING_STANDS, Standing
from mta.trace import stamp
from store.writer import Writer
from verify.authenticate import VerifySettings, authenticate
from verify.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Tools:
    """What the rooms need to do their work; made once by `cli.build` and shared by all doors.

    `hostname` is what we call ourselves in Received; `now` gives aware UTC datetimes; `basis` is
    what the verdicts rest on besides their evidence, kept with each. `standing` tells what may
    change while we run: the keys of reply addresses, and the forwarders trusted in the store.
    `pages` are the public pages that refusals name, or None.
    """

    resolver: Resolver
    verify: VerifySettings
    policy: Policy
    rules: Rules
    writer: Writer
    hostname: Domain
    now: Callable[[], datetime]
    basis: Basis = UNKNOWN_BASIS
    standing: Callable[[], Standing] = Standing
    pages: PublicPages | None = None

    def current(self) -> "Tools":
        """The same with what stands now; nothing in it changes any more."""
        now = self.standing()
        if now == NOTHING_STANDS:
            return self
        policy = replace(
            self.policy,
            reply_keys=now.reply_keys or self.policy.reply_keys,
            trust=self.policy.trust + now.trust,
        )
        verify = replace(self.verify, trust=self.verify.trust + now.trust)
        return replace(
            self, policy=policy, verify=verify, basis=now.basis(self.basis), standing=Standing
        )


async def receive(envelope: Envelope, raw: RawMessage, tools: Tools) -> StoredMessage:
    """Take one message from the door to the store. Only when this returns may the peer hear 250.

    A refused message takes the same path and leaves its row; its reply is in the verdict of
    what is returned. Raises TryLater where it cannot be decided now, and StoreProblem where it
    cannot be kept.
    """
    message, tools = parse_message(raw), tools.current()
    report = await authenticate(envelope, message, tools.resolver, tools.verify, tools.now)
    verdict = decide(gather_facts(envelope, message, report, tools.policy), tools.rules)
    verdict = mention_page(verdict, envelope.id, report, tools.pages)
    trace = stamp(
        envelope, message, report, tools.hostname, tools.verify.authserv_id, verdict.override
    )
    received = ReceivedMessage(envelope, message, report, verdict, trace, tools.basis)
    return await tools.writer.save_message(received)
