"""Settings: an operator's own password."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.operators import check_password, open_session, set_password
from web.caller import COOKIE, Caller
from web.login import HASHING, MAX_PASSWORD
from web.peer import client_address, network_of
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
    tools = tools_of(request)
    client = network_of(client_address(request, tools.settings))
    if tools.throttle.admit(client, caller.name) is not None:
        return _page(request, caller, "password.too_many", 429)
    with HASHING:
        operator = check_password(tools.database, caller.name, current[:MAX_PASSWORD])
        if operator is None:
            return _page(request, caller, "password.wrong", 422)
        set_password(tools.database, caller.name, new, tools.now())
    tools.throttle.succeeded(client, caller.name)
    response = see_other("/password?done=1")
    secret = open_session(tools.database, operator, tools.now())
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
