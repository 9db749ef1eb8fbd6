"""Which recipients may share one message: those for whom the same would be decided.

One DATA has one reply, so recipients with different policies have to come separately.
"""

from dataclasses import dataclass
from datetime import datetime

from bounce_rules.facts import Enforce, Policy
from mail.address import Address
from mail.reply_address import read
from mail.trust import Trust


@dataclass(frozen=True, slots=True)
class Scope:
    """What a decision can depend on in a recipient. Equal scopes share a message."""

    signed_reply: bool = False
    postmaster: bool = False
    trust: frozenset[Trust] = frozenset()


def scope_of(recipient: Address, policy: Policy, at: datetime) -> Scope:
    """The scope of one recipient of a message that came at `at`."""
    if policy.enforce == Enforce.MONITOR.value:
        return Scope()
    return Scope(
        read(policy.reply_keys, recipient) is not None,
        recipient.is_postmaster,
        frozenset(one for one in policy.trust if one.destination and one.holds((recipient,), at)),
    )
