"""The authentication report in words: what was found out, what it means, and what was done.

Works on the report as the store keeps it (`mail.answer.answer_of`), so that what was said in
March is told in March's facts. A sentence is a key of the catalogue and what goes into it; the
language comes last.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bounce_rules.explain.reasons import reason_of
from mail.envelope import Door
from mail.report import DnsEvidence
from store.transactions import TransactionDetail
from web import i18n, remedies
from web.diagnosis import Audience, Diagnosis, lines_about
from web.remedies import Remedy, remedies_of

Report = Mapping[str, Any]

# The report's lines about single methods; the findings say the same in words.
_RESULT_LINE = re.compile(r"(?:dmarc|spf|dkim|arc|iprev)=")


@dataclass(frozen=True, slots=True)
class Finding:
    """One method's result. `tone` is good, bad, warn or quiet; `reason` is the report's own
    line, for those who look closer, in the language named after it (reports of old have English
    only); `about` is what was looked at."""

    method: str
    result: str
    tone: str
    text: str
    reason: str
    reason_language: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`headline` answers "is it from whom it says?"; `verdict` says what was done, `override`
    why a policy was not followed; `remedies` are what the sender can do about it. `broken` says
    what broke those signatures that no remedy is about."""

    headline: str
    tone: str
    findings: tuple[Finding, ...]
    verdict: str
    override: str
    rule: str
    reasons: tuple[str, ...]
    remedies: tuple[Remedy, ...] = ()
    broken: tuple[str, ...] = ()


_TONES = {
    "spf": {"pass": "good", "fail": "bad", "neutral": "quiet", "none": "quiet"},
    "dkim": {"pass": "good", "fail": "bad", "none": "quiet"},
    "dmarc": {"pass": "good", "fail": "bad", "none": "quiet"},
    "arc": {"pass": "good", "none": "quiet"},
    "iprev": {"pass": "good", "permerror": "quiet"},
}


def explain(
    report: Report,
    language: str,
    evidence: Sequence[DnsEvidence] = (),
    client_ip: str | None = None,
    diagnosis: Diagnosis | None = None,
    audience: Audience = Audience.STRANGER,
) -> Explanation:
    """The whole report. Results that we have no words for are given as they are. `evidence` are
    the DNS answers that it rests on; `diagnosis` is what broke its signatures, of which `audience`
    decides what is told."""
    say = partial(_say, language)
    found = remedies_of(report, evidence, client_ip, language, diagnosis, audience)
    dmarc = report["dmarc"]
    verdict = explain_verdict(report["verdict"], language)
    return Explanation(
        headline=say(
            f"report.headline.{dmarc['result']}", "DMARC", dmarc["result"], domain=dmarc["domain"]
        ),
        tone=_tone("dmarc", dmarc["result"]),
        findings=(
            _dmarc(say, dmarc, language),
            _spf(say, report["spf"], language),
            *(_dkim(say, signature, language) for signature in report["dkim"]),
            _arc(say, report["arc"], language),
            _iprev(say, report["iprev"], language),
        ),
        verdict=verdict.verdict,
        override=verdict.override,
        rule=verdict.rule,
        reasons=tuple(line for line in verdict.reasons if not _RESULT_LINE.match(line)),
        remedies=found,
        broken=lines_about(_without_remedy(diagnosis, found), language, audience),
    )


def _without_remedy(diagnosis: Diagnosis | None, found: Sequence[Remedy]) -> tuple[Diagnosis, ...]:
    told = {one.signature for one in found}
    signatures = diagnosis["signatures"] if diagnosis else ()
    return tuple(one for one in signatures if (one["domain"], one.get("selector")) not in told)


def explanation_of(transaction: TransactionDetail, language: str, closed: bool) -> Explanation:
    """The report in words, or the verdict alone where there is no report; `closed` keeps back what
    may be text of the message."""
    if transaction.report is None:
        return explain_verdict(transaction.verdict, language)
    if transaction.summary.door == Door.IMPORT:
        return _explain_import(transaction.verdict, language)
    return explain(
        transaction.report,
        language,
        transaction.evidence,
        transaction.summary.client_ip,
        transaction.diagnosis,
        Audience.of(closed),
    )


def _explain_import(verdict: Report, language: str) -> Explanation:
    """Of imported mail nothing was verified: there are no results, good or bad, to be told."""
    headline = i18n.say(language, "report.headline.imported")
    return replace(explain_verdict(verdict, language), headline=headline, tone="quiet")


def explain_verdict(verdict: Report, language: str) -> Explanation:
    """The verdict alone, where there was no message to examine."""
    say = partial(_say, language)
    action, override = verdict["action"], verdict.get("override")
    return Explanation(
        headline="",
        tone={"accept": "good", "reject": "bad"}.get(action, "warn"),
        findings=(),
        verdict=say(f"report.verdict.{action}", "", action),
        override=say(f"report.override.{override}", "", override) if override else "",
        rule=verdict["rule"],
        reasons=_reasons(verdict, language),
    )


def _reasons(verdict: Report, language: str) -> tuple[str, ...]:
    """Why, the rule's own sentence first. The report keeps that in English; where the viewer
    reads another language, or the report has none, it is said by the catalogue."""
    kept = tuple(verdict.get("reasons") or ())
    key = f"rule.{verdict['rule']}"
    if (kept and language == i18n.DEFAULT) or not i18n.has(key):
        return kept
    return (i18n.say(language, key), *kept[1:])


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The same for a program that shows it to a person."""
    return {
        "headline": explanation.headline,
        "findings": [
            {"method": one.method.lower(), "result": one.result, "text": one.text}
            for one in explanation.findings
        ],
        "verdict": explanation.verdict,
        "override": explanation.override or None,
        "reasons": list(explanation.reasons),
        "remedies": [remedies.as_json(one) for one in explanation.remedies],
    }


_Say = Callable[..., str]


def _say(language: str, key: str, method: str, result: str, **values: object) -> str:
    if not i18n.has(key):
        return i18n.say(language, "report.unknown", method=method, result=result)
    return i18n.say(language, key, **values) if values else i18n.say(language, key)


def _reason(result: Report, language: str) -> tuple[str, str]:
    """The reason and the language that it is in."""
    told = reason_of(result, language)
    return told, i18n.DEFAULT if told == result["reason"] else language


def _tone(method: str, result: str) -> str:
    return _TONES[method].get(result, "warn")


def _spf(say: _Say, spf: Report, language: str) -> Finding:
    result, domain = spf["result"], spf["domain"]
    suffix = "_no_domain" if result == "none" and not domain else ""
    text = say(f"report.spf.{result}{suffix}", "SPF", result, domain=domain)
    return Finding("SPF", result, _tone("spf", result), text, *_reason(spf, language), domain)


def _dkim(say: _Say, dkim: Report, language: str) -> Finding:
    result, domain = dkim["result"], dkim["domain"]
    about = f"{dkim['selector']}._domainkey.{domain}" if dkim["selector"] else domain
    text = say(f"report.dkim.{result}", "DKIM", result, domain=domain)
    return Finding("DKIM", result, _tone("dkim", result), text, *_reason(dkim, language), about)


def _dmarc(say: _Say, dmarc: Report, language: str) -> Finding:
    result = dmarc["result"]
    suffix = f"_{dmarc['policy']}" if result == "fail" else ""
    methods = " + ".join(method.upper() for method in dmarc["aligned"])
    text = say(
        f"report.dmarc.{result}{suffix}", "DMARC", result, domain=dmarc["domain"], methods=methods
    )
    about = dmarc["policy_domain"] or dmarc["domain"]
    return Finding("DMARC", result, _tone("dmarc", result), text, *_reason(dmarc, language), about)


def _arc(say: _Say, arc: Report, language: str) -> Finding:
    result, sealers = arc["result"], arc["sealers"]
    trust = ("_trusted" if arc["trusted"] else "_untrusted") if result == "pass" else ""
    sealer = sealers[-1] if sealers else "?"
    text = say(f"report.arc.{result}{trust}", "ARC", result, sealer=sealer)
    about = ", ".join(sealers)
    return Finding("ARC", result, _tone("arc", result), text, *_reason(arc, language), about)


def _iprev(say: _Say, iprev: Report, language: str) -> Finding:
    result = iprev["result"]
    text = say(f"report.iprev.{result}", "iprev", result, name=iprev["name"])
    reason = _reason(iprev, language) if iprev.get("reason") else ("", language)
    return Finding("iprev", result, _tone("iprev", result), text, *reason, iprev["name"])
