"""The public page about one refusal: why, and what would have passed. Nobody signs in for it.

It is for the administrator of the domain in From, who has the address out of our reply. So it
tells what the DNS says anyway and what that administrator's own server knows: the From domain,
the delivering address, the results. Nothing of the message and none of its recipients is ever
put into its template; what may be shown is picked in `_shown`, and nowhere else.
"""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bounce_rules.explain.find import is_public
from bounce_rules.explain.plain import seen_lines
from bounce_rules.explain.words import labels
from mail.identifier import time_of
from mail.report import DnsEvidence
from store.rechecks import Recheck, ask, get_recheck
from store.transactions import TransactionDetail, get_transaction
from web.diagnosis import Audience
from web.pages import language_of
from web.peer import client_address, network_of
from web.problems import Trouble
from web.remedies import remedies_of
from web.session import see_other
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False, prefix="/t")

LIFETIME = timedelta(days=90)
"""As long as the log is kept."""

_OUTCOMES = ("refused", "deferred")


@router.get("/{token}")
def public_page(request: Request, token: str) -> Response:
    """Why this one was refused."""
    tools = tools_of(request)
    detail = _find(request, tools, token)
    context = _shown(detail, language_of(request), tools.now())
    context |= _looked_again(detail, get_recheck(tools.database, detail.summary.id), request)
    context["token"] = token
    return tools.pages.page(request, "public.html", context)


@router.post("/{token}/again")
def look_again(request: Request, token: str) -> Response:
    """Have the DNS asked again. Whoever asks too often just sees the last result."""
    tools = tools_of(request)
    detail = _find(request, tools, token)
    if tools.rechecks.spend(_client(request, tools)) is None:
        ask(tools.database, detail.summary.id, tools.now())
    return see_other(f"/t/{token}#again")


def _find(request: Request, tools: Tools, token: str) -> TransactionDetail:
    """The transaction, or the same 404 for every token that opens nothing."""
    wait = tools.public_views.spend(_client(request, tools))
    if wait is not None:
        seconds = str(max(1, int(wait.total_seconds())))
        detail = "Too many requests; try again later."
        raise Trouble(429, detail, key="public.too_many", headers={"retry-after": seconds})
    pages = tools.settings.public_pages
    identifier = pages.identifier(token) if pages else None
    if identifier is not None and time_of(identifier) > tools.now() - LIFETIME:
        found = get_transaction(tools.database, identifier)
        if found is not None and _is_shown(found):
            return found
    raise Trouble(404, "There is no such page.", key="public.not_found")


def _is_shown(detail: TransactionDetail) -> bool:
    return detail.summary.outcome in _OUTCOMES and is_public(detail.report, detail.evidence)


def public_address(tools: Tools, detail: TransactionDetail) -> str | None:
    """Where the page of a transaction is, for whoever may give it away; None if it has none."""
    pages = tools.settings.public_pages
    fresh = time_of(detail.summary.id) > tools.now() - LIFETIME
    if pages is None or not fresh or not _is_shown(detail):
        return None
    token = pages.token(detail.summary.id)
    return pages.address(detail.summary.id) if pages.url else f"/t/{token}"


def _client(request: Request, tools: Tools) -> str:
    return network_of(client_address(request, tools.settings))


def _shown(detail: TransactionDetail, language: str, now: datetime) -> dict[str, Any]:
    """Everything that a stranger sees, and nothing else."""
    report, row = detail.report, detail.summary
    assert report is not None
    return {
        "id": row.id,
        "at": row.received_at,
        "outcome": row.outcome,
        "code": f"{row.code} {row.enhanced}",
        "from_domain": report["dmarc"]["domain"],
        "client_ip": row.client_ip,
        "results": results_of(report),
        "remedies": remedies_of(
            report, detail.evidence, row.client_ip, language, detail.diagnosis, Audience.STRANGER
        ),
        "until": time_of(row.id) + LIFETIME,
    }


def results_of(report: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Method, result, the domain that it is about, and its tone."""
    spf, dmarc = report["spf"], report["dmarc"]
    found = [("SPF", spf["result"], spf["domain"])]
    found += [("DKIM", one["result"], one["domain"]) for one in report["dkim"]]
    found.append(("DMARC", dmarc["result"], dmarc["domain"]))
    tones = {"pass": "good", "fail": "bad", "none": "quiet"}
    return [(*one, tones.get(one[1], "warn")) for one in found]


def _looked_again(
    detail: TransactionDetail, recheck: Recheck | None, request: Request
) -> dict[str, Any]:
    """What has changed since: the results, the answer, and the DNS answers themselves."""
    context: dict[str, Any] = {"is_pending": False, "again": None}
    if recheck is None:
        return context
    context["is_pending"] = recheck.is_pending
    if recheck.made_at is None:
        return context
    language = language_of(request)
    again: dict[str, Any] = {"at": recheck.made_at, "problem": "problem" in recheck.result}
    if not again["problem"]:
        report, evidence = recheck.result["report"], _answers(recheck.result["evidence"])
        again["results"] = results_of(report)
        again["action"] = report["verdict"]["action"]
        again["changes"] = changes(detail.evidence, evidence, labels(language))
        again["remedies"] = remedies_of(
            report,
            evidence,
            detail.summary.client_ip,
            language,
            detail.diagnosis,
            Audience.STRANGER,
        )
    return context | {"again": again}


def _answers(kept: list[dict[str, Any]]) -> tuple[DnsEvidence, ...]:
    return tuple(
        DnsEvidence(
            **{**one, "records": tuple(one["records"]), "at": datetime.fromisoformat(one["at"])}
        )
        for one in kept
    )


def changes(
    then: tuple[DnsEvidence, ...], now: tuple[DnsEvidence, ...], names: dict[str, str]
) -> list[tuple[list[str], list[str]]]:
    """The zone lines then and now of each question that was asked both times and answered
    differently. The order of records means nothing."""
    before = {(one.name, one.rdtype): one for one in then}
    found = []
    for one in now:
        old = before.get((one.name, one.rdtype))
        if old is not None and _said(old) != _said(one):
            found.append((seen_lines(old, names), seen_lines(one, names)))
    return found


def _said(one: DnsEvidence) -> tuple[str, list[str]]:
    return one.status, sorted(one.records)
