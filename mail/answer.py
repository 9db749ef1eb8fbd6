"""A report and its verdict in the one form that leaves the house: what `postern verify --json`
prints, what the log keeps, and what the API calls `authentication`.
"""

from typing import Any

from mail.forward import ForwardSigns
from mail.forward_path import ForwardPath, path_of
from mail.reason import Reason
from mail.report import AuthReport, SeenThrough
from mail.verdict import Verdict


def answer_of(report: AuthReport, verdict: Verdict, authentication_results: str) -> dict[str, Any]:
    """JSON-ready values. `authentication_results` is the header field's value on one line."""
    spf, arc, dmarc, iprev = report.spf, report.arc, report.dmarc, report.iprev
    return {
        "spf": {
            "result": spf.result.value,
            "domain": spf.domain,
            "identity": spf.identity,
            "reason": spf.reason,
            "cause": _cause(spf.cause),
            "explanation": spf.explanation,
        },
        "dkim": [
            {
                "result": one.result.value,
                "domain": one.domain,
                "selector": one.selector,
                "algorithm": one.algorithm,
                "reason": one.reason,
                "cause": _cause(one.cause),
                "identity": one.identity,
                "body_hash": one.body_hash,
                "testing": one.testing,
            }
            for one in report.dkim
        ],
        "arc": {
            "result": arc.result.value,
            "reason": arc.reason,
            "cause": _cause(arc.cause),
            "sealers": list(arc.sealers),
            "trusted": arc.trusted,
        },
        "dmarc": {
            "result": dmarc.result.value,
            "domain": dmarc.domain,
            "policy_domain": dmarc.policy_domain,
            "policy": dmarc.policy.value,
            "aligned": list(dmarc.aligned),
            "reason": dmarc.reason,
            "cause": _cause(dmarc.cause),
            "author": dmarc.author.value,
            "record": dmarc.record,
        },
        "iprev": {"result": iprev.result.value, "name": iprev.name, "reason": iprev.reason},
        "forward": _forward(report.forward) if report.forward.seen else None,
        "forward_path": _path(path_of(report)),
        "seen_through": _seen_through(report.seen_through),
        "verdict": verdict_of(verdict),
        "authentication_results": authentication_results,
    }


def _cause(cause: Reason | None) -> dict[str, Any] | None:
    return None if cause is None else cause.as_json()


def _forward(signs: ForwardSigns) -> dict[str, Any]:
    return {
        "rewriting": signs.rewriting.value,
        "forwarder": signs.forwarder,
        "original_sender": signs.original_sender,
        "destination": signs.destination,
        "fields": list(signs.fields),
        "forwarded_for": list(signs.forwarded_for),
        "forwarded_to": list(signs.forwarded_to),
        "delivered_to": list(signs.delivered_to),
    }


def _path(path: ForwardPath | None) -> dict[str, Any] | None:
    if path is None:
        return None
    return {"known_by": path.known_by.value, "name": path.name, "forwarder": path.forwarder}


def _seen_through(seen: SeenThrough | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {"relay": seen.relay, "ip": str(seen.ip) if seen.ip else None, "helo": seen.helo}


def verdict_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict alone, as the same form has it."""
    return {
        "action": verdict.action.value,
        "code": verdict.reply.code,
        "enhanced": verdict.reply.enhanced,
        "text": verdict.reply.text,
        "rule": verdict.rule,
        "override": verdict.override.value if verdict.override else None,
        "reasons": list(verdict.reasons),
    }
