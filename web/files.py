"""Attachments of all messages: where a file came from, and those that can run programs."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.page import Page
from store.parts import PartFilter, PartRow, find_parts
from web.disposition import file_name
from web.session import Viewer
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)

PAGE = 50
"""Messages whose attachments are on one page."""

_SHA256 = re.compile("[0-9a-f]{64}")


@router.get("/files")
def files_page(request: Request, caller: Viewer) -> Response:
    """Of one content, of one type, only dangerous ones, or all."""
    tools, query = tools_of(request), request.query_params
    chosen = _chosen(query)
    wanted = PartFilter(
        sha256=chosen.get("sha256"),
        content_type=chosen.get("type"),
        dangerous="dangerous" in chosen,
        sees_confirmations=caller.sees_confirmations,
    )
    page = _find(tools, wanted, query.get("cursor", ""))
    more = {**chosen, "cursor": page.next}
    context = {
        "files": [(one, file_name(one.name, "")) for one in page.items],
        "chosen": chosen,
        "is_continued": "cursor" in query,
        "first_url": f"/files?{urlencode(chosen)}",
        "next_url": f"/files?{urlencode(more)}" if page.next else "",
    }
    return tools.pages.page(request, "files.html", context, caller=caller)


def _chosen(query: Mapping[str, str]) -> dict[str, str]:
    """What we know of what was asked for; an old bookmark should still lead somewhere."""
    chosen = {}
    if _SHA256.fullmatch(query.get("sha256", "")):
        chosen["sha256"] = query["sha256"]
    if query.get("type"):
        chosen["type"] = query["type"][:200]
    if query.get("dangerous") == "1":
        chosen["dangerous"] = "1"
    return chosen


def _find(tools: Tools, wanted: PartFilter, cursor: str) -> Page[PartRow]:
    try:
        return find_parts(tools.database, wanted, PAGE, cursor or None)
    except ValueError:
        return find_parts(tools.database, wanted, PAGE)
