"""For machines that watch us: are we up, can we work, how much is there."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mail.errors import HouseProblem
from store.domains import list_domains
from store.messages import Counts, count_messages
from web.peer import may_read_metrics
from web.problems import Trouble, problem_response
from web.tools import tools_of

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process answers")
async def healthz() -> Response:
    """Says nothing about the store."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", summary="The store answers")
def readyz(request: Request) -> Response:
    """503 while the store does not."""
    try:
        list_domains(tools_of(request).database)
    except HouseProblem:
        return problem_response(503, "The store does not answer; the log says why.")
    return JSONResponse({"status": "ok"})


@router.get("/metrics", summary="Counts, for loopback", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """A few gauges in the Prometheus text format."""
    tools = tools_of(request)
    if not may_read_metrics(request, tools.settings):
        raise Trouble(403, "Only loopback and the metrics networks may read this.")
    return PlainTextResponse(_text(count_messages(tools.database)))


def _text(counts: Counts) -> str:
    """One line a value, each name with its help and type."""
    lines = []
    for name, meaning, value in (
        ("postern_messages", "Messages in lists", counts.total),
        ("postern_messages_unread", "Unread messages in lists", counts.unread),
        ("postern_messages_held", "Messages that wait for a decision", counts.held),
        ("postern_messages_archived", "Archived messages", counts.archived),
    ):
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join(lines) + "\n"
