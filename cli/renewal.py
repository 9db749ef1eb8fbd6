"""What may change while a server runs: the keys of reply addresses, and the trusted paths."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bounce_rules.facts import Policy
from cli.basis import basis_of
from cli.judge import Judge
from mail.reply_address import ReplyKey
from mail.trust import Trust
from mta.receive import Tools
from store.database import Database
from store.forward_paths import list_paths
from verify.authenticate import VerifySettings


def with_learned(
    settings: VerifySettings, policy: Policy, learned: tuple[Trust, ...]
) -> tuple[VerifySettings, Policy]:
    """Both with the paths that somebody here trusts, besides those of the configuration."""
    return (
        replace(settings, trust=settings.trust + learned),
        replace(policy, trust=policy.trust + learned),
    )


def knowing(judge: Judge, database: Database) -> Judge:
    """The judge with the paths that are trusted in the store, as a server has them."""
    learned = tuple(row.trust() for row in list_paths(database))
    settings, policy = with_learned(judge.settings, judge.policy, learned)
    return replace(judge, settings=settings, policy=policy)


class Renewal:
    """Gives the tools as they stand now; the same ones until something changed."""

    def __init__(
        self,
        tools: Tools,
        learned: Callable[[], tuple[Trust, ...]],
        reply_keys: Callable[[], Sequence[ReplyKey]],
    ) -> None:
        self._first = tools
        self._learned = learned
        self._reply_keys = reply_keys
        self._seen: tuple[object, ...] | None = None
        self._now = tools

    def __call__(self) -> Tools:
        """Cheap where nothing changed: it is asked for every recipient."""
        learned, keys = self._learned(), tuple(self._reply_keys())
        if self._seen != (learned, keys):
            self._seen, self._now = (learned, keys), self._renewed(learned, keys)
        return self._now

    def _renewed(self, learned: tuple[Trust, ...], keys: tuple[ReplyKey, ...]) -> Tools:
        first = self._first
        policy = replace(first.policy, reply_keys=keys)
        settings, policy = with_learned(first.verify, policy, learned)
        basis = basis_of(settings, policy, first.rules)
        return replace(first, verify=settings, policy=policy, basis=basis)
