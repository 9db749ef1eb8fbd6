"""Settings: what runs here, who is signed in, and what the keys do."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from web.session import Viewer
from web.tools import tools_of

router = APIRouter(include_in_schema=False)


@router.get("/about")
def about_page(request: Request, caller: Viewer) -> Response:
    """One page of facts."""
    tools = tools_of(request)
    context = {
        "hostname": tools.settings.hostname,
        "role": caller.role.name.lower(),
        "section": "about",
    }
    return tools.pages.page(request, "about.html", context, caller=caller)
