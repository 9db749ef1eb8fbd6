"""Messages: lists, one of them, its exact bytes, its HTML, its attachments, and what may be done
with it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mail.raw import RawMessage
from store.mailboxes import list_mailboxes
from store.messages import (
    MessageFilter,
    delete_message,
    find_messages,
    release_message,
    set_flags,
)
from store.search.index import search_notes
from web.api.models import Message, MessagePage
from web.api.parameters import (
    DEFAULT_LIMIT,
    Category,
    Cursor,
    FlagsPatch,
    Identifier,
    Limit,
    MailSearch,
    Since,
    Until,
)
from web.api.shapes import message_of, summary_of
from web.api.threads import thread_told
from web.caller import Caller, Reader, Writer
from web.disposition import FRAMED, HEADERS, content_disposition, file_name
from web.listing import mailbox_id
from web.parts import Content
from web.problems import Trouble, bad_cursor, json_response, not_found
from web.reading import closed_rows, opening, read_message, read_raw
from web.tools import Tools, tools_of

router = APIRouter(prefix="/messages", tags=["messages"])

_BLOCK = 256 * 1024


def _bytes(media_type: str) -> dict[int | str, dict[str, Any]]:
    """The description of an answer that is no JSON."""
    octets = {"type": "string", "format": "binary"}
    return {200: {"description": "The bytes", "content": {media_type: {"schema": octets}}}}


RAW, HTML = _bytes("message/rfc822"), _bytes("text/html")
FILE = _bytes("application/octet-stream")


@router.get("", summary="Messages, newest first", response_model=MessagePage)
def list_messages(
    request: Request,
    caller: Reader,
    mailbox: Annotated[str, Query(max_length=320, description="An id, an address, or system")] = "",
    category: Category | None = None,
    campaign: Annotated[str, Query(max_length=200, description="The id of a campaign")] = "",
    q: MailSearch = "",
    unread: bool = False,
    held: bool = False,
    archived: bool | None = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """`held` shows held messages only; without it they are left out. A forwarding confirmation is
    found by its code only by those who may see the code. `notes` say what of `q` was not
    understood, and so left out; a search may have a `next` after a page that is not full."""
    tools = tools_of(request)
    wanted = MessageFilter(
        mailbox=mailbox_id(mailbox, list_mailboxes(tools.database)) if mailbox else None,
        category=category,
        campaign=campaign or None,
        q=q,
        unread=unread,
        held=held,
        archived=archived,
        since=since,
        until=until,
        sees_confirmations=caller.sees_confirmations,
    )
    try:
        page = find_messages(tools.database, wanted, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    closed = closed_rows(tools, page.items, caller)
    notes = [{"code": note.code, "text": note.text} for note in search_notes(tools.database, q)]
    items = [summary_of(row, row.id in closed) for row in page.items]
    return json_response({"items": items, "next": page.next, "notes": notes})


@router.get("/{id}", summary="One message", response_model=Message)
def one_message(request: Request, caller: Reader, identifier: Identifier) -> Response:
    """What `postern digest` prints, and where it lies, its flags and its authentication."""
    return _told(tools_of(request), identifier, caller)


@router.get("/{id}/raw", summary="The exact bytes", response_class=Response, responses=RAW)
def raw(request: Request, caller: Reader, identifier: Identifier) -> Response:
    """The bytes as they were received, as a download."""
    content = read_raw(tools_of(request), identifier, caller)
    headers = HEADERS | {"content-disposition": content_disposition(f"{identifier}.eml")}
    return _streamed(content, headers, "message/rfc822")


@router.get("/{id}/html", summary="The sanitised HTML", response_class=Response, responses=HTML)
def html(request: Request, caller: Reader, identifier: Identifier) -> Response:
    """A page without scripts and remote content; 404 for a message without HTML."""
    tools = tools_of(request)
    content = read_raw(tools, identifier, caller)
    with opening(identifier, framed=True):
        page = tools.parts.html_page(content)
    if page is None:
        raise Trouble(404, "This message has no HTML part.")
    return _streamed(page, FRAMED, "text/html; charset=utf-8")


@router.get("/{id}/attachments/{n}", summary="A file", response_class=Response, responses=FILE)
def attachment(
    request: Request, caller: Reader, identifier: Identifier, n: Annotated[int, Path(ge=0)]
) -> Response:
    """The decoded bytes of the n-th attachment of the list, counted from 0, as a download."""
    tools = tools_of(request)
    content = read_raw(tools, identifier, caller)
    with opening(identifier):
        part = tools.parts.attachment(content, n)
    if part is None:
        raise Trouble(404, f"This message has no attachment {n}; they are counted from 0.")
    name = file_name(part.name, f"attachment-{n}")
    headers = HEADERS | {"content-disposition": content_disposition(name)}
    return _streamed(part.content, headers, "application/octet-stream")


@router.patch("/{id}", summary="Change flags or category", response_model=Message)
def change(request: Request, caller: Writer, identifier: Identifier, patch: FlagsPatch) -> Response:
    """A category that a person chose stays, whatever is learned later."""
    tools = tools_of(request)
    wanted: dict[str, Any] = patch.model_dump(exclude_none=True)
    found = set_flags(tools.database, identifier, **wanted, by=caller.name, now=tools.now())
    if not found:
        raise not_found("message")
    return _told(tools, identifier, caller)


@router.post("/{id}/release", summary="Release a held message", response_model=Message)
def release(request: Request, caller: Writer, identifier: Identifier) -> Response:
    """It lies in its mailboxes from now on, like mail that was never held."""
    tools = tools_of(request)
    before = read_message(tools, identifier, caller)
    if not before.detail.summary.held:
        raise Trouble(409, "This message is not held.")
    release_message(tools.database, identifier, by=caller.name, now=tools.now())
    return _told(tools, identifier, caller)


@router.delete("/{id}", summary="Delete a message", status_code=204)
def delete(request: Request, caller: Writer, identifier: Identifier) -> Response:
    """Its bytes are gone; a tombstone stays, so that it is not fetched again."""
    tools = tools_of(request)
    if not delete_message(tools.database, identifier, by=caller.name, now=tools.now()):
        raise not_found("message")
    return Response(status_code=204)


def _streamed(
    content: RawMessage | Content, headers: Mapping[str, str], media_type: str
) -> Response:
    """Block by block: a message of 50 MB is never in memory as a whole."""
    headers = {**headers, "content-length": str(content.size), "content-type": media_type}
    return StreamingResponse(content.blocks(size=_BLOCK), headers=headers)


def _told(tools: Tools, identifier: str, caller: Caller) -> Response:
    """One message with the first page of its conversation."""
    opened = read_message(tools, identifier, caller)
    return json_response(message_of(opened, thread_told(tools, identifier, caller)))
