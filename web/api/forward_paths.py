"""Know your forwarder: paths of held and refused mail, and those that are trusted."""

from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from mail.forward_offer import Offer
from store.forward_paths import (
    dismiss_offer,
    list_paths,
    look_for_offers,
    remove_path,
    trust_path,
)
from web.api.models import PathPage, TrustedPath
from web.api.parameters import NewTrust
from web.api.shapes import offer_of, path_of
from web.caller import Admin, Reader
from web.problems import Trouble, json_response
from web.tools import Tools, tools_of

router = APIRouter(prefix="/forward-paths", tags=["administration"])


@router.get(
    "",
    summary="Forward paths that are trusted, and those that could be",
    response_model=PathPage,
)
def all_paths(request: Request, caller: Reader) -> Response:
    """Offers first: held and refused mail of the last 30 days that looks like one path. Those
    that somebody dismissed come last."""
    tools = tools_of(request)
    now = tools.now()
    offers = look_for_offers(tools.database, now)
    waiting = [offer_of(one, "offered") for one in offers.waiting]
    trusted = [path_of(one, now) for one in list_paths(tools.database)]
    dismissed = [offer_of(one, "dismissed") for one in offers.dismissed]
    return json_response({"items": waiting + trusted + dismissed, "next": None})


@router.post(
    "",
    summary="Trust an offered path for some days",
    status_code=201,
    response_model=TrustedPath,
)
def trust(request: Request, caller: Admin, wanted: NewTrust) -> Response:
    """From the next second on its mail is accepted for that destination, whatever DMARC says."""
    tools = tools_of(request)
    now = tools.now()
    offer = _offer(tools, wanted.id, now)
    row = trust_path(tools.database, offer, wanted.days, wanted.note, now, by=caller.name)
    tools.offers.forget()
    headers = {"location": f"/api/v1/forward-paths/{row.id}"}
    return json_response(path_of(row, now), 201, headers)


@router.delete("/{id}", summary="Trust a path no longer", status_code=204)
def remove(request: Request, caller: Admin, id: str) -> Response:
    """Its mail is judged as all other mail from the next second on."""
    tools = tools_of(request)
    if not remove_path(tools.database, id, tools.now(), by=caller.name):
        raise Trouble(404, "There is no such path.")
    tools.offers.forget()
    return Response(status_code=204)


@router.post("/{id}/dismiss", summary="Dismiss an offer", status_code=204)
def dismiss(request: Request, caller: Admin, id: str) -> Response:
    """It waits for no decision any more, whatever comes by it; it can still be trusted."""
    tools = tools_of(request)
    now = tools.now()
    dismiss_offer(tools.database, _offer(tools, id, now), now, by=caller.name)
    tools.offers.forget()
    return Response(status_code=204)


def _offer(tools: Tools, identifier: str, now: datetime) -> Offer:
    found = look_for_offers(tools.database, now).find(identifier)
    if found is None:
        raise Trouble(404, "There is no such offer, or its path is trusted already.")
    return found
