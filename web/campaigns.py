"""Campaigns: what was sent, and what came of each."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.campaigns import CampaignRow, list_campaigns
from store.page import Page
from web.api.parameters import CATEGORIES
from web.listing import Listing
from web.session import Viewer
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)

PAGE = 50
"""Campaigns on one page."""


@router.get("/campaigns")
def campaigns_page(request: Request, caller: Viewer) -> Response:
    """All of them, newest first, with how many messages of each category answer them."""
    tools, cursor = tools_of(request), request.query_params.get("cursor", "")
    page = _campaigns(tools, cursor)
    context = {
        "campaigns": page.items,
        "next": page.next,
        "is_continued": bool(cursor),
        "categories": [one for one in CATEGORIES if one != "notice"],
        "mail_of": _mail_of,
    }
    return tools.pages.page(request, "campaigns.html", context, caller=caller)


def _mail_of(campaign: str, category: str = "") -> str:
    """The list of what answers it."""
    return Listing(campaign=campaign, category=category).url


def _campaigns(tools: Tools, cursor: str) -> Page[CampaignRow]:
    """A cursor out of an old bookmark: the start of the list is the nearest thing."""
    try:
        return list_campaigns(tools.database, PAGE, cursor or None)
    except ValueError:
        return list_campaigns(tools.database, PAGE)
