"""Turns what went wrong into the answer: one place for every kind of error.

Programs get a problem document, people a page in their language with the way back.
"""

import logging
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import HouseProblem, OnHold
from mail.reply import printable
from store.blobs.place import BytesAltered, BytesMissing
from web.caller import Caller, caller_of_session
from web.disposition import FRAMED
from web.problems import Trouble, is_for_programs, problem_response, takes_pages
from web.session import local_path, see_other
from web.tools import Tools, tools_of

_log = logging.getLogger("postern.web")

_KEYS = {404: "error.not_found", 403: "error.forbidden", 500: "error.house", 503: "error.store"}


def failure_response(request: Request, status: int, detail: str) -> Response:
    """The answer for a status and a sentence."""
    return _answer(request, Trouble(status, detail))


def http_problem(request: Request, error: HTTPException) -> Response:
    """Ours (`Trouble`) and the framework's (no such path, no such method)."""
    if isinstance(error, Trouble):
        return _answer(request, error)
    detail = {
        404: "There is nothing at this path.",
        405: f"{request.method} is not possible here.",
    }.get(error.status_code, str(error.detail))
    return _answer(request, Trouble(error.status_code, detail, headers=error.headers))


def unprocessable(request: Request, error: RequestValidationError) -> Response:
    """422 with the fields at fault. What was sent is not repeated: it may be a secret."""
    errors = [
        {
            "field": ".".join(str(part) for part in one["loc"]),
            "detail": str(one["msg"]).removeprefix("Value error, "),
        }
        for one in error.errors()[:20]
    ]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return _answer(request, Trouble(400, "The body is not JSON.", errors=errors))
    return _answer(request, Trouble(422, "Something in the request is not allowed.", errors=errors))


def house_problem(request: Request, error: HouseProblem) -> Response:
    """The store cannot do it now. Its line names files, so it is for the log."""
    _log.error("event=store-trouble path=%s reason=%s", printable(request.url.path), error)
    if isinstance(error, BytesMissing):
        detail = "The bytes of this message are missing in the store; the log says which."
        return _answer(request, Trouble(500, detail, key="error.bytes_missing"))
    if isinstance(error, BytesAltered):
        detail = "The bytes of this message were altered in the store; the log says which."
        return _answer(request, Trouble(500, detail, key="error.bytes_altered"))
    return _answer(request, Trouble(503, "The store does not answer; the log says why."))


def on_hold(request: Request, error: OnHold) -> Response:
    """What should have been deleted is under a hold: 409, with which one it is."""
    return _answer(request, Trouble(409, str(error), key="error.on_hold"))


def sign_in(request: Request) -> Response:
    """To the login page, and back afterwards (to a page; a form is not sent again)."""
    page = request.url.path
    if request.method == "GET" and request.url.query:
        page = f"{page}?{request.url.query}"
    then = local_path(page) if request.method == "GET" else "/mail"
    return see_other("/login" if then == "/mail" else f"/login?next={quote(then)}")


def _answer(request: Request, trouble: Trouble) -> Response:
    is_page = takes_pages(request) if trouble.original else not is_for_programs(request)
    if not is_page:
        return problem_response(
            trouble.status_code,
            str(trouble.detail),
            trouble.headers,
            trouble.errors,
            trouble.original,
        )
    key = trouble.key or _KEYS.get(trouble.status_code, "error.bad_request")
    title = {404: "error.not_found_title", 500: "error.house_title"}.get(
        trouble.status_code, "error.title"
    )
    context = {"key": key, "title_key": title, "status": trouble.status_code}
    context |= {"original": trouble.original}
    tools = tools_of(request)
    is_whole = trouble.status_code < 500 and not trouble.framed
    caller = _who(request, tools) if is_whole else None
    template = "error_in_frame.html" if trouble.framed else "error.html"
    page = tools.pages.page(request, template, context, caller=caller, status=trouble.status_code)
    page.headers.update({**(trouble.headers or {}), **(FRAMED if trouble.framed else {})})
    return page


def _who(request: Request, tools: Tools) -> Caller | None:
    """Whoever is signed in, for the navigation; nobody where the store cannot say."""
    try:
        return caller_of_session(request, tools)
    except HouseProblem:
        return None
