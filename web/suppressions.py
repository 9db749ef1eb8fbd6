"""Settings: addresses that no mail should go to, why, and what people decide about them."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.standing import State
from store.suppressions import (
    SuppressionFilter,
    add_suppression,
    find_suppressions,
    remove_suppression,
)
from store.terms import SUPPRESSION_REASONS
from web.api.suppressions import csv_response
from web.caller import Caller
from web.problems import bad_cursor, not_found
from web.session import Operator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False)

PAGE = 50
"""Entries on one page."""

DONE = ("added", "removed")

_LONGEST = 512


@router.get("/suppressions")
def suppressions_page(request: Request, caller: Viewer) -> Response:
    """The list, those first who wait for a decision."""
    return _page(request, caller)


@router.get("/suppressions.csv")
def suppressions_csv(request: Request, caller: Viewer) -> Response:
    """The same list as a file."""
    return csv_response(request, _wanted(request))


@router.post("/suppressions")
def add(
    request: Request,
    caller: Operator,
    address: Annotated[str, Form(max_length=_LONGEST)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Suppress an address by hand."""
    tools = tools_of(request)
    try:
        add_suppression(tools.database, address, note, by=caller.name, now=tools.now())
    except SettingsProblem as problem:
        typed = {"address": address, "note": note}
        return _page(request, caller, {"typed": typed, "problem": str(problem)}, 422)
    return see_other("/suppressions?done=added")


@router.post("/suppressions/remove")
def remove(
    request: Request,
    caller: Operator,
    address: Annotated[str, Form(max_length=_LONGEST)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Let mail go there again."""
    tools = tools_of(request)
    if not remove_suppression(tools.database, address, note, by=caller.name, now=tools.now()):
        raise not_found("suppression")
    return see_other("/suppressions?done=removed")


def _wanted(request: Request) -> SuppressionFilter:
    asked = request.query_params
    reason = asked.get("reason", "")
    return SuppressionFilter(
        asked.get("q", "")[:500], reason if reason in SUPPRESSION_REASONS else None
    )


def _page(
    request: Request, caller: Caller, more: dict[str, Any] | None = None, status: int = 200
) -> Response:
    tools = tools_of(request)
    wanted, now = _wanted(request), tools.now()
    try:
        cursor = request.query_params.get("cursor") or None
        page = find_suppressions(tools.database, wanted, PAGE, cursor, now=now)
    except ValueError as error:
        raise bad_cursor() from error
    asking = SuppressionFilter(wanted.q, wanted.reason, State.ASK)
    done = request.query_params.get("done", "")
    context = {
        "section": "suppressions",
        "entries": page.items,
        "next": page.next,
        "asking": find_suppressions(tools.database, asking, PAGE, now=now).items,
        "wanted": wanted,
        "reasons": SUPPRESSION_REASONS,
        "typed": {"address": request.query_params.get("address", "")[:_LONGEST], "note": ""},
        "problem": "",
        "done": done if done in DONE else "",
    }
    return tools.pages.page(
        request, "suppressions.html", context | (more or {}), caller=caller, status=status
    )
