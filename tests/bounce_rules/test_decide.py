"""From a report to an answer: what is refused, held, deferred and accepted."""

from dataclasses import replace

import pytest

from bounce_rules.decide import decide
from bounce_rules.facts import Enforce, Policy, RecipientState, gather_facts
from bounce_rules.load import load_rules
from mail.address import parse_address
from mail.envelope import Door
from mail.report import (
    ArcResult,
    ArcWord,
    AuthorWord,
    AuthReport,
    DkimWord,
    DmarcPolicy,
    DmarcWord,
    SpfWord,
)
from mail.verdict import Action, Override, Verdict
from tests.bounce_rules import made
from tests.bounce_rules.made import DMARC, dkim, failed, report

RULES = load_rules()
REJECT, QUARANTINE, NONE = DmarcPolicy.REJECT, DmarcPolicy.QUARANTINE, DmarcPolicy.NONE


def answer(
    found: AuthReport, policy: Policy | None = None, rcpt: str = "wu@reply.example"
) -> Verdict:
    facts = gather_facts(made.envelope(rcpt_to=(rcpt,)), made.message(), found, policy or Policy())
    return decide(facts, RULES)


def owed(policy: DmarcPolicy = REJECT) -> AuthReport:
    dmarc = replace(failed(policy), result=DmarcWord.TEMPERROR, dns_trouble_matters=True)
    return report(spf=SpfWord.TEMPERROR, dmarc=dmarc)


@pytest.mark.parametrize(
    ("policy", "action", "code"),
    [
        (REJECT, Action.REJECT, "550 5.7.26"),
        (QUARANTINE, Action.QUARANTINE, "250 2.0.0"),
        (NONE, Action.ACCEPT, "250 2.0.0"),
    ],
)
def test_dmarc_policy_is_followed(policy: DmarcPolicy, action: Action, code: str) -> None:
    verdict = answer(report(dmarc=failed(policy)))
    assert verdict.action is action
    assert str(verdict.reply).startswith(code)
    assert verdict.override is None


def test_the_operator_chooses_the_code_of_a_dmarc_refusal() -> None:
    verdict = answer(report(dmarc=failed(REJECT)), Policy(dmarc_reply="5.7.206"))
    assert str(verdict.reply).startswith("550 5.7.206 Unauthenticated email from bank.example ")


def test_reply_names_the_author_domain_in_a_labels() -> None:
    verdict = answer(report(dmarc=failed(REJECT, "xn--bcher-kva.example")))
    assert "email from xn--bcher-kva.example is" in verdict.reply.text


@pytest.mark.parametrize("rcpt", ["postmaster@reply.example", "PostMaster@reply.example"])
def test_postmaster_is_held_instead_of_refused(rcpt: str) -> None:
    assert answer(report(dmarc=failed(REJECT)), rcpt=rcpt).action is Action.QUARANTINE
    strict = Policy(enforce="authenticated")
    assert answer(report(), strict, rcpt=rcpt).action is Action.QUARANTINE


def test_dns_trouble_that_matters_is_deferred() -> None:
    verdict = answer(owed())
    assert verdict.action is Action.DEFER
    assert str(verdict.reply).startswith("451 4.4.3 ")


def test_dns_trouble_that_changes_nothing_defers_nothing() -> None:
    dmarc = replace(failed(NONE), result=DmarcWord.TEMPERROR)
    assert answer(report(spf=SpfWord.TEMPERROR, dmarc=dmarc)).action is Action.ACCEPT


def test_domains_without_a_record_pass_by_default() -> None:
    assert answer(report(spf=SpfWord.FAIL)).action is Action.ACCEPT


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (report(), Action.REJECT),
        (report(spf=SpfWord.FAIL, dkims=(dkim(DkimWord.FAIL),)), Action.REJECT),
        (report(spf=SpfWord.PASS), Action.ACCEPT),
        (report(dkims=(dkim(DkimWord.FAIL), dkim(DkimWord.PASS))), Action.ACCEPT),
        (report(spf=SpfWord.TEMPERROR), Action.DEFER),
        (report(spf=SpfWord.TEMPERROR, dkims=(dkim(DkimWord.PASS),)), Action.ACCEPT),
        (report(spf=SpfWord.FAIL, dkims=(dkim(DkimWord.TEMPERROR),)), Action.DEFER),
        (report(dmarc=failed(NONE)), Action.ACCEPT),
        (report(dmarc=failed(REJECT)), Action.REJECT),
    ],
)
def test_authenticated_asks_for_a_pass_where_there_is_no_record(
    found: AuthReport, action: Action
) -> None:
    assert answer(found, Policy(enforce=Enforce.AUTHENTICATED)).action is action


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (report(dmarc=failed(REJECT)), "dmarc-reject"),
        (report(dmarc=failed(QUARANTINE)), "dmarc-quarantine"),
        (owed(), "dns-trouble"),
        (report(dmarc=replace(DMARC, author=AuthorWord.MISSING, reason="no From")), "no-author"),
    ],
)
def test_monitor_accepts_and_says_what_would_have_been(found: AuthReport, rule: str) -> None:
    verdict = answer(found, Policy(enforce="monitor"))
    assert (verdict.action, verdict.rule) == (Action.ACCEPT, "monitor")
    assert any(f" by {rule}: " in line for line in verdict.reasons)


def test_monitor_has_nothing_to_say_of_good_mail() -> None:
    verdict = answer(report(spf=SpfWord.PASS), Policy(enforce="monitor"))
    assert not any("Without this rule" in line for line in verdict.reasons)


@pytest.mark.parametrize("door", [Door.IMAP, Door.IMPORT])
def test_pulled_mail_is_never_refused_held_or_deferred(door: Door) -> None:
    for found in (report(dmarc=failed(REJECT)), report(dmarc=failed(QUARANTINE)), owed()):
        facts = gather_facts(made.envelope(door=door), made.message(), found, Policy())
        assert decide(facts, RULES).action is Action.ACCEPT


@pytest.mark.parametrize(
    ("word", "reply"),
    [
        (AuthorWord.MISSING, "550 5.6.0 The message does not say who wrote it: because"),
        (AuthorWord.SEVERAL, "550 5.7.1 The message names more than one author: because"),
        (AuthorWord.MALFORMED, "550 5.6.0 The From field of the message cannot be read: because"),
    ],
)
def test_a_message_without_one_author_is_refused_with_the_reason(
    word: AuthorWord, reply: str
) -> None:
    dmarc = replace(DMARC, result=DmarcWord.PERMERROR, domain="", author=word, reason="because")
    assert str(answer(report(dmarc=dmarc)).reply) == reply


def test_a_header_that_is_cut_is_refused() -> None:
    header = b"From: li@example.com\r\n" + b"X: y\r\n" * 100_001
    facts = gather_facts(made.envelope(), made.message(header), report(), Policy())
    assert str(decide(facts, RULES).reply).startswith("552 5.3.4 ")


def sealed(result: ArcWord = ArcWord.PASS, trusted: bool = True, claim: str = "pass") -> ArcResult:
    claims = (("spf", "pass", "fwd.example"), ("dmarc", claim, "bank.example"))
    return ArcResult(result, "as the test says", ("fwd.example",), trusted, claims)


@pytest.mark.parametrize("policy", [REJECT, QUARANTINE])
def test_a_trusted_seal_that_says_pass_overrides_the_policy(policy: DmarcPolicy) -> None:
    verdict = answer(report(dmarc=failed(policy), arc=sealed()))
    assert (verdict.action, verdict.override) == (Action.ACCEPT, Override.TRUSTED_ARC)


@pytest.mark.parametrize(
    "arc", [sealed(trusted=False), sealed(claim="fail"), sealed(result=ArcWord.FAIL)]
)
def test_other_seals_override_nothing(arc: ArcResult) -> None:
    assert answer(report(dmarc=failed(REJECT), arc=arc)).rule == "dmarc-reject"


def test_a_trusted_seal_that_speaks_of_another_domain_overrides_nothing() -> None:
    found = report(dmarc=failed(REJECT, "other.example"), arc=sealed())
    assert answer(found).rule == "dmarc-reject"


def test_a_trusted_seal_makes_waiting_for_the_dns_needless() -> None:
    assert answer(replace(owed(), arc=sealed())).override is Override.TRUSTED_ARC
    unknown = replace(owed().dmarc, record="", policy=NONE)
    assert answer(replace(owed(), arc=sealed(), dmarc=unknown)).action is Action.ACCEPT


def test_a_seal_that_is_not_needed_is_no_override() -> None:
    assert answer(report(dmarc=failed(NONE), arc=sealed())).override is None


def test_a_trusted_forwarder_is_known_by_its_confirmed_name_or_by_spf() -> None:
    trusting = Policy(trusted_forwarders=("fwd.example",))
    by_name = report(dmarc=failed(REJECT), iprev=made.passed_iprev("mx1.fwd.example"))
    assert answer(by_name, trusting).override is Override.TRUSTED_FORWARDER
    by_spf = report(spf=SpfWord.PASS, dmarc=failed(REJECT))
    by_spf = replace(by_spf, spf=replace(by_spf.spf, domain="fwd.example"))
    assert answer(by_spf, trusting).override is Override.TRUSTED_FORWARDER


def test_nobody_else_is_a_trusted_forwarder() -> None:
    trusting = Policy(trusted_forwarders=("fwd.example",))
    alike = report(dmarc=failed(REJECT), iprev=made.passed_iprev("mx.badfwd.example"))
    assert answer(alike, trusting).action is Action.REJECT
    by_helo = report(spf=SpfWord.PASS, dmarc=failed(REJECT))
    by_helo = replace(by_helo, spf=replace(by_helo.spf, domain="fwd.example", identity="helo"))
    assert answer(by_helo, trusting).action is Action.REJECT


@pytest.mark.parametrize(
    ("recipient", "state", "reply"),
    [
        ("li@reply.example", RecipientState.KNOWN, "250 2.1.5 Recipient ok"),
        ("no@reply.example", RecipientState.UNKNOWN, "550 5.1.1 There is no no@reply.example here"),
        (
            "li@other.example",
            RecipientState.FOREIGN,
            "550 5.7.1 Relaying denied: other.example is not served here",
        ),
        ("postmaster@reply.example", RecipientState.UNKNOWN, "250 2.1.5 Recipient ok"),
    ],
)
@pytest.mark.parametrize("enforce", list(Enforce))
def test_recipients(recipient: str, state: RecipientState, reply: str, enforce: Enforce) -> None:
    facts = gather_facts(
        made.envelope(),
        None,
        None,
        Policy(enforce=enforce),
        recipient=parse_address(recipient),
        recipient_state=state,
    )
    assert str(decide(facts, RULES).reply) == reply


def test_a_recipient_that_is_not_ascii_cannot_spoil_the_reply() -> None:
    facts = gather_facts(
        made.envelope(),
        None,
        None,
        Policy(),
        recipient=parse_address("李伟@reply.example"),
        recipient_state=RecipientState.UNKNOWN,
    )
    assert decide(facts, RULES).reply.text == "There is no ??@reply.example here"


def test_any_sender_may_begin() -> None:
    for sender in ("li@example.com", ""):
        facts = gather_facts(made.envelope(sender), None, None, Policy())
        assert decide(facts, RULES).reply.code == 250


def test_reasons_tell_what_each_check_found() -> None:
    found = report(spf=SpfWord.FAIL, dkims=(dkim(DkimWord.FAIL),), dmarc=failed(REJECT))
    lines = answer(found).reasons
    assert lines[1] == "dmarc=fail policy=reject: neither passed"
    assert lines[2] == "spf=fail mailfrom=example.com: no record"
    assert lines[3] == "dkim=fail d=example.com s=s1: as the test says"


def test_an_unknown_word_is_no_policy() -> None:
    with pytest.raises(ValueError, match="enforce is 'strict'; allowed: dmarc"):
        Policy(enforce="strict")
