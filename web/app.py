"""Puts the console and the API together.

`create_app` gets everything from outside: the open store, the settings, what reads a message's
inside, and the clock. Nothing here is global, so that several apps can live in one process.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mail.errors import HouseProblem, OnHold
from store.database import Database
from web import (
    about,
    campaigns,
    domains,
    erasures,
    files,
    forwarders,
    keeping,
    language,
    log,
    login,
    message,
    messages,
    operation,
    password,
    people,
    public,
    suppressions,
)
from web.allowance import Allowance
from web.api import router as api_router
from web.api.health import router as health_router
from web.failures import (
    failure_response,
    house_problem,
    http_problem,
    on_hold,
    sign_in,
    unprocessable,
)
from web.offers import OfferCount
from web.pages import STATIC, Pages
from web.parts import PartsReader
from web.problems import SignInFirst
from web.settings import WebSettings
from web.shell import Shell
from web.throttle import Throttle
from web.tools import Tools

_DESCRIPTION = """\
Mail that this server received, the log of every attempt to deliver some, and administration.

Send `Authorization: Bearer TOKEN` with a token of `postern token create`: scope `read` reads,
`write` changes mail, `admin` changes settings and reads forwarding confirmations. Lists return
`{"items": [...], "next": "cursor or null"}`. Errors are problem documents (RFC 9457). Times are
RFC 3339 in UTC.
"""


class _Static(StaticFiles):
    """Our own files. Their address changes with their content, so they may be kept for good."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create_app(
    database: Database, settings: WebSettings, parts: PartsReader, now: Callable[[], datetime]
) -> FastAPI:
    """The app, ready to be served. `now` gives aware UTC."""
    app = FastAPI(
        title="Postern",
        version=settings.version or "0",
        description=_DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    offers = OfferCount(database, now)
    app.state.tools = Tools(
        database,
        settings,
        parts,
        now,
        Throttle(now),
        Pages(settings, now, offers),
        public_views=Allowance(120, timedelta(minutes=10), now),
        rechecks=Allowance(10, timedelta(minutes=10), now),
        offers=offers,
    )
    app.include_router(api_router)
    app.include_router(health_router)
    for page in (
        login,
        language,
        messages,
        message,
        campaigns,
        people,
        files,
        log,
        forwarders,
        domains,
        keeping,
        suppressions,
        erasures,
        operation,
        password,
        about,
    ):
        app.include_router(page.router)
    app.include_router(public.router)
    app.mount("/static", _Static(directory=STATIC), name="static")
    _handle_failures(app)
    app.add_middleware(Shell, is_https=settings.is_https, failure=failure_response)
    return app


def _handle_failures(app: FastAPI) -> None:
    """Plain functions: they may ask the store who is signed in, so they run in a thread."""

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return http_problem(request, error)

    def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return unprocessable(request, error)

    def house(request: Request, error: Exception) -> Response:
        assert isinstance(error, HouseProblem)
        return house_problem(request, error)

    def held(request: Request, error: Exception) -> Response:
        assert isinstance(error, OnHold)
        return on_hold(request, error)

    def session(request: Request, error: Exception) -> Response:
        return sign_in(request)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HouseProblem, house)
    app.add_exception_handler(OnHold, held)
    app.add_exception_handler(SignInFirst, session)
