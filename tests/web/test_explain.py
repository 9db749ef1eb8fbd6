"""The report in words: every result has a sentence, and the sentence fits the result."""

from dataclasses import replace
from typing import Any

import pytest

from bounce_rules.explain.reasons import in_chinese
from mail.answer import answer_of
from mail.reason import Reason, ReasonCode
from mail.reply import Reply
from mail.report import (
    ArcResult,
    ArcWord,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.verdict import Action, Override, Verdict
from tests.web.samples import report
from web.explain import as_json, explain
from web.i18n import LANGUAGES

ACCEPTED = Verdict(Action.ACCEPT, "accepted", Reply(250, "2.0.0", "accepted"), reasons=("fine",))


def told(found: Any, verdict: Verdict = ACCEPTED) -> dict[str, Any]:
    return answer_of(found, verdict, "mx.example; none")


def sentence(found: Any, method: str) -> str:
    words = explain(told(found), "en")
    return next(one.text for one in words.findings if one.method == method)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_result_of_every_method_has_words(language: str) -> None:
    base = report("a.example")
    for spf in SpfWord:
        explain(told(replace(base, spf=SpfResult(spf, "a.example", "helo", "r"))), language)
    for dkim in DkimWord:
        explain(told(report("a.example", dkim=dkim)), language)
    for dmarc in DmarcWord:
        for policy in DmarcPolicy:
            result = DmarcResult(dmarc, "a.example", "a.example", policy, (), "r")
            words = explain(told(replace(base, dmarc=result)), language)
            assert dmarc.value not in words.headline.split()
    for arc in ArcWord:
        for trusted in (True, False):
            result_of_arc = ArcResult(arc, "r", ("f.example",), trusted)
            explain(told(replace(base, arc=result_of_arc)), language)
    for iprev in IprevWord:
        explain(told(replace(base, iprev=IprevResult(iprev, "n.example", "r"))), language)


def test_a_pass_names_who_is_authenticated_and_by_what() -> None:
    words = explain(told(report("a.example")), "en")
    assert words.headline == "Authenticated: it is from a.example."
    assert words.tone == "good"
    assert sentence(report("a.example"), "DMARC").startswith("SPF + DKIM passed for a.example")


def test_a_failure_names_what_the_domain_asks_for() -> None:
    for policy, words in (
        (DmarcPolicy.REJECT, "asks to refuse"),
        (DmarcPolicy.QUARANTINE, "suspicious"),
        (DmarcPolicy.NONE, "asks for no consequence"),
    ):
        failed = report("a.example", dmarc=DmarcWord.FAIL, policy=policy)
        assert words in sentence(failed, "DMARC")


def test_spf_without_a_domain_says_that_there_was_none() -> None:
    found = replace(report("a.example"), spf=SpfResult(SpfWord.NONE, "", "mailfrom", "no domain"))
    assert sentence(found, "SPF") == "The envelope names no domain that could be asked."


def test_a_trusted_seal_and_another_one_are_told_apart() -> None:
    base = report("a.example")
    trusted = replace(base, arc=ArcResult(ArcWord.PASS, "r", ("x.example", "f.example"), True))
    other = replace(base, arc=ArcResult(ArcWord.PASS, "r", ("f.example",), False))
    assert sentence(trusted, "ARC").startswith("f.example, whom you trust")
    assert "not among the forwarders that you trust" in sentence(other, "ARC")


@pytest.mark.parametrize("override", Override)
def test_an_override_is_told(override: Override) -> None:
    verdict = replace(ACCEPTED, override=override)
    words = explain(told(report("a.example"), verdict), "en")
    assert words.override.startswith("The domain's policy was not followed")


def test_the_rule_s_reason_is_the_report_s_own_and_in_chinese_the_catalogue_s() -> None:
    assert explain(told(report("a.example")), "en").reasons == ("fine",)
    assert explain(told(report("a.example")), "zh-CN").reasons == ("没有理由拒收。",)


def test_lines_that_the_findings_repeat_are_left_out() -> None:
    lines = ("fine", "spf=pass mailfrom=a.example: ok", "Without this rule: reject by x")
    verdict = replace(ACCEPTED, reasons=lines)
    words = explain(told(report("a.example"), verdict), "en")
    assert words.reasons == ("fine", "Without this rule: reject by x")


def test_a_result_that_nobody_foresaw_is_given_as_it_is() -> None:
    odd = told(report("a.example"))
    odd["spf"]["result"] = "sideways"
    words = explain(odd, "en")
    assert [one.text for one in words.findings if one.method == "SPF"] == ["SPF: sideways."]


def test_the_words_fit_into_json() -> None:
    assert as_json(explain(told(report("a.example")), "en"))["findings"][0]["method"] == "dmarc"


def test_a_refused_message_comes_with_the_record_that_would_have_let_it_pass() -> None:
    failed = report("a.example", spf=SpfWord.FAIL, dkim=DkimWord.NONE, dmarc=DmarcWord.FAIL)
    english = explain(told(failed), "en", failed.evidence, "192.0.2.66").remedies
    chinese = explain(told(failed), "zh-CN", failed.evidence, "192.0.2.66").remedies
    listed = next(one for one in english if one.kind == "spf_not_listed")
    assert listed.record is not None
    assert listed.record.startswith('a.example. IN TXT "v=spf1 ip4:192.0.2.66 ')
    assert [one.record for one in chinese] == [one.record for one in english]
    assert all(one.found != other.found for one, other in zip(english, chinese, strict=True))


def test_what_passed_needs_no_remedy() -> None:
    assert explain(told(report("a.example")), "en", (), "192.0.2.1").remedies == ()


def test_a_reason_is_told_in_the_reader_s_language_where_its_cause_is_known() -> None:
    base = report("a.example", dkim=DkimWord.FAIL)
    cause = Reason(ReasonCode.BODY_CHANGED)
    known = told(replace(base, dkim=(replace(base.dkim[0], cause=cause),)))
    english = {one.method: one for one in explain(known, "en").findings}
    chinese = {one.method: one for one in explain(known, "zh-CN").findings}
    assert (english["DKIM"].reason, english["DKIM"].reason_language) == ("signature is fail", "en")
    assert (chinese["DKIM"].reason, chinese["DKIM"].reason_language) == (in_chinese(cause), "zh-CN")
    assert (chinese["SPF"].reason, chinese["SPF"].reason_language) == (base.spf.reason, "en")
