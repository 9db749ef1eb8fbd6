"""Jobs that failed too often, and the nodes that work on them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from store.dead_jobs import drop_dead, list_dead, retry_dead, retry_kind
from store.nodes import list_members
from web.api.models import JobPage, NodePage, Retried
from web.api.parameters import DEFAULT_LIMIT, Cursor, Limit, RetryKind
from web.api.shapes import job_of, node_of
from web.caller import Writer
from web.problems import Trouble, json_response
from web.tools import tools_of

router = APIRouter(tags=["administration"])

Kind = Annotated[str | None, Query(max_length=32, description="Of this kind only")]
JobId = Annotated[int, Path(alias="id", ge=1, le=2**63 - 1)]


@router.get("/jobs", summary="Jobs that failed too often", response_model=JobPage)
def failed_jobs(
    request: Request,
    caller: Writer,
    kind: Kind = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Newest first, each with its last error."""
    try:
        page = list_dead(tools_of(request).database, limit, cursor, kind)
    except ValueError as error:
        raise Trouble(422, "The cursor is not one of ours.") from error
    return json_response({"items": [job_of(job) for job in page.items], "next": page.next})


@router.post("/jobs/retry", summary="Try all failed jobs of a kind again", response_model=Retried)
def retry_all(request: Request, caller: Writer, which: RetryKind) -> Response:
    """They begin anew, with all their attempts."""
    tools = tools_of(request)
    number = retry_kind(tools.database, which.kind, by=caller.name, now=tools.now())
    return json_response({"retried": number})


@router.post("/jobs/{id}/retry", summary="Try a failed job again", response_model=Retried)
def retry_one(request: Request, caller: Writer, identifier: JobId) -> Response:
    """It begins anew, with all its attempts."""
    tools = tools_of(request)
    if not retry_dead(tools.database, [identifier], by=caller.name, now=tools.now()):
        raise Trouble(404, "No such job has failed for good.")
    return json_response({"retried": 1})


@router.delete("/jobs/{id}", summary="Give a failed job up", status_code=204)
def drop(request: Request, caller: Writer, identifier: JobId) -> Response:
    """What it was to do stays undone."""
    tools = tools_of(request)
    if not drop_dead(tools.database, [identifier], by=caller.name, now=tools.now()):
        raise Trouble(404, "No such job has failed for good.")
    return Response(status_code=204)


@router.get("/nodes", summary="The programs that use this store", response_model=NodePage)
def nodes(request: Request, caller: Writer) -> Response:
    """Those that live, and those that were lost within the last day."""
    tools = tools_of(request)
    seen = list_members(tools.database, tools.now())
    return json_response({"items": [node_of(one) for one in seen], "next": None})
