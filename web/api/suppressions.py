"""Addresses that no mail should go to: the list, a check of one address, and changes by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mail.errors import SettingsProblem
from store.standing import State
from store.suppression_csv import csv_lines
from store.suppressions import (
    Suppression,
    SuppressionFilter,
    add_suppression,
    every_suppression,
    find_suppression,
    find_suppressions,
    remove_suppression,
    what_was_said,
)
from store.thread_signs import address_of
from web.api.parameters import DEFAULT_LIMIT, Cursor, Limit, Moment, Search
from web.api.shapes import moment
from web.api.suppression_models import CheckedAddress, SuppressionPage
from web.api.suppression_models import Suppression as SuppressionModel
from web.caller import Reader, Writer
from web.problems import Trouble, bad_cursor, json_response
from web.tools import tools_of

router = APIRouter(tags=["suppressions"])

_CSV = {"text/csv": {"schema": {"type": "string"}}}

Reason = Annotated[
    Literal["hard", "complaint", "manual", "unclear"] | None, Query(description="Why it is there")
]
Wanted = Annotated[
    Literal["active", "ask"] | None,
    Query(description="`active` holds; `ask` waits for a person's decision"),
]
Address = Annotated[str, Path(max_length=512, description="In any spelling")]
Note = Annotated[str, Query(max_length=500, description="Why, for the audit log")]


class NewSuppression(BaseModel):
    """An address that no mail should go to. It stays until somebody removes it or it expires."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=3, max_length=512)
    note: str = Field("", max_length=500)
    expires_at: Moment | None = None


@contextmanager
def _allowed() -> Iterator[None]:
    """What cannot be is a 422 with the line that says why."""
    try:
        yield
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem


@router.get("/suppressions", summary="List suppressions", response_model=SuppressionPage)
def suppressions(
    request: Request,
    caller: Reader,
    q: Search = "",
    reason: Reason = None,
    state: Wanted = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The latest reports first. `q` is a part of the address."""
    tools = tools_of(request)
    wanted = SuppressionFilter(q, reason, State(state) if state else None)
    try:
        page = find_suppressions(tools.database, wanted, limit, cursor, now=tools.now())
    except ValueError as error:
        raise bad_cursor() from error
    return json_response({"items": [shape(one) for one in page.items], "next": page.next})


@router.get(
    "/suppressions.csv",
    summary="Suppressions as CSV",
    response_class=Response,
    responses={200: {"content": _CSV, "description": "RFC 4180, in UTF-8"}},
)
def as_csv(
    request: Request, caller: Reader, q: Search = "", reason: Reason = None, state: Wanted = None
) -> Response:
    """All that a list would show; an apostrophe is before cells that a spreadsheet would run."""
    return csv_response(request, SuppressionFilter(q, reason, State(state) if state else None))


@router.post(
    "/suppressions", summary="Suppress an address", status_code=201, response_model=SuppressionModel
)
def add(request: Request, caller: Writer, new: NewSuppression) -> Response:
    """No report takes it away again; in the audit log it has a row."""
    tools = tools_of(request)
    with _allowed():
        made = add_suppression(
            tools.database,
            new.address,
            new.note,
            by=caller.name,
            now=tools.now(),
            expires_at=new.expires_at,
        )
    return json_response(shape(made), 201)


@router.get(
    "/suppressions/{address:path}", summary="May mail go there?", response_model=CheckedAddress
)
def check(request: Request, caller: Reader, address: Address) -> Response:
    """Whether one address is suppressed, and what reports said of it."""
    tools = tools_of(request)
    key = address_of(address)
    if key is None:
        raise Trouble(422, "This is not an address: write it as name@domain.")
    found = find_suppression(tools.database, key, now=tools.now())
    said = what_was_said(tools.database, key)
    return json_response(
        {
            "address": key,
            "suppressed": found is not None and found.state is State.ACTIVE,
            "suppression": None if found is None else shape(found),
            "reports": [
                {
                    "message": one.message_id,
                    "at": moment(one.at),
                    "kind": one.kind,
                    "structured": one.structured,
                    "diagnostic": one.words,
                }
                for one in said
            ],
        }
    )


@router.delete("/suppressions/{address:path}", summary="Let mail go there again", status_code=204)
def remove(request: Request, caller: Writer, address: Address, note: Note = "") -> Response:
    """What reports said until now does not count any more; a new one does."""
    tools = tools_of(request)
    if not remove_suppression(tools.database, address, note, by=caller.name, now=tools.now()):
        raise Trouble(404, "This address is not suppressed.")
    return Response(status_code=204)


def csv_response(request: Request, wanted: SuppressionFilter) -> Response:
    """A file to save, made while it is sent."""
    tools = tools_of(request)
    lines = csv_lines(every_suppression(tools.database, wanted, now=tools.now()))
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8; header=present",
        headers={
            "content-disposition": 'attachment; filename="suppressions.csv"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


def shape(one: Suppression) -> dict[str, Any]:
    """An entry as JSON."""
    return {
        "address": one.address,
        "state": one.state.value,
        "reason": one.reason,
        "source": one.source,
        "note": one.note,
        "evidence": list(one.evidence),
        "first_seen": moment(one.first_seen),
        "last_seen": moment(one.last_seen),
        "expires_at": moment(one.expires_at),
        "changed_by": one.changed_by,
    }
