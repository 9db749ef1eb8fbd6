"""Settings: an operator's own password."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.operators import open_session, set_password
from web.caller import COOKIE, Caller
from web.proof import MAX_PASSWORD, TooManyAttempts, client_of, prove
from web.session import Submitter, Viewer, see_other, set_cookie
from web.tools import tools_of

router = APIRouter(include_in_schema=False)

MIN_PASSWORD = 10
"""Characters. Length is what helps; no rule about kinds of characters (NIST SP 800-63B)."""


@router.get("/password")
def password_page(request: Request, caller: Viewer) -> Response:
    """The form."""
    return _page(request, caller)


@router.post("/password")
def change(
    request: Request,
    caller: Submitter,
    current: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Set it, end all sessions of this operator, and begin a new one here."""
    problem = _what_is_wrong(new, again)
    if problem:
        return _page(request, caller, problem, 422)
    try:
        operator = prove(request, caller.name, current)
    except TooManyAttempts:
        return _page(request, caller, "password.too_many", 429)
    if operator is None:
        return _page(request, caller, "password.wrong", 422)
    tools = tools_of(request)
    set_password(tools.database, caller.name, new, tools.now(), by=caller.name)
    response = see_other("/password?done=1")
    secret = open_session(tools.database, operator, tools.now(), client_of(request))
    set_cookie(response, tools.settings, COOKIE, secret)
    return response


def _what_is_wrong(new: str, again: str) -> str | None:
    if len(new) < MIN_PASSWORD:
        return "password.short"
    if len(new) > MAX_PASSWORD:
        return "password.long"
    return None if new == again else "password.differs"


def _page(
    request: Request, caller: Caller, problem: str | None = None, status: int = 200
) -> Response:
    context = {
        "problem": problem,
        "done": "done" in request.query_params and not problem,
        "section": "password",
    }
    pages = tools_of(request).pages
    return pages.page(request, "password.html", context, caller=caller, status=status)
