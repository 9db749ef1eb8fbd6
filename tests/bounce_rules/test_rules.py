"""The rules that come with the program: each decides its own case, and says what it should."""

import re

import pytest

from bounce_rules.decide import decide
from bounce_rules.load import load_rules
from bounce_rules.rule import Rule
from mail.verdict import Action

RULES = load_rules()


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_rule_decides_its_own_case(rule: Rule) -> None:
    verdict = decide(rule.case, RULES)
    assert verdict.rule == rule.name
    assert verdict.action is rule.action
    assert verdict.reasons[0] == rule.why


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_reply_has_no_placeholder_left_and_reads_as_a_sentence(rule: Rule) -> None:
    text = rule.reply.fill(rule.case).text
    assert not re.search(r"[{}]|  |: $", text)
    assert text[0].isupper() or rule.action in (Action.ACCEPT, Action.QUARANTINE)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_why_is_a_sentence(rule: Rule) -> None:
    assert len(rule.why) > 40
    assert rule.why.endswith(".")


def test_dmarc_refusal_has_the_exact_words_that_platforms_know() -> None:
    rule = next(rule for rule in RULES.rules if rule.name == "dmarc-reject")
    assert str(decide(rule.case, RULES).reply) == (
        "550 5.7.26 Unauthenticated email from bank.example is not accepted due to domain's "
        "DMARC policy. Please contact the administrator of bank.example domain."
    )


def test_held_mail_hears_what_accepted_mail_hears() -> None:
    replies = {
        str(rule.reply)
        for rule in RULES.rules
        if rule.stage == "data" and rule.action in (Action.ACCEPT, Action.QUARANTINE)
    }
    assert len(replies) == 1
