"""Signing in and out.

A wrong name and a wrong password give the same answer after the same work, and attempts are
counted (`web.throttle`). Every sign-in gets a new session, so that nobody can hand a victim a
session that they know.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.operators import close_session, open_session
from web.caller import COOKIE, caller_of_session
from web.csrf import is_ours, new_secret, token_for
from web.proof import TooManyAttempts, client_of, prove
from web.session import (
    VISIT_COOKIE,
    Submitter,
    drop_cookie,
    local_path,
    see_other,
    set_cookie,
)
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request, next: str = "/mail") -> Response:
    """The form; straight on for who is signed in already."""
    tools = tools_of(request)
    if caller_of_session(request, tools) is not None:
        return see_other(local_path(next))
    return _form(request, next)


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/mail",
) -> Response:
    """Sign in, or show the form again with one sentence."""
    tools = tools_of(request)
    if not is_ours(request, tools.settings, request.cookies.get(VISIT_COOKIE, ""), csrf):
        return _form(request, next, name, problem="login.stale", status=403)
    try:
        operator = prove(request, name, password)
    except TooManyAttempts as refusal:
        response = _form(request, next, name, problem="login.too_many", status=429)
        response.headers["retry-after"] = str(int(refusal.wait.total_seconds()) + 1)
        return response
    if operator is None:
        return _form(request, next, name, problem="login.wrong", status=401)
    secret = open_session(tools.database, operator, tools.now(), client_of(request))
    return _signed_in(request, tools, secret, next)


@router.post("/logout")
def logout(request: Request, caller: Submitter) -> Response:
    """End the session, here and in the store."""
    tools = tools_of(request)
    close_session(tools.database, caller.session)
    response = see_other("/login")
    drop_cookie(response, tools.settings, COOKIE)
    return response


def _signed_in(request: Request, tools: Tools, secret: str, then: str) -> Response:
    earlier = request.cookies.get(COOKIE)
    if earlier:
        close_session(tools.database, earlier)
    response = see_other(local_path(then))
    set_cookie(response, tools.settings, COOKIE, secret)
    drop_cookie(response, tools.settings, VISIT_COOKIE)
    return response


def _form(
    request: Request, then: str, name: str = "", problem: str | None = None, status: int = 200
) -> Response:
    """The page with the form, and the cookie that its token belongs to."""
    tools = tools_of(request)
    secret = request.cookies.get(VISIT_COOKIE) or new_secret()
    context = {
        "then": local_path(then),
        "name": name,
        "problem": problem,
        "csrf": token_for(secret),
    }
    response = tools.pages.page(request, "login.html", context, status=status)
    set_cookie(response, tools.settings, VISIT_COOKIE, secret, max_age=24 * 3600)
    return response
