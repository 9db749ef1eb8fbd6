"""Know your forwarder: paths of held and refused mail, and those that are trusted."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.forward_paths import find_offers, list_paths, remove_path, trust_path
from web.api.parameters import NewTrust
from web.api.shapes import offer_of, path_of
from web.caller import Admin, Reader
from web.problems import Trouble, json_response
from web.tools import tools_of

router = APIRouter(prefix="/forward-paths", tags=["administration"])


@router.get("", summary="Forward paths that are trusted, and those that could be")
def all_paths(request: Request, caller: Reader) -> Response:
    """Offers first: held and refused mail of the last 30 days that looks like one path."""
    tools = tools_of(request)
    now = tools.now()
    offers = [offer_of(one) for one in find_offers(tools.database, now)]
    trusted = [path_of(one, now) for one in list_paths(tools.database)]
    return json_response({"items": offers + trusted, "next": None})


@router.post("", summary="Trust an offered path for some days", status_code=201)
def trust(request: Request, caller: Admin, wanted: NewTrust) -> Response:
    """From the next second on its mail is accepted for that destination, whatever DMARC says."""
    tools = tools_of(request)
    now = tools.now()
    offers = {one.id: one for one in find_offers(tools.database, now)}
    if wanted.id not in offers:
        raise Trouble(404, "There is no such offer, or its path is trusted already.")
    row = trust_path(
        tools.database, offers[wanted.id], wanted.days, wanted.note, now, by=caller.name
    )
    headers = {"location": f"/api/v1/forward-paths/{row.id}"}
    return json_response(path_of(row, now), 201, headers)


@router.delete("/{id}", summary="Trust a path no longer", status_code=204)
def remove(request: Request, caller: Admin, id: str) -> Response:
    """Its mail is judged as all other mail from the next second on."""
    tools = tools_of(request)
    if not remove_path(tools.database, id, tools.now(), by=caller.name):
        raise Trouble(404, "There is no such path.")
    return Response(status_code=204)
