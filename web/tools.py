"""What every page and call has at hand: the store, the settings, the clock, the templates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from store.database import Database
from web.allowance import Allowance
from web.offers import OfferCount
from web.pages import Pages
from web.parts import PartsReader
from web.settings import WebSettings
from web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Tools:
    """Made once, by `web.app.create_app`; `now` gives aware UTC. `public_views` and `rechecks`
    bound what one stranger may ask of the public pages."""

    database: Database
    settings: WebSettings
    parts: PartsReader
    now: Callable[[], datetime]
    throttle: Throttle
    pages: Pages
    public_views: Allowance
    rechecks: Allowance
    offers: OfferCount


def tools_of(request: Request) -> Tools:
    """The tools of the app that this request came to."""
    tools = request.app.state.tools
    assert isinstance(tools, Tools)
    return tools
