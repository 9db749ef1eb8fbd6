"""Conversations: the messages that belong together, across all mailboxes."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.campaigns import campaigns_in_thread
from store.threads import Thread as StoredThread
from store.threads import ThreadMessage
from web.api.models import Thread
from web.api.parameters import DEFAULT_LIMIT, Cursor, Identifier, Limit
from web.api.shapes import moment
from web.caller import Caller, Reader
from web.conversation import thread_for
from web.problems import bad_cursor, json_response
from web.tools import Tools, tools_of

router = APIRouter(prefix="/threads", tags=["messages"])


@router.get("/{id}", summary="A conversation, oldest first", response_model=Thread)
def one_thread(
    request: Request,
    caller: Reader,
    identifier: Identifier,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The id of any of its messages finds it; that of its first is its own."""
    return json_response(thread_told(tools_of(request), identifier, caller, limit, cursor))


def thread_told(
    tools: Tools,
    identifier: str,
    caller: Caller,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> dict[str, Any]:
    """A page of the conversation of a message. Raises Trouble 404 and 422."""
    try:
        thread, closed = thread_for(tools, identifier, caller, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    return _thread(thread, closed, campaigns_in_thread(tools.database, thread.id))


def _thread(
    thread: StoredThread, closed: frozenset[str], campaigns: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "id": thread.id,
        "count": thread.count,
        "campaigns": list(campaigns),
        "messages": [_message(one, one.id in closed) for one in thread.page.items],
        "next": thread.page.next,
    }


def _message(one: ThreadMessage, closed: bool) -> dict[str, Any]:
    named = one.from_name or one.from_address
    author = {"name": one.from_name or None, "address": one.from_address or None}
    return {
        "id": one.id,
        "received_at": moment(one.received_at),
        "date": moment(one.date),
        "from": author if named else None,
        "subject": None if closed else one.subject or None,
        "snippet": None if closed else one.snippet or None,
        "category": one.category,
        "seen": one.seen,
    }
