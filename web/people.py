"""Who wrote to us, one of them with what they wrote, and conversations as a whole."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.campaigns import campaigns_in_thread, name_of
from store.mailboxes import list_mailboxes
from store.messages import read_summaries
from store.page import Page
from store.people import Person, find_people, get_person, mailboxes_of, written_by
from store.threads import Thread
from web.caller import Caller
from web.conversation import thread_for
from web.learned import absence_of
from web.listing import Listing
from web.problems import not_found
from web.reading import closed_rows
from web.session import Viewer
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)

PAGE = 50
"""People, or messages, on one page."""


def person_url(address: str) -> str:
    """The address of a person's page."""
    return f"/people/of?{urlencode({'address': address})}"


def message_url(identifier: str) -> str:
    """The address of a message that was opened from no list."""
    return f"/messages/{identifier}"


@router.get("/people")
def people_page(request: Request, caller: Viewer) -> Response:
    """Everybody, who wrote last first; or those who are looked for."""
    tools = tools_of(request)
    q = request.query_params.get("q", "").strip()[:200]
    page = _people(tools, q, request.query_params.get("cursor", ""))
    context = {"people": page.items, "next": page.next, "q": q, "person_url": person_url}
    return tools.pages.page(request, "people.html", context, caller=caller)


@router.get("/people/of")
def person_page(request: Request, caller: Viewer, address: str = "") -> Response:
    """One person and their messages, newest first."""
    tools = tools_of(request)
    person = get_person(tools.database, address)
    if person is None:
        raise not_found("person")
    cursor = request.query_params.get("cursor", "")
    context = _person_context(tools, caller, person, cursor)
    return tools.pages.page(request, "person.html", context, caller=caller)


@router.get("/threads/{identifier}")
def thread_page(request: Request, caller: Viewer, identifier: str) -> Response:
    """A whole conversation, oldest first."""
    tools, cursor = tools_of(request), request.query_params.get("cursor", "")
    thread, closed = _thread(tools, caller, identifier, cursor)
    campaigns = [
        (name_of(tools.database, one), Listing(campaign=one).url)
        for one in campaigns_in_thread(tools.database, thread.id)
    ]
    context = {"thread": thread, "closed": closed, "is_continued": cursor, "url": message_url}
    context |= {"campaigns": campaigns}
    return tools.pages.page(request, "thread.html", context, caller=caller)


def _person_context(tools: Tools, caller: Caller, person: Person, cursor: str) -> dict[str, Any]:
    page = _written(tools, person, cursor)
    rows = read_summaries(tools.database, page.items)
    names = {box.id: box.name for box in list_mailboxes(tools.database)}
    more = f"{person_url(person.address)}&{urlencode({'cursor': page.next})}" if page.next else ""
    return {
        "person": person,
        "absence": absence_of(tools, person.address),
        "mailboxes": mailboxes_of(tools.database, person.address),
        "mailbox_names": names,
        "rows": rows,
        "closed": closed_rows(tools, rows, caller),
        "url": message_url,
        "person_url": person_url,
        "is_continued": bool(cursor),
        "next_url": more,
    }


# A cursor out of an old bookmark: the start of the list is the nearest thing.


def _people(tools: Tools, q: str, cursor: str) -> Page[Person]:
    try:
        return find_people(tools.database, q, PAGE, cursor or None)
    except ValueError:
        return find_people(tools.database, q, PAGE)


def _written(tools: Tools, person: Person, cursor: str) -> Page[str]:
    try:
        return written_by(tools.database, person.address, PAGE, cursor or None)
    except ValueError:
        return written_by(tools.database, person.address, PAGE)


def _thread(
    tools: Tools, caller: Caller, identifier: str, cursor: str
) -> tuple[Thread, frozenset[str]]:
    try:
        return thread_for(tools, identifier, caller, PAGE, cursor or None)
    except ValueError:
        return thread_for(tools, identifier, caller, PAGE)
