"""By what verdicts are reached: one digest of the rules and one of the settings in force.

They are stored with every transaction. Where a verdict is not the same when it is decided again,
they tell whether it is we who have changed since.
"""

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import asdict
from typing import Any

from bounce_rules.facts import Policy
from bounce_rules.rule import Rule, Rules
from mail.received import Basis
from verify.authenticate import VerifySettings


def basis_of(settings: VerifySettings, policy: Policy, rules: Rules) -> Basis:
    """The digests of everything that a verdict depends on besides its evidence."""
    return Basis(
        rules=_digest([_parts_of(rule) for rule in rules.rules]),
        settings=_digest([asdict(settings), asdict(policy)]),
    )


def _parts_of(rule: Rule) -> list[Any]:
    """What a rule says; where its file lies and what its case is changes no verdict."""
    reply = [rule.reply.code, rule.reply.enhanced, rule.reply.text]
    when = {name: list(wanted) for name, wanted in rule.when.items()}
    return [rule.name, rule.stage, when, rule.action, reply, rule.why, rule.override]


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Set):
        return sorted(map(str, value))
    return dict(value) if isinstance(value, Mapping) else str(value)
