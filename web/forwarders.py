"""Know your forwarder: which paths held and refused mail took, which are trusted, and until when.

Everybody who is signed in may look; administrators decide.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from mail.forward_offer import offer_id, offered_path
from mail.identifier import time_of
from store.forward_paths import (
    destinations,
    dismiss_offer,
    list_paths,
    look_for_offers,
    remove_path,
    trust_path,
)
from store.transactions import TransactionDetail
from web.caller import Caller
from web.problems import not_found
from web.session import Administrator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False, prefix="/forwarders")

CHOICES = (7, 30, 90, 180, 366)
"""For how many days a path may be trusted; the API and the command take any number up to the
last."""

USUAL = 90

SHOWN = 50
"""Offers on the page, the latest seen first."""

DONE = ("trusted", "dismissed", "ended")
"""What may just have been done; the page says so."""


@router.get("")
def forwarders_page(request: Request, caller: Viewer) -> Response:
    """Offers first, because they wait for somebody; then what is trusted."""
    return _page(request, caller)


@router.post("/trust")
def trust(
    request: Request,
    caller: Administrator,
    id: Annotated[str, Form()] = "",
    days: Annotated[int, Form()] = USUAL,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Take the mail of one path from now on."""
    tools = tools_of(request)
    offer = look_for_offers(tools.database, tools.now()).find(id)
    if offer is None:
        raise not_found("offer")
    if days not in CHOICES:
        return _page(request, caller, problem="forwarders.bad_days", status=422)
    trust_path(tools.database, offer, days, note.strip(), tools.now(), by=caller.name)
    tools.offers.forget()
    return see_other(f"/forwarders?done=trusted#path-{offer.id}")


@router.post("/dismiss")
def dismiss(request: Request, caller: Administrator, id: Annotated[str, Form()] = "") -> Response:
    """Do not offer one path any more."""
    tools = tools_of(request)
    offer = look_for_offers(tools.database, tools.now()).find(id)
    if offer is None:
        raise not_found("offer")
    dismiss_offer(tools.database, offer, tools.now(), by=caller.name)
    tools.offers.forget()
    return see_other("/forwarders?done=dismissed")


@router.post("/end")
def end(request: Request, caller: Administrator, id: Annotated[str, Form()] = "") -> Response:
    """Trust one path no longer."""
    tools = tools_of(request)
    if not remove_path(tools.database, id, tools.now(), by=caller.name):
        raise not_found("path")
    tools.offers.forget()
    return see_other("/forwarders?done=ended")


def offer_about(detail: TransactionDetail) -> str | None:
    """The id of the offer that held or refused mail may belong to; None where it is no forward
    that is worth one."""
    report = detail.report
    if report is None or detail.summary.outcome not in ("held", "refused"):
        return None
    for destination in destinations(detail.summary.rcpt_to):
        path = offered_path(report, destination)
        if path is not None:
            return offer_id(destination, path)
    return None


def _page(request: Request, caller: Caller, problem: str = "", status: int = 200) -> Response:
    tools = tools_of(request)
    now = tools.now()
    offers, paths = look_for_offers(tools.database, now), list_paths(tools.database)
    done = request.query_params.get("done", "")
    context = {
        "waiting": offers.waiting[:SHOWN],
        "more": max(0, len(offers.waiting) - SHOWN),
        "dismissed": offers.dismissed[:SHOWN],
        "in_force": [one for one in paths if one.expires_at > now],
        "over": [one for one in paths if one.expires_at <= now],
        "choices": [(days, now + timedelta(days=days)) for days in CHOICES],
        "usual": USUAL,
        "time_of": time_of,
        "done": done if done in DONE else "",
        "problem": problem,
    }
    return tools.pages.page(request, "forwarders.html", context, caller=caller, status=status)
