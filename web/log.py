"""The log: every attempt to hand over mail, accepted or not, and why."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from mail.reply import Reply
from store.page import Page
from store.transactions import (
    TransactionFilter,
    TransactionSummary,
    find_transactions,
    get_transaction,
)
from web.api.parameters import OUTCOMES
from web.caller import Caller
from web.explain import explanation_of
from web.formats import parse_moment
from web.forwarders import offer_about
from web.message import shown_header
from web.pages import language_of
from web.problems import not_found
from web.public import public_address
from web.reading import closed_rows, is_closed_transaction
from web.session import Viewer, see_other
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)

PAGE = 100
"""Transactions on one page of the log."""

_FIELDS = ("q", "outcome", "since", "until")


@router.get("/refused")
def refused(caller: Viewer) -> Response:
    """A short address for what we said no to."""
    return see_other("/log?outcome=refused")


@router.get("/log")
def log_page(request: Request, caller: Viewer) -> Response:
    """The table, newest first, as far as the filter lets through."""
    tools = tools_of(request)
    chosen = {name: request.query_params.get(name, "").strip()[:500] for name in _FIELDS}
    if chosen["outcome"] not in OUTCOMES:
        chosen["outcome"] = ""
    wanted, dates_ok = _question(chosen, caller)
    page = _find(tools, wanted, request.query_params.get("cursor", ""))
    context: dict[str, Any] = {
        "rows": page.items,
        "closed": closed_rows(tools, page.items, caller),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "dates_ok": dates_ok,
        "outcomes": OUTCOMES,
        "tabs": [(outcome, _url(chosen | {"outcome": outcome})) for outcome in ("", *OUTCOMES)],
        "next_url": _url(chosen | {"cursor": page.next}) if page.next else None,
        "is_continued": "cursor" in request.query_params,
        "first_url": _url(chosen),
    }
    return tools.pages.page(request, "log.html", context, caller=caller)


@router.get("/transactions/{identifier}")
def transaction_page(request: Request, caller: Viewer, identifier: str) -> Response:
    """One transaction: its envelope, our answer as it was sent, and the report in words."""
    tools = tools_of(request)
    detail = get_transaction(tools.database, identifier)
    if detail is None:
        raise not_found("transaction")
    closed = is_closed_transaction(tools, detail, caller)
    context = {
        "transaction": detail,
        "row": detail.summary,
        "is_closed": closed,
        "public_address": public_address(tools, detail),
        "has_message": detail.summary.outcome in ("accepted", "held"),
        "offer": offer_about(detail),
        "reply": _as_sent(detail.summary),
        "explanation": explanation_of(detail, language_of(request), closed),
        "header_block": "" if closed else shown_header(detail),
        "trace": _text(detail.received) + _text(detail.authentication_results),
    }
    return tools.pages.page(request, "transaction.html", context, caller=caller)


def _as_sent(row: TransactionSummary) -> str:
    """Our answer, folded as it went over the wire; at the end of the data it bears the id."""
    reply = Reply(row.code, row.enhanced, row.text)
    if row.stage == "data":
        reply = reply.with_id(row.id)
    return reply.wire().decode("ascii").replace("\r\n", "\n").strip()


def _question(chosen: dict[str, str], caller: Caller) -> tuple[TransactionFilter, bool]:
    """What to ask the store, and whether the dates could be read. A day alone as the end means
    that whole day."""
    since, until = parse_moment(chosen["since"]), parse_moment(chosen["until"])
    if until is not None and len(chosen["until"]) == len("2026-11-20"):
        until = until.replace(hour=23, minute=59, second=59, microsecond=999_999)
    readable = (since is not None or not chosen["since"]) and (
        until is not None or not chosen["until"]
    )
    wanted = TransactionFilter(
        q=chosen["q"],
        outcome=chosen["outcome"] or None,
        since=since,
        until=until,
        sees_confirmations=caller.sees_confirmations,
    )
    return wanted, readable


def _find(tools: Tools, wanted: TransactionFilter, cursor: str) -> Page[TransactionSummary]:
    try:
        return find_transactions(tools.database, wanted, PAGE, cursor or None)
    except ValueError:
        # A cursor out of an old bookmark: the start of the list is the nearest thing.
        return find_transactions(tools.database, wanted, PAGE, None)


def _url(chosen: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/log?{query}" if query else "/log"


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace").replace("\r\n", "\n")
