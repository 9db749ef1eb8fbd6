from dataclasses import replace

import pytest

from mail.forward import ForwardSigns, Rewriting
from mail.forward_path import ForwardPath, path_of
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
