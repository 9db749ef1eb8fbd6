"""The outermost layer: what is true of every answer, whichever page made it.

Security headers, a bound on what a request may send, HEAD answered as GET without a body, and
the last resort: a bug of ours becomes a plain 500 with its traceback in the log and none of it
on the wire.
"""

import logging
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mail.reply import printable

_log = logging.getLogger("postern.web")

MAX_BODY = 1024 * 1024
"""Octets of a request's body; forms and JSON of ours are far smaller."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_ALWAYS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}

Failure = Callable[[Request, int, str], Response]
"""Makes the answer for a status and a sentence: a problem document, or a page."""


class _BodyTooLarge(HTTPException):
    """The body went past MAX_BODY. An HTTPException, because FastAPI makes a 400 of any other
    that is raised while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413, f"The request is larger than {MAX_BODY} octets.")


class Shell:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, is_https: bool, failure: Failure) -> None:
        self._app = app
        self._failure = failure
        self._headers = dict(_ALWAYS)
        if is_https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._headers, bodiless=scope["method"] == "HEAD")
        if scope["method"] == "HEAD":
            scope = dict(scope, method="GET")
        try:
            if _announced(scope) > MAX_BODY:
                raise _BodyTooLarge
            await self._app(scope, _bounded(receive), answer)
        except _BodyTooLarge as problem:
            await self._fail(scope, receive, answer, 413, problem.detail)
        except Exception:
            _log.exception("event=bug path=%s", printable(scope["path"]))
            await self._fail(scope, receive, answer, 500, "Our own fault; the log has the details.")

    async def _fail(
        self, scope: Scope, receive: Receive, answer: "_Answer", status: int, detail: str
    ) -> None:
        """Answer with the failure, if nothing has been answered yet; else break off, so that
        nobody takes half of an answer for the whole."""
        if answer.started:
            raise ConnectionAbortedError("the answer broke off after it had begun")
        await self._failure(Request(scope), status, detail)(scope, receive, answer)


class _Answer:
    """Sends one answer with the headers that all answers have."""

    def __init__(self, send: Send, headers: dict[str, str], *, bodiless: bool) -> None:
        self._send = send
        self._headers = headers
        self._bodiless = bodiless
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif self._bodiless and message["type"] == "http.response.body":
            message = dict(message, body=b"")
        await self._send(message)


def _announced(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def _bounded(receive: Receive) -> Receive:
    """`receive`, until more than MAX_BODY octets came through it."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise _BodyTooLarge
        return message

    return counted
