"""The switch of the console's language: remembered in a cookie."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from web.i18n import LANGUAGES
from web.pages import LANGUAGE_COOKIE
from web.problems import not_found
from web.session import local_path, see_other, set_cookie
from web.tools import tools_of

router = APIRouter(include_in_schema=False)

_YEAR = 365 * 24 * 3600


@router.get("/language/{code}")
def switch(request: Request, code: str, next: str = "/mail") -> Response:
    """Read the console in another language from now on."""
    if code not in LANGUAGES:
        raise not_found("language")
    response = see_other(local_path(next))
    set_cookie(response, tools_of(request).settings, LANGUAGE_COOKIE, code, max_age=_YEAR)
    return response
