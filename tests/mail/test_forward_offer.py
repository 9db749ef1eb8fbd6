"""Which paths are worth a rule, what of them is not proved, and how messages become one offer."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mail.forward_offer import (
    Attempt,
    Unproven,
    group,
    is_genuine,
    names_destination,
    offer_id,
    offered_path,
)
from mail.forward_path import ForwardPath
from mail.trust import Known

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SUPPORT = "support@reply.example"
PATH = ForwardPath(Known.SPF, "contoso.example", "help@contoso.example")
SIGNS = {
    "rewriting": "microsoft-srs",
    "forwarder": "help@contoso.example",
    "original_sender": "li@bank.example",
    "destination": "",
    "fields": [],
    "forwarded_for": [],
    "forwarded_to": [],
    "delivered_to": [],
}
REPORT: dict[str, Any] = {
    "spf": {"result": "pass", "domain": "contoso.example", "identity": "mailfrom"},
    "dkim": [],
    "dmarc": {"result": "fail", "domain": "bank.example", "policy_domain": "bank.example"},
    "iprev": {"result": "pass", "name": "out.outlook.example"},
    "forward": SIGNS,
    "forward_path": {
        "known_by": "spf",
        "name": "contoso.example",
        "forwarder": "help@contoso.example",
    },
}
SIGNED = [{"result": "fail", "domain": "mail.bank.example"}]
UNSURE = {"spf": {"result": "none", "identity": "mailfrom"}, "forward_path": None}
OWN_NAME = {"iprev": {"result": "pass", "name": "MX1.Contoso.example."}}


def report(**changed: Any) -> dict[str, Any]:
    """REPORT with other parts; what is told of `forward` is laid over its signs."""
    made = deepcopy(REPORT) | changed
    if "forward" in changed and changed["forward"] is not None:
        made["forward"] = SIGNS | changed["forward"]
    return made


def test_a_proved_forwarder_of_the_author_s_own_mail_is_offered() -> None:
    assert offered_path(REPORT, SUPPORT) == PATH


@pytest.mark.parametrize(
    "stranger",
    [
        report(forward_path=None),
        report(forward={"original_sender": "li@other.example"}),
        report(forward={"original_sender": "li@notbank.example"}),
        report(forward={"original_sender": ""}),
        report(forward={"rewriting": "none", "original_sender": "", "fields": ["resent-from"]}),
        report(
            forward={
                "rewriting": "none",
                "original_sender": "li@bank.example",
                "fields": ["x-forwarded-for"],
                "forwarded_for": ["somebody@else.example"],
            }
        ),
        report(
            forward={"rewriting": "caf", "original_sender": "", "destination": "x@else.example"}
        ),
        report(
            forward={"original_sender": ""}, dkim=[{"result": "pass", "domain": "evil.example"}]
        ),
    ],
    ids=[
        "spf did not pass",
        "another author's mail was forwarded",
        "a name that only ends alike",
        "no original sender can be read",
        "a header field and nothing else",
        "the fields name another forwarder",
        "another destination",
        "a stranger's signature",
    ],
)
def test_a_stranger_s_imitation_is_not_offered(stranger: dict[str, Any]) -> None:
    assert offered_path(stranger, SUPPORT) is None


@pytest.mark.parametrize(
    "forwarded",
    [
        report(forward={"original_sender": "bounce@mail.bank.example"}),
        report(forward={"original_sender": "b@sender.example"}, dkim=SIGNED),
        report(
            dmarc={"result": "fail", "domain": "news.bank.example", "policy_domain": "bank.example"}
        ),
        report(forward={"rewriting": "caf", "original_sender": "", "destination": SUPPORT}),
        report(
            forward={
                "rewriting": "none",
                "original_sender": "",
                "forwarded_for": ["help@contoso.example"],
                "forwarded_to": [SUPPORT],
            }
        ),
    ],
    ids=["subdomain", "signed and broken", "organisation", "caf", "fields of the same forwarder"],
)
def test_what_could_have_passed_before_the_forward_is_offered(forwarded: dict[str, Any]) -> None:
    assert offered_path(forwarded, SUPPORT) == PATH


def test_a_seal_that_vouches_is_offered_whatever_the_envelope_says() -> None:
    sealed = report(
        forward=None,
        forward_path={"known_by": "seal", "name": "google.example", "forwarder": ""},
    )
    assert offered_path(sealed, SUPPORT) == ForwardPath(Known.SEAL, "google.example")


def test_a_confirmed_name_in_the_forwarder_s_own_domain_is_a_proof() -> None:
    found = offered_path(report(**UNSURE, **OWN_NAME), SUPPORT)
    assert found == ForwardPath(Known.CLIENT, "contoso.example", "help@contoso.example")


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("compute.example.com", "ec2-203-0-113-7.compute.example.com"),
        ("servers.example", "static.7.113.0.203.customers.servers.example"),
        ("cloud.example", "7.113.0.203.bc.cloud.example"),
        ("cloud.example", "li-20010db8000000000000000000000007.cloud.example"),
        ("cloud.example", "ip-cb007107.cloud.example"),
        ("com", "mail.evil.com"),
    ],
)
def test_a_rented_server_s_name_does_not_make_its_provider_a_forwarder(
    domain: str, name: str
) -> None:
    named = {"iprev": {"result": "pass", "name": name}, "forward": {"forwarder": domain}}
    assert offered_path(report(**UNSURE, **named), SUPPORT) is None


@pytest.mark.parametrize(
    "name", ["mail-lf1-f41.contoso.example", "db8eur05on2087.out.contoso.example"]
)
def test_a_server_that_has_numbers_in_its_name_may_be_the_forwarder_s_own(name: str) -> None:
    named = {"iprev": {"result": "pass", "name": name}}
    assert offered_path(report(**UNSURE, **named), SUPPORT) is not None


@pytest.mark.parametrize(
    "changed",
    [
        UNSURE,
        {**UNSURE, "iprev": {"result": "fail", "name": "mx1.contoso.example"}},
        {**UNSURE, "iprev": {"result": "pass", "name": "mx.notcontoso.example"}},
        {**UNSURE, **OWN_NAME, "spf": {"result": "fail", "identity": "mailfrom"}},
        {**UNSURE, **OWN_NAME, "spf": {"result": "none", "identity": "helo"}},
        {**UNSURE, **OWN_NAME, "forward": None},
        {**UNSURE, **OWN_NAME, "dmarc": {"result": "pass", "domain": "bank.example"}},
    ],
    ids=[
        "provider's name",
        "not confirmed",
        "ends alike",
        "spf fail",
        "helo",
        "no signs",
        "passed",
    ],
)
def test_no_other_name_is_a_proof(changed: dict[str, Any]) -> None:
    assert offered_path(report(**changed), SUPPORT) is None


def test_a_report_of_before_there_were_signs_offers_nothing() -> None:
    old = {name: REPORT[name] for name in ("spf", "dkim", "dmarc", "iprev")}
    assert offered_path(old, SUPPORT) is None
    assert not names_destination(old, SUPPORT)


@pytest.mark.parametrize(
    ("proof", "domain", "genuine"),
    [
        ("signature", "bank.example", True),
        ("signature", "mail.bank.example", True),
        ("signature", "evil.example", False),
        ("body_hash", "bank.example", False),
        ("none", "bank.example", False),
    ],
)
def test_only_the_author_s_own_signature_proves_that_the_author_wrote_it(
    proof: str, domain: str, genuine: bool
) -> None:
    diagnosis = {"signatures": [{"proof": proof, "domain": domain}]}
    assert is_genuine(diagnosis, REPORT) is genuine
    assert not is_genuine(None, REPORT)


def test_what_is_not_proved_is_said() -> None:
    (offer,) = group([_attempt(1), _attempt(2)])
    assert offer.unproven == tuple(Unproven)
    (proved,) = group([replace(_attempt(1), is_named=True, is_genuine=True)])
    assert proved.unproven == (Unproven.FORWARDED, Unproven.MAILBOX)
    (half,) = group([replace(_attempt(1), is_named=True, is_genuine=True), _attempt(2)])
    assert half.unproven == tuple(Unproven)
    assert (half.genuine, half.named) == (1, 1)
    (domain,) = group([_attempt(1, replace(PATH, forwarder="contoso.example"))])
    assert Unproven.MAILBOX not in domain.unproven


def test_of_a_seal_it_is_the_sealer_s_word_that_is_not_proved() -> None:
    (offer,) = group([_attempt(1, ForwardPath(Known.SEAL, "google.example"))])
    assert offer.unproven == (Unproven.AUTHOR, Unproven.DESTINATION)


def _attempt(number: int, path: ForwardPath = PATH, to: str = "a@reply.example") -> Attempt:
    at = NOON + timedelta(minutes=number)
    return Attempt(f"{number:026}", at, to, path, f"bank{number % 2}.example", held=number == 3)


def test_messages_of_one_path_to_one_destination_are_one_offer() -> None:
    other = replace(PATH, forwarder="other@contoso.example")
    offers = group([_attempt(1), _attempt(3), _attempt(2), _attempt(0, other)])
    (first, second) = offers
    assert (first.path, first.destination) == (PATH, "a@reply.example")
    assert (first.held, first.refused) == (1, 2)
    assert (first.first_at, first.last_at) == (NOON + timedelta(minutes=1), _attempt(3).at)
    assert first.examples == tuple(f"{number:026}" for number in (3, 2, 1))
    assert first.held_examples == {f"{3:026}"}
    assert first.messages == 3
    assert first.from_domains == ("bank1.example", "bank0.example")
    assert second.path == other


def test_each_destination_has_its_own_offer() -> None:
    offers = group([_attempt(1), _attempt(1, to="b@reply.example")])
    assert len({one.id for one in offers}) == 2
    assert {one.id for one in offers} == {
        offer_id("a@reply.example", PATH),
        offer_id("b@reply.example", PATH),
    }
