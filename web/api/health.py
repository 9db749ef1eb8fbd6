"""For machines that watch us: are we up, can we work, how much is there and goes on."""

import shutil
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mail.errors import HouseProblem
from store.database import Database
from store.domains import list_domains
from store.messages import count_messages
from store.metric_files import Totals, collect, exposition, metrics_folder
from store.metrics import series
from store.nodes import list_members
from store.outbox import backlog
from store.quotas import list_loads
from web.peer import may_read_metrics
from web.problems import Trouble, problem_response
from web.tools import tools_of

router = APIRouter(tags=["health"])

_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


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


@router.get("/metrics", summary="Numbers, for loopback", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """What all programs count, and what is in the store, in the Prometheus text format."""
    tools = tools_of(request)
    if not may_read_metrics(request, tools.settings):
        raise Trouble(403, "Only loopback and the metrics networks may read this.")
    totals = collect(metrics_folder(tools.database))
    totals |= _stored(tools.database, tools.now())
    totals |= _mailboxes(tools.database)
    return PlainTextResponse(exposition(totals), media_type=_FORMAT)


def _stored(database: Database, now: datetime) -> Totals:
    """What nobody counts, because it can be looked up."""
    mail, jobs = count_messages(database), backlog(database)
    oldest = 0.0 if jobs.oldest is None else (now - jobs.oldest).total_seconds()
    return {
        "postern_messages": mail.total,
        "postern_messages_unread": mail.unread,
        "postern_messages_held": mail.held,
        "postern_messages_archived": mail.archived,
        'postern_outbox_jobs{state="waiting"}': jobs.waiting,
        'postern_outbox_jobs{state="dead"}': jobs.dead,
        "postern_outbox_oldest_seconds": max(oldest, 0.0),
        **_nodes(database, now),
        "postern_disk_free_bytes": shutil.disk_usage(database.settings.data_dir).free,
    }


def _mailboxes(database: Database) -> Totals:
    """How much lies in each mailbox, and how near its quota is."""
    totals: Totals = {}
    for load in list_loads(database):
        totals[series(("postern_mailbox_messages", load.name))] = load.messages
        totals[series(("postern_mailbox_bytes", load.name))] = load.octets
        if load.quota is not None:
            totals[series(("postern_mailbox_quota_ratio", load.name))] = load.percent / 100
    return totals


def _nodes(database: Database, now: datetime) -> Totals:
    """Machines, not programs: one that lost its worker only counts as both."""
    seen = list_members(database, now)
    lost = {one.member.name for one in seen if one.lost}
    alive = {one.member.name for one in seen if not one.lost}
    return {
        'postern_nodes{state="alive"}': len(alive),
        'postern_nodes{state="lost"}': len(lost),
    }
