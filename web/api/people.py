"""Who wrote to us. Held messages tell nothing about anybody."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from store.people import Person as StoredPerson
from store.people import find_people, get_person, mailboxes_of, written_by
from web.api.models import Correspondent, CorrespondentPage, MessageIdPage
from web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from web.api.shapes import moment
from web.caller import Reader
from web.problems import bad_cursor, json_response, not_found
from web.tools import tools_of

router = APIRouter(prefix="/people", tags=["people"])

Address = Annotated[str, Path(max_length=320, description="In any spelling")]


@router.get("", summary="People, who wrote last first", response_model=CorrespondentPage)
def list_people(
    request: Request,
    caller: Reader,
    q: Annotated[str, Query(max_length=200, description="Beginnings of words of them")] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """With `q`, those whose name or address has words that begin so: the first of them, without
    further pages."""
    try:
        page = find_people(tools_of(request).database, q, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    return json_response({"items": [_person(one) for one in page.items], "next": page.next})


@router.get("/{address}", summary="One person", response_model=Correspondent)
def one_person(request: Request, caller: Reader, address: Address) -> Response:
    """With the mailboxes that their latest messages lie in."""
    database = tools_of(request).database
    person = get_person(database, address)
    if person is None:
        raise not_found("person")
    mailboxes = list(mailboxes_of(database, person.address))
    return json_response(_person(person) | {"mailboxes": mailboxes})


@router.get("/{address}/messages", summary="What they wrote", response_model=MessageIdPage)
def messages_of(
    request: Request,
    caller: Reader,
    address: Address,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The ids of their messages, newest first."""
    try:
        page = written_by(tools_of(request).database, address, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    return json_response({"items": list(page.items), "next": page.next})


def _person(one: StoredPerson) -> dict[str, Any]:
    return {
        "address": one.address,
        "name": one.name or None,
        "first_at": moment(one.first_at),
        "last_at": moment(one.last_at),
        "messages": one.messages,
    }
