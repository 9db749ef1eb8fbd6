"""Makes pages: a template, the viewer's language, and the little that every page needs."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from web import i18n
from web.csrf import FIELD, token_for
from web.formats import age_words, date_words, day_words, plain, size_words, time_element
from web.settings import WebSettings

if TYPE_CHECKING:
    from web.caller import Caller

LANGUAGE_COOKIE = "postern_language"
STATIC = Path(__file__).with_name("static")
_TEMPLATES = Path(__file__).with_name("templates")


class Pages:
    """What a template becomes for whoever looks. All that is put into it is escaped. `offers`
    tells how many forwarders wait for a decision."""

    def __init__(
        self, settings: WebSettings, now: Callable[[], datetime], offers: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._now = now
        self._offers = offers

    def page(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        caller: "Caller | None" = None,
        status: int = 200,
    ) -> HTMLResponse:
        """A whole page. `caller` is who is signed in; without one there is no navigation."""
        language = language_of(request)
        now = self._now()
        words = {
            "t": partial(i18n.say, language),
            "tn": partial(i18n.count, language),
            "language": language,
            "caller": caller,
            "csrf_field": FIELD,
            "csrf": token_for(caller.session) if caller else "",
            "offers": self._offers() if caller else 0,
            "here": _here(request),
            "path": request.url.path,
            "when": partial(time_element, language, now),
            "date_words": partial(date_words, language, now),
            "age": partial(age_words, language, now),
            "day": partial(day_words, language, now),
            "now": now,
            "size_words": partial(size_words, language),
            "version": self._settings.version,
        }
        html = _templates().get_template(template).render(words | dict(context or {}))
        return HTMLResponse(html, status, headers={"vary": "Cookie, Accept-Language"})


@cache
def _templates() -> Environment:
    """Read and compiled when they are needed first: those of a running program do not change."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = plain
    made.globals["static"] = _static_url
    made.globals["languages"] = i18n.LANGUAGES
    return made


def language_of(request: Request) -> str:
    """The language that this viewer reads."""
    cookie = request.cookies.get(LANGUAGE_COOKIE)
    return i18n.choose_language(cookie, request.headers.get("accept-language", ""))


def _here(request: Request) -> str:
    """Path and query of the page itself, to come back to."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


@cache
def _static_url(name: str) -> Markup:
    """Where a file of `static` is, with its content in the name, so that it may be kept."""
    content = (STATIC / name).read_bytes()
    return Markup(f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}")  # noqa: S704
