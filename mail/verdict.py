"""What is done with a message, by which rule, and what the peer hears."""

from dataclasses import dataclass
from enum import StrEnum

from mail.reply import Reply


class Action(StrEnum):
    """The four things that can happen to a transaction."""

    ACCEPT = "accept"
    """250, and it lies in its mailboxes."""
    QUARANTINE = "quarantine"
    """250, but held where only the console shows it, until somebody decides."""
    REJECT = "reject"
    """5xx: never send this again."""
    DEFER = "defer"
    """4xx: try again later."""


class Override(StrEnum):
    """Why a DMARC policy was not followed (RFC 9990 §3.1.7 calls these policy overrides)."""

    TRUSTED_ARC = "trusted-arc"
    TRUSTED_FORWARDER = "trusted-forwarder"
    TRUSTED_RELAY = "trusted-relay"
    SIGNED_REPLY = "signed-reply"


_CODES = {Action.ACCEPT: 2, Action.QUARANTINE: 2, Action.REJECT: 5, Action.DEFER: 4}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision. `rule` is the name of the rule that decided and is never empty.

    `reasons` are lines for a person: why, in the words of the rule and of the report. `path` is
    the id of the learned forward path that the override rests on, if it is one.
    Raises ValueError if the action and the reply's code contradict each other.
    """

    action: Action
    rule: str
    reply: Reply
    override: Override | None = None
    reasons: tuple[str, ...] = ()
    path: str = ""

    def __post_init__(self) -> None:
        if not self.rule:
            raise ValueError("a verdict without a rule")
        if self.reply.code // 100 != _CODES[self.action]:
            raise ValueError(f"{self.action} cannot answer {self.reply.code}")

    @property
    def keeps_message(self) -> bool:
        """Whether the message becomes ours: accepted, or held."""
        return self.action in (Action.ACCEPT, Action.QUARANTINE)
