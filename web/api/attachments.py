"""Attachments of all messages: of one content ("who sent this file before?"), of one type, or
those that can run programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from store.parts import PartFilter, PartRow, find_parts
from web.api.models import FilePage
from web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from web.caller import Reader
from web.problems import bad_cursor, json_response
from web.tools import tools_of

router = APIRouter(prefix="/attachments", tags=["messages"])

Sha256 = Annotated[
    str | None, Query(pattern="^[0-9a-fA-F]{64}$", description="Of the decoded bytes")
]
ContentType = Annotated[str | None, Query(max_length=200, description="Such as application/pdf")]


@router.get("", summary="Attachments, of the newest messages first", response_model=FilePage)
def list_attachments(
    request: Request,
    caller: Reader,
    sha256: Sha256 = None,
    content_type: ContentType = None,
    dangerous: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """`limit` counts messages: those of one message are never divided. Held messages are left
    out, and forwarding confirmations for those who may not see them."""
    wanted = PartFilter(
        sha256=sha256.lower() if sha256 else None,
        content_type=content_type,
        dangerous=dangerous,
        sees_confirmations=caller.sees_confirmations,
    )
    try:
        page = find_parts(tools_of(request).database, wanted, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    return json_response({"items": [_file(one) for one in page.items], "next": page.next})


def _file(one: PartRow) -> dict[str, Any]:
    return {
        "message": one.message_id,
        "n": one.n,
        "name": one.name or None,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "inline": one.inline,
        "dangerous": one.dangerous,
    }
