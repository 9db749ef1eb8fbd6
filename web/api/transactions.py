"""The log: every attempt to hand over mail, with the report and the report in words."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.transactions import TransactionFilter, find_transactions, get_transaction
from web.api.models import Transaction, TransactionPage
from web.api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    Identifier,
    Limit,
    Outcome,
    Search,
    Since,
    Until,
)
from web.api.shapes import transaction_of, transaction_summary_of
from web.caller import Reader
from web.pages import language_of
from web.problems import bad_cursor, json_response, not_found
from web.reading import closed_rows, is_closed_transaction
from web.tools import tools_of

router = APIRouter(prefix="/transactions", tags=["transactions"])


@router.get("", summary="Transactions, newest first", response_model=TransactionPage)
def list_transactions(
    request: Request,
    caller: Reader,
    q: Search = "",
    outcome: Outcome | None = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """`q` finds ids, Message-IDs, addresses, subjects and client addresses."""
    tools = tools_of(request)
    wanted = TransactionFilter(
        q=q,
        outcome=outcome,
        since=since,
        until=until,
        sees_confirmations=caller.sees_confirmations,
    )
    try:
        page = find_transactions(tools.database, wanted, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    closed = closed_rows(tools, page.items, caller)
    items = [transaction_summary_of(row, row.id in closed) for row in page.items]
    return json_response({"items": items, "next": page.next})


@router.get("/{id}", summary="One transaction", response_model=Transaction)
def one_transaction(request: Request, caller: Reader, identifier: Identifier) -> Response:
    """Envelope, reply, header block, the whole report, and its explanation."""
    tools = tools_of(request)
    detail = get_transaction(tools.database, identifier)
    if detail is None:
        raise not_found("transaction")
    closed = is_closed_transaction(tools, detail, caller)
    return json_response(transaction_of(detail, language_of(request), closed))
