from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mail.forward import ForwardSigns, Rewriting
from mail.forward_path import Attempt, ForwardPath, group, offer_id, path_of
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.trust import Known

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FAILED = DmarcResult(DmarcWord.FAIL, "bank.example", "", DmarcPolicy.REJECT, (), "no")
REPORT = AuthReport(
    spf=SpfResult(SpfWord.PASS, "contoso.example", "mailfrom", "fine"),
    dkim=(),
    arc=ArcResult(ArcWord.NONE, "none"),
    dmarc=FAILED,
    iprev=IprevResult(IprevWord.PASS, "out.outlook.example"),
    forward=ForwardSigns(Rewriting.MICROSOFT, "help@contoso.example"),
)
PATH = ForwardPath(Known.SPF, "contoso.example", "help@contoso.example")
SEAL = ArcResult(
    ArcWord.PASS, "one set", ("fwd.example",), claims=(("dmarc", "pass", "bank.example"),)
)


def test_a_rewritten_sender_whose_domain_spf_passed_for_is_a_path() -> None:
    assert path_of(REPORT) == PATH


def test_a_seal_that_vouches_is_a_path() -> None:
    report = replace(REPORT, forward=ForwardSigns(), arc=SEAL)
    assert path_of(report) == ForwardPath(Known.SEAL, "fwd.example")


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, dmarc=replace(FAILED, result=DmarcWord.PASS)),
        replace(REPORT, spf=replace(REPORT.spf, result=SpfWord.SOFTFAIL)),
        replace(REPORT, spf=replace(REPORT.spf, identity="helo")),
        replace(REPORT, forward=ForwardSigns()),
        replace(REPORT, forward=ForwardSigns(), arc=replace(SEAL, result=ArcWord.FAIL)),
        replace(REPORT, forward=ForwardSigns(), arc=replace(SEAL, claims=())),
        replace(
            REPORT,
            forward=ForwardSigns(),
            arc=replace(SEAL, claims=(("dmarc", "pass", "evil.example"),)),
        ),
    ],
    ids=["passed", "softfail", "helo", "no signs", "broken chain", "no claim", "other domain"],
)
def test_without_proof_there_is_no_path(report: AuthReport) -> None:
    assert path_of(report) is None


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
    assert first.from_domains == ("bank1.example", "bank0.example")
    assert second.path == other


def test_each_destination_has_its_own_offer() -> None:
    offers = group([_attempt(1), _attempt(1, to="b@reply.example")])
    assert len({one.id for one in offers}) == 2
    assert {one.id for one in offers} == {
        offer_id("a@reply.example", PATH),
        offer_id("b@reply.example", PATH),
    }
