"""Settings: erasing one person's mail, and the log of who changed what. For administrators."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.audit import find_audit
from store.erasure import ask_erasure, get_erasure, list_erasures, preview_erasure
from store.holds import address_of
from web.caller import Caller
from web.disposition import content_disposition
from web.problems import forbidden, not_found
from web.session import Administrator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False)

PAGE = 100
"""Rows of the audit log on one page."""


@router.get("/erasures")
def erasures_page(request: Request, caller: Viewer) -> Response:
    """What was erased, and the form to look what an erasure would remove."""
    _require_admin(caller)
    return _page(request, caller)


@router.post("/erasures/preview")
def look(
    request: Request, caller: Administrator, address: Annotated[str, Form(max_length=512)] = ""
) -> Response:
    """Look through the whole log; nothing is removed."""
    try:
        forecast = preview_erasure(tools_of(request).database, address)
    except SettingsProblem as problem:
        return _page(request, caller, {"address": address, "problem": str(problem)}, 422)
    more = {"address": address_of(address), "forecast": forecast}
    return _page(request, caller, more)


@router.post("/erasures")
def erase(
    request: Request,
    caller: Administrator,
    address: Annotated[str, Form(max_length=512)] = "",
    confirm: Annotated[str, Form(max_length=512)] = "",
    mentions: Annotated[bool, Form()] = False,
) -> Response:
    """Begin, if the address was typed once more. The worker does it."""
    tools = tools_of(request)
    try:
        if confirm.strip().lower() != address_of(address):
            more = {"address": address, "differs": True}
            return _page(request, caller, more, 422)
        ask_erasure(tools.database, address, mentions=mentions, by=caller.name, now=tools.now())
    except SettingsProblem as problem:
        return _page(request, caller, {"address": address, "problem": str(problem)}, 422)
    return see_other("/erasures?done=asked")


@router.get("/erasures/{identifier}/receipt")
def receipt(request: Request, caller: Viewer, identifier: str) -> Response:
    """The receipt as a file."""
    _require_admin(caller)
    found = get_erasure(tools_of(request).database, identifier)
    if found is None or found.receipt is None:
        raise not_found("receipt")
    headers = {"content-disposition": content_disposition(f"erasure-{found.id}.json")}
    text = json.dumps(found.receipt, indent=2)
    return Response(text, headers=headers, media_type="application/json")


@router.get("/audit")
def audit_page(request: Request, caller: Viewer) -> Response:
    """Who changed what, newest first."""
    _require_admin(caller)
    tools = tools_of(request)
    names = ("by", "what")
    chosen = {name: request.query_params.get(name, "").strip()[:200] for name in names}
    cursor = request.query_params.get("cursor") or None
    try:
        page = find_audit(tools.database, PAGE, cursor, **chosen)
    except ValueError:  # out of an old bookmark: the start is the nearest thing
        page = find_audit(tools.database, PAGE, None, **chosen)
    context = {
        "section": "audit",
        "rows": page.items,
        "told": {one.id: json.dumps(one.detail, ensure_ascii=False) for one in page.items},
        "chosen": chosen,
        "next_url": f"/audit?{urlencode(chosen | {'cursor': page.next})}" if page.next else None,
    }
    return tools.pages.page(request, "audit.html", context, caller=caller)


def _require_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise forbidden("Only administrators can see this.", "error.admin")


def _page(
    request: Request, caller: Caller, more: dict[str, Any] | None = None, status: int = 200
) -> Response:
    tools = tools_of(request)
    context = {
        "section": "erasures",
        "erasures": list_erasures(tools.database),
        "address": "",
        "forecast": None,
        "problem": "",
        "differs": False,
        "done": request.query_params.get("done", "") == "asked",
    }
    return tools.pages.page(
        request, "erasures.html", context | (more or {}), caller=caller, status=status
    )
