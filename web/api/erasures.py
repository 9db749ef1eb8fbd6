"""Erasing one person's mail, and the log of who changed what. For administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from store.audit import AuditEntry, find_audit
from store.erasure import Erasure, ask_erasure, get_erasure, list_erasures, preview_erasure
from store.holds import address_of
from web.api import keeping_models as models
from web.api.keeping import allowed
from web.api.parameters import DEFAULT_LIMIT, Cursor, Identifier, Limit
from web.api.shapes import moment
from web.caller import Admin
from web.problems import Trouble, json_response, not_found
from web.tools import tools_of

router = APIRouter(tags=["administration"])


@router.get("/erasures", summary="All erasures", response_model=models.ErasurePage)
def erasures(request: Request, caller: Admin) -> Response:
    """With their receipts, which name nobody."""
    found = list_erasures(tools_of(request).database)
    return json_response({"items": [_erasure(one) for one in found], "next": None})


@router.post(
    "/erasures/preview", summary="What an erasure would remove", response_model=models.Forecast
)
def look(request: Request, caller: Admin, whose: models.ErasureAddress) -> Response:
    """The whole log is looked through, which may take a while; nothing is removed."""
    with allowed():
        found = preview_erasure(tools_of(request).database, whose.address)
    return json_response({name: getattr(found, name) for name in models.Forecast.model_fields})


@router.post(
    "/erasures", summary="Erase one person's mail", status_code=202, response_model=models.Erasure
)
def erase(request: Request, caller: Admin, new: models.NewErasure) -> Response:
    """The worker does it, from the next seconds on. It cannot be undone."""
    tools = tools_of(request)
    with allowed():
        if address_of(new.address) != address_of(new.confirm):
            raise Trouble(422, "The two addresses differ; nothing was erased.")
        asked = ask_erasure(
            tools.database,
            new.address,
            mentions=new.mentions,
            by=caller.name,
            now=tools.now(),
        )
    return json_response(_erasure(asked), 202, {"location": f"/api/v1/erasures/{asked.id}"})


@router.get("/erasures/{id}", summary="One erasure", response_model=models.Erasure)
def one_erasure(request: Request, caller: Admin, identifier: Identifier) -> Response:
    """How far it came, and its receipt when it is done."""
    found = get_erasure(tools_of(request).database, identifier)
    if found is None:
        raise not_found("erasure")
    return json_response(_erasure(found))


@router.get("/audit", summary="Who changed what", response_model=models.AuditPage)
def audit(
    request: Request,
    caller: Admin,
    by: Annotated[str, Query(max_length=200, description="Of this operator or token")] = "",
    what: Annotated[str, Query(max_length=64, description="What was done, or its beginning")] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Newest first."""
    try:
        page = find_audit(tools_of(request).database, limit, cursor, by=by, what=what)
    except ValueError as error:
        raise Trouble(422, "The cursor is not one of ours.") from error
    return json_response({"items": [_entry(one) for one in page.items], "next": page.next})


def _erasure(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": erasure.id,
        "asked_at": moment(erasure.asked_at),
        "asked_by": erasure.asked_by,
        "mentions": erasure.mentions,
        "stage": erasure.stage,
        "counts": erasure.counts,
        "finished_at": moment(erasure.finished_at),
        "receipt": erasure.receipt,
    }


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": moment(entry.at),
        "by": entry.by,
        "what": entry.what,
        "subject": entry.subject,
        "detail": entry.detail,
    }
