"""Trusted forwarders, our own relays and signed reply addresses, from facts to verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.load import load_rules
from bounce_rules.scope import scope_of
from mail.address import Domain, parse_address
from mail.forward import ForwardSigns, Rewriting
from mail.reply_address import ReplyKey, mint
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SeenThrough,
    SpfResult,
    SpfWord,
)
from mail.trust import Known, Trust
from mail.verdict import Action, Override, Verdict
from tests.bounce_rules import made

RULES = load_rules()
KEY = ReplyKey("ab", b"k" * 32)
MINTED = str(mint(KEY, Domain("reply.example"), "spring", "wang@customer.example").address)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = DmarcResult(
    DmarcWord.FAIL, "bank.example", "bank.example", DmarcPolicy.REJECT, (), "no", "v=DMARC1"
)


def verdict(
    report: AuthReport, policy: Policy, *recipients: str, mail_from: str = "li@bank.example"
) -> Verdict:
    envelope = made.envelope(mail_from, recipients or ("support@reply.example",))
    return decide(gather_facts(envelope, made.message(), report, policy), RULES)


def report(dmarc: DmarcResult = FAILED, **parts: Any) -> AuthReport:
    return replace(made.report(dmarc=dmarc), **parts)


def _dmarc(word: DmarcWord, policy: DmarcPolicy = DmarcPolicy.REJECT) -> DmarcResult:
    owed = word is DmarcWord.TEMPERROR
    return replace(FAILED, result=word, policy=policy, dns_trouble_matters=owed)


_RESULTS = {
    "pass": (_dmarc(DmarcWord.PASS), Action.ACCEPT, Action.ACCEPT),
    "none": (_dmarc(DmarcWord.NONE), Action.ACCEPT, Action.ACCEPT),
    "quarantine": (
        _dmarc(DmarcWord.FAIL, DmarcPolicy.QUARANTINE),
        Action.QUARANTINE,
        Action.QUARANTINE,
    ),
    "reject": (_dmarc(DmarcWord.FAIL), Action.REJECT, Action.QUARANTINE),
    "temperror": (_dmarc(DmarcWord.TEMPERROR), Action.DEFER, Action.DEFER),
}


@pytest.mark.parametrize("name", _RESULTS)
@pytest.mark.parametrize("signed", [False, True])
def test_a_signed_reply_is_held_where_others_are_refused(name: str, signed: bool) -> None:
    dmarc, ordinary, to_signed = _RESULTS[name]
    to = MINTED if signed else "support@reply.example"
    found = verdict(report(dmarc), Policy(reply_keys=(KEY,)), to)
    assert found.action is (to_signed if signed else ordinary)
    held_for_it = signed and name == "reject"
    assert (found.override is Override.SIGNED_REPLY) is held_for_it


def test_a_reply_address_of_another_key_or_beside_an_ordinary_one_counts_for_nothing() -> None:
    foreign = Policy(reply_keys=(ReplyKey("ab", b"f" * 32),))
    assert verdict(report(), foreign, MINTED).action is Action.REJECT
    both = verdict(report(), Policy(reply_keys=(KEY,)), MINTED, "sales@reply.example")
    assert both.action is Action.REJECT
    assert verdict(report(), Policy(), MINTED).action is Action.REJECT


def test_a_signed_reply_is_held_where_authentication_is_asked_for() -> None:
    policy = Policy(enforce="authenticated", reply_keys=(KEY,))
    unauthenticated = report(made.DMARC)
    assert verdict(unauthenticated, policy).action is Action.REJECT
    found = verdict(unauthenticated, policy, MINTED)
    assert (found.action, found.override) == (Action.QUARANTINE, Override.SIGNED_REPLY)


@pytest.mark.parametrize("enforce", ["dmarc", "authenticated"])
def test_what_our_own_relay_brings_is_held_and_not_refused(enforce: str) -> None:
    seen = SeenThrough("198.51.100.7", ip_address("192.0.2.9"), "x")
    dmarc = FAILED if enforce == "dmarc" else made.DMARC
    found = verdict(report(dmarc, seen_through=seen), Policy(enforce=enforce))
    assert (found.action, found.override) == (Action.QUARANTINE, Override.TRUSTED_RELAY)


CONTOSO = Trust(
    Known.SPF,
    "contoso.example",
    "support@reply.example",
    expires=NOW + timedelta(days=90),
    forwarder="help@contoso.example",
    path="P1",
)


def forwarded(
    forwarder: str = "help@contoso.example", spf: str = "contoso.example", **parts: Any
) -> AuthReport:
    return report(
        spf=SpfResult(SpfWord.PASS, spf, "mailfrom", "fine"),
        iprev=IprevResult(IprevWord.PASS, "out.outlook.example"),
        forward=ForwardSigns(Rewriting.MICROSOFT, forwarder),
        **parts,
    )


def test_a_learned_path_lets_its_own_forwards_in_and_says_so() -> None:
    found = verdict(forwarded(), Policy(trust=(CONTOSO,)))
    assert (found.action, found.override) == (Action.ACCEPT, Override.TRUSTED_FORWARDER)
    assert found.path == "P1"


@pytest.mark.parametrize(
    "found",
    [
        forwarded("help@evil.example", "evil.example"),
        forwarded("help@contoso.example", "evil.example"),
        forwarded("other@contoso.example"),
        forwarded("help@contoso.example", "sub.contoso.example"),
        replace(forwarded(), spf=SpfResult(SpfWord.SOFTFAIL, "contoso.example", "mailfrom", "x")),
        replace(forwarded(), spf=SpfResult(SpfWord.PASS, "contoso.example", "helo", "x")),
        replace(forwarded(), forward=ForwardSigns()),
    ],
    ids=["tenant", "spf", "mailbox", "subdomain", "softfail", "helo", "no signs"],
)
def test_a_spoof_by_another_tenant_of_the_same_provider_stays_refused(found: AuthReport) -> None:
    judged = verdict(found, Policy(trust=(CONTOSO,)))
    assert (judged.action, judged.override, judged.path) == (Action.REJECT, None, "")


def test_a_path_is_for_its_destination_only() -> None:
    policy = Policy(trust=(CONTOSO,))
    assert verdict(forwarded(), policy, "sales@reply.example").action is Action.REJECT
    both = verdict(forwarded(), policy, "support@reply.example", "sales@reply.example")
    assert both.action is Action.REJECT


def test_a_path_ends() -> None:
    over = replace(CONTOSO, expires=NOW)
    assert verdict(forwarded(), Policy(trust=(over,))).action is Action.REJECT


def test_a_forwarder_of_a_table_is_known_by_name_or_spf_for_its_destination() -> None:
    trust = Trust(Known.CLIENT, "outlook.example", "reply.example")
    assert verdict(forwarded(), Policy(trust=(trust,))).override is Override.TRUSTED_FORWARDER
    elsewhere = replace(trust, destination="other.example")
    assert verdict(forwarded(), Policy(trust=(elsewhere,))).action is Action.REJECT


def test_a_learned_client_counts_for_its_own_forwarder_only() -> None:
    trust = Trust(
        Known.CLIENT,
        "contoso.example",
        "support@reply.example",
        NOW + timedelta(days=1),
        forwarder="help@contoso.example",
        path="p2",
    )
    named = replace(
        forwarded(),
        spf=replace(forwarded().spf, result=SpfWord.NONE),
        iprev=IprevResult(IprevWord.PASS, "mx1.contoso.example"),
    )
    other = replace(named, forward=replace(named.forward, forwarder="boss@contoso.example"))
    policy = Policy(trust=(trust,))
    assert verdict(named, policy, "support@reply.example").path == "p2"
    assert verdict(other, policy, "support@reply.example").rule == "dmarc-reject"
    elsewhere = replace(named, iprev=IprevResult(IprevWord.PASS, "mx.evil.example"))
    assert verdict(elsewhere, policy, "support@reply.example").rule == "dmarc-reject"


def test_a_learned_seal_names_its_path() -> None:
    claims = (("dmarc", "pass", "bank.example"),)
    arc = ArcResult(ArcWord.PASS, "one set", ("fwd.example",), trusted=True, claims=claims)
    trust = Trust(Known.SEAL, "fwd.example", "support@reply.example", path="P2")
    found = verdict(report(arc=arc), Policy(trust=(trust,)))
    assert (found.override, found.path) == (Override.TRUSTED_ARC, "P2")


def test_a_path_that_overrides_nothing_is_not_named() -> None:
    passed = replace(forwarded(), dmarc=_dmarc(DmarcWord.PASS))
    assert verdict(passed, Policy(trust=(CONTOSO,))).path == ""


def _scope(recipient: str, policy: Policy, at: datetime = NOW) -> Any:
    return scope_of(parse_address(recipient), policy, at)


def test_recipients_share_a_message_if_the_same_would_be_decided() -> None:
    policy = Policy(reply_keys=(KEY,), trust=(CONTOSO, Trust(Known.SEAL, "everywhere.example")))
    assert _scope("sales@reply.example", policy) == _scope("info@reply.example", policy)
    different = {
        _scope(one, policy)
        for one in (
            "sales@reply.example",
            "support@reply.example",
            "postmaster@reply.example",
            MINTED,
        )
    }
    assert len(different) == 4
    monitor = replace(policy, enforce="monitor")
    assert _scope(MINTED, monitor) == _scope("support@reply.example", monitor)
    later = NOW + timedelta(days=91)
    assert _scope("support@reply.example", policy, later) == _scope("a@reply.example", policy)
