"""Settings: how the work goes: the nodes of this store, and jobs that failed too often."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.dead_jobs import count_dead, drop_dead, list_dead, retry_dead, retry_kind
from store.nodes import disagreements, list_members
from store.outbox import backlog
from web.problems import forbidden
from web.session import Operator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False, prefix="/operation")

SHOWN = 50
"""Failed jobs on the page, the newest first; the others follow when these are gone."""

KINDS = ("digest", "diagnose", "recheck", "redigest")
"""Kinds of jobs that have words of their own; others are shown as they are called."""


@router.get("")
def operation_page(request: Request, caller: Viewer) -> Response:
    """For those who may do something about it: an error may say what is in a message."""
    if not caller.may_write:
        raise forbidden("Viewers cannot see failed jobs.", "error.viewer")
    tools = tools_of(request)
    seen = list_members(tools.database, tools.now())
    counts = count_dead(tools.database)
    context = {
        "nodes": seen,
        "differences": disagreements(seen),
        "jobs": list_dead(tools.database, SHOWN).items,
        "counts": counts,
        "failed": sum(counts.values()),
        "backlog": backlog(tools.database),
        "kinds": KINDS,
        "done": request.query_params.get("done", ""),
        "section": "operation",
    }
    return tools.pages.page(request, "operation.html", context, caller=caller)


@router.post("/retry")
def retry(
    request: Request,
    caller: Operator,
    id: Annotated[int, Form(ge=0, le=2**63 - 1)] = 0,
    kind: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """One job again, or all of a kind."""
    tools = tools_of(request)
    if kind:
        retry_kind(tools.database, kind, by=caller.name, now=tools.now())
    else:
        retry_dead(tools.database, [id], by=caller.name, now=tools.now())
    return see_other("/operation?done=retried")


@router.post("/drop")
def drop(
    request: Request, caller: Operator, id: Annotated[int, Form(ge=1, le=2**63 - 1)]
) -> Response:
    """Give one up."""
    tools = tools_of(request)
    drop_dead(tools.database, [id], by=caller.name, now=tools.now())
    return see_other("/operation?done=dropped")
