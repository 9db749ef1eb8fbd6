"""The JSON API under /api/v1: what the console shows, for programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from web.api import (
    attachments,
    campaigns,
    domains,
    erasures,
    forward_paths,
    jobs,
    keeping,
    messages,
    people,
    suppressions,
    threads,
    transactions,
)
from web.api.models import ProblemDocument
from web.caller import COOKIE

_BEARER = HTTPBearer(auto_error=False, description="A token of `postern token create`")
_SESSION = APIKeyCookie(name=COOKIE, auto_error=False, description="The console's session")


def _described(
    bearer: Annotated[object, Security(_BEARER)], session: Annotated[object, Security(_SESSION)]
) -> None:
    """Tells the OpenAPI document how callers prove who they are; `web.caller` looks at it."""


_PROBLEM: dict[str, Any] = {
    "description": "A problem document (RFC 9457)",
    "content": {"application/problem+json": {"schema": ProblemDocument.model_json_schema()}},
}

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Security(_described)],
    responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
)
for _part in (
    messages,
    transactions,
    domains,
    forward_paths,
    jobs,
    keeping,
    erasures,
    threads,
    people,
    attachments,
    campaigns,
    suppressions,
):
    router.include_router(_part.router)
