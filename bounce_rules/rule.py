"""What a rule may say.

A rule compares facts with values, and that is all: no expressions, no negation, no order of its
own beyond its place in the file. What needs more is a new fact, in Python, with a name and a
test. That makes some rules longer than an expression would be; it also means that anybody can
read aloud why a message was refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache

from bounce_rules.facts import Facts
from mail.reply import Reply, printable
from mail.verdict import Action, Override

Wanted = tuple[str | bool, ...]
"""The values that a fact may have for a rule to fit; any of them will do."""

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
"""`{fact}` in a reply's text or enhanced code stands for that fact's value."""


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """A reply with placeholders; `fill` makes it a `Reply`."""

    code: int
    enhanced: str
    text: str

    def fill(self, facts: Facts) -> Reply:
        """The reply for these facts. Nothing of a stranger's gets in unless it is printable."""
        if "{" not in self.enhanced and "{" not in self.text:
            return _fixed(self)

        def value(match: re.Match[str]) -> str:
            return printable(str(getattr(facts, match[1])), limit=255)

        enhanced = PLACEHOLDER.sub(value, self.enhanced)
        return Reply(self.code, enhanced, PLACEHOLDER.sub(value, self.text))


@lru_cache(maxsize=256)
def _fixed(form: ReplyForm) -> Reply:
    """The one reply of a form without placeholders."""
    return Reply(form.code, form.enhanced, form.text)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file has it; `where` is the file and line, for messages about it.

    `override` names why a DMARC policy is not followed. `names_next` makes the verdict's reasons
    say which rule below would have decided, and what it would have answered. `case` are facts
    that this rule must decide.
    """

    name: str
    stage: str
    when: Mapping[str, Wanted]
    action: Action
    reply: ReplyForm
    why: str
    case: Facts
    where: str
    override: Override | None = None
    names_next: bool = False

    def fits(self, facts: Facts) -> bool:
        """Whether every fact that the rule asks about has one of the values that it wants."""
        if self.stage != facts.stage:
            return False
        for name, wanted in self.when.items():  # noqa: SIM110 all() takes twice as long
            if getattr(facts, name) not in wanted:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules in the order in which they are asked. Made by `load_rules`, which checks them."""

    rules: tuple[Rule, ...]
    _by_stage: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stages = {rule.stage: None for rule in self.rules}
        found = {
            stage: tuple(rule for rule in self.rules if rule.stage == stage) for stage in stages
        }
        object.__setattr__(self, "_by_stage", found)

    def first(self, facts: Facts, after: Rule | None = None) -> Rule:
        """The first rule that fits; with `after`, the first one below that rule."""
        rules = self._by_stage[facts.stage]
        start = 0 if after is None else rules.index(after) + 1
        return next(rule for rule in rules[start:] if rule.fits(facts))


FACT_NAMES = frozenset(one.name for one in fields(Facts))
"""Everything that a rule or a placeholder may name."""
