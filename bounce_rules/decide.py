"""The decision itself: the first rule that fits."""

from bounce_rules.facts import Facts
from bounce_rules.rule import Rule, Rules
from mail.verdict import Override, Verdict

_BY_PATH = (Override.TRUSTED_ARC, Override.TRUSTED_FORWARDER)


def decide(facts: Facts, rules: Rules) -> Verdict:
    """The verdict for these facts. Pure, and always an answer: `load_rules` saw to it that the
    last rule of each stage fits everything."""
    rule = rules.first(facts)
    return Verdict(
        rule.action,
        rule.name,
        rule.reply.fill(facts),
        rule.override,
        (rule.why, *_instead_of(rule, facts, rules), *facts.reasons),
        facts.trusted_path if rule.override in _BY_PATH else "",
    )


def _instead_of(rule: Rule, facts: Facts, rules: Rules) -> tuple[str, ...]:
    """Which rule below would have decided, where this rule is one that says so."""
    if not rule.names_next:
        return ()
    other = rules.first(facts, after=rule)
    if other.action is rule.action:
        return ()
    return (f"Without this rule: {other.action} by {other.name}: {other.reply.fill(facts)}",)
