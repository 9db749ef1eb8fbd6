"""Errors as answers: RFC 9457 problem documents for programs, a page for people.

Whatever goes wrong, the answer has a status, a title and one sentence, and nothing internal: the
log has the rest.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PROGRAM_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")


class Trouble(HTTPException):
    """Ends a request with `status` and one sentence for whoever asked.

    `key` names the sentence in the catalogue, for pages; `detail` is its English, for programs.
    `errors` are the fields at fault, as dicts with `field` and `detail`. `original` is where the
    bytes of the message that it is about can be downloaded: then a browser gets a page even where
    programs are answered, since pages lead there; `framed` is one that may stand in a frame.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        original: str | None = None,
        framed: bool = False,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.key = key
        self.errors = errors
        self.original = original
        self.framed = framed


class SignInFirst(Exception):
    """A page was asked for without a session; the answer is the way to the login page."""


def not_found(what: str) -> Trouble:
    """404 for an id that is not there, or that this caller must not know of."""
    return Trouble(404, f"There is no {what} with this id.", key="error.not_found")


def bad_cursor() -> Trouble:
    """422 for a cursor that we never gave."""
    errors = ({"field": "query.cursor", "detail": "Use the `next` of an earlier page as it is."},)
    return Trouble(422, "The cursor is not one of ours.", errors=errors)


def forbidden(detail: str, key: str = "error.forbidden") -> Trouble:
    """403: we know who asks, and the answer is no."""
    return Trouble(403, detail, key=key)


def is_for_programs(request: Request) -> bool:
    """Whether the answer should be a problem document rather than a page."""
    path = request.url.path
    return path.startswith(PROGRAM_PATHS) or not takes_pages(request)


def takes_pages(request: Request) -> bool:
    """Whether it is a browser that asks, and will show the answer."""
    return "text/html" in request.headers.get("accept", "")


def problem_response(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    original: str | None = None,
) -> Response:
    """RFC 9457 §3: `title` is the status's own phrase, `detail` this occurrence's sentence."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = [dict(error) for error in errors]
    if original:
        document["original"] = original
    return json_response(document, status, headers, "application/problem+json")


def json_response(
    content: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """JSON in UTF-8. A character that UTF-8 cannot have (half of a surrogate pair, out of some
    broken message) becomes "?" rather than an error."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    return Response(body, status, dict(headers or {}), media_type)
