"""Sessions of the console: their cookie, and who may open which page.

The cookie holds a random secret and nothing else; what it stands for is in the store. It is
HttpOnly, so no script reads it, and SameSite=Lax, so no other site's form sends it.
"""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.caller import COOKIE, Caller, caller_of_session
from web.csrf import is_ours
from web.problems import SignInFirst, forbidden
from web.settings import WebSettings
from web.tools import tools_of

VISIT_COOKIE = "postern_visit"
"""Holds the secret behind the login form's token, before there is a session."""


def set_cookie(
    response: Response, settings: WebSettings, name: str, value: str, max_age: int | None = None
) -> None:
    """A cookie of ours, with everything that keeps it to us."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: WebSettings, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=settings.is_https, httponly=True, samesite="lax")


def local_path(text: str, otherwise: str = "/mail") -> str:
    """`text` if it leads to a page of ours, else `otherwise`: a link in a query must not be able
    to lead a person who just signed in to another site."""
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets that hold no address
        return otherwise
    leaves = parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//")
    odd = "\\" in text or not text.isprintable()
    return otherwise if leaves or odd else text


def see_other(path: str) -> RedirectResponse:
    """303: done, and here is where to look."""
    return RedirectResponse(path, 303)


def _viewer(request: Request) -> Caller:
    caller = caller_of_session(request, tools_of(request))
    if caller is None:
        raise SignInFirst
    return caller


def _checked(request: Request, caller: Caller, token: str) -> Caller:
    if not is_ours(request, tools_of(request).settings, caller.session, token):
        raise forbidden("The form is out of date; go back and try again.", "error.csrf")
    return caller


Viewer = Annotated[Caller, Depends(_viewer)]
"""A parameter of a page: whoever is signed in."""


def _submitter(request: Request, caller: Viewer, csrf: Annotated[str, Form()] = "") -> Caller:
    return _checked(request, caller, csrf)


Submitter = Annotated[Caller, Depends(_submitter)]
"""A parameter of a form's target: whoever is signed in, with the form's token checked."""


def _operator(caller: Submitter) -> Caller:
    if not caller.may_write:
        raise forbidden("Viewers cannot change mail.", "error.viewer")
    return caller


def _administrator(caller: Submitter) -> Caller:
    if not caller.is_admin:
        raise forbidden("Only administrators can change settings.", "error.admin")
    return caller


Operator = Annotated[Caller, Depends(_operator)]
"""A parameter of a form's target that changes mail."""
Administrator = Annotated[Caller, Depends(_administrator)]
"""A parameter of a form's target that changes settings."""

__all__ = [
    "COOKIE",
    "VISIT_COOKIE",
    "Administrator",
    "Operator",
    "Submitter",
    "Viewer",
    "drop_cookie",
    "local_path",
    "see_other",
    "set_cookie",
]
