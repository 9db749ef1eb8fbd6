"""One message: what it says, who it is from, how far that is proved, and what can be done."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.dangerous import is_dangerous
from store.holds import holds_on
from store.messages import MessageSummary, delete_message, release_message, set_flags
from store.transactions import TransactionDetail
from web import i18n
from web.api.parameters import CATEGORIES
from web.conversation import Company, company_of
from web.disposition import file_name
from web.explain import explanation_of
from web.formats import parse_moment
from web.forwarders import offer_about
from web.learned import learned_context
from web.listing import Listing, listing_from_url
from web.messages import list_context
from web.pages import language_of
from web.people import person_url
from web.problems import not_found
from web.reading import UNREADABLE, OpenMessage, opening, read_message, read_raw
from web.session import Operator, Viewer, local_path, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False, prefix="/messages")

_FLAGS: dict[str, dict[str, bool]] = {
    "read": {"seen": True},
    "unread": {"seen": False},
    "flag": {"flagged": True},
    "unflag": {"flagged": False},
    "archive": {"archived": True},
    "unarchive": {"archived": False},
}

SHOWN_TEXT = 200_000
"""Characters of a text or a header that a page shows; the rest is in the original."""

SHOWN_ATTACHMENTS = 200


@router.get("/{identifier}")
def message_page(request: Request, caller: Viewer, identifier: str) -> Response:
    """The message beside the list that it was opened from."""
    tools = tools_of(request)
    opened = read_message(tools, identifier, caller)
    listing = listing_from_url(request.query_params.get("in", ""))
    context = list_context(tools, caller, listing)
    language, shown = language_of(request), request.query_params.get("show", "text")
    as_it_came = shown == "original" and bool(opened.digest["repair"]) and not opened.is_closed
    context |= _message_context(opened, language)
    context |= learned_context(tools, opened, language, as_it_came=as_it_came)
    if as_it_came:
        raw = read_raw(tools, identifier, caller)
        with opening(identifier):
            subject, text = tools.parts.as_it_came(raw)
        context |= {"subject": subject, "text": text[:SHOWN_TEXT], "reply_text": ""}
    context["holds"] = holds_on(tools.database, identifier)
    context |= _company_context(company_of(tools, opened, caller), context["closed"], listing)
    context |= _neighbours(context["rows"], identifier)
    if opened.digest["html"] or opened.digest["attachments"]:
        tools.parts.prepare()  # what is asked for next, as a rule
    context["show"] = "html" if shown == "html" else "text"
    return tools.pages.page(request, "message.html", context, caller=caller)


@router.post("/{identifier}/flags")
def change_flags(
    request: Request,
    caller: Operator,
    identifier: str,
    action: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "/mail",
) -> Response:
    """What one of the buttons stands for, or another category."""
    tools = tools_of(request)
    changes: dict[str, Any] = dict(_FLAGS.get(action, {}))
    if category in CATEGORIES:
        changes["category"] = category
    found = set_flags(tools.database, identifier, **changes, by=caller.name, now=tools.now())
    if not found:
        raise not_found("message")
    return see_other(local_path(then))


@router.post("/{identifier}/release")
def release(
    request: Request,
    caller: Operator,
    identifier: str,
    then: Annotated[str, Form()] = "/mail",
) -> Response:
    """Put a held message where it would have lain."""
    tools = tools_of(request)
    if not release_message(tools.database, identifier, by=caller.name, now=tools.now()):
        raise not_found("held message")
    return see_other(local_path(then))


@router.post("/{identifier}/delete")
def delete(
    request: Request,
    caller: Operator,
    identifier: str,
    then: Annotated[str, Form()] = "/mail",
) -> Response:
    """Remove the bytes; a tombstone stays."""
    tools = tools_of(request)
    if not delete_message(tools.database, identifier, by=caller.name, now=tools.now()):
        raise not_found("message")
    return see_other(local_path(then))


def _message_context(opened: OpenMessage, language: str) -> dict[str, Any]:
    digest, transaction = opened.digest, opened.detail.transaction
    text, reply = digest["text"] or "", digest["reply_text"] or ""
    return {
        "message": opened.detail.summary,
        "digest": digest,
        "subject": digest["subject"] or "",
        "blank": _blank_reason(digest["blank"], language),
        "is_closed": opened.is_closed,
        "is_unreadable": list(digest["why"]) == UNREADABLE,
        "is_sorted": opened.is_sorted,
        "transaction": transaction,
        "explanation": explanation_of(transaction, language, opened.is_closed),
        "offer": offer_about(transaction),
        "bytes_gone_at": opened.detail.bytes_gone_at,
        "text": text[:SHOWN_TEXT],
        "reply_text": reply[:SHOWN_TEXT] if reply.strip() != text.strip() else "",
        "attachments": _attachments(digest["attachments"]),
        "more_attachments": max(0, len(digest["attachments"]) - SHOWN_ATTACHMENTS),
        "header_block": "" if opened.is_closed else shown_header(transaction),
        "sent_at": parse_moment(digest["date"] or ""),
        "calendar_start": parse_moment((digest.get("calendar") or {}).get("start") or ""),
        "all_categories": CATEGORIES,
    }


def _company_context(company: Company, closed: frozenset[str], listing: Listing) -> dict[str, Any]:
    """The conversation and the author's other mail; `closed` are ids in the list beside it."""
    person = company.person
    return {
        "around": company.around,
        "closed": closed | company.closed,
        "conversation_url": listing.message_url,
        "others": company.others,
        "person_url": person_url(person.address) if person is not None else "",
        "copies": company.copies,
    }


def _blank_reason(reason: str | None, language: str) -> str:
    """Why there is nothing to read; in the digest's English where we have no words for it. What
    the digest knows of this message stands behind a colon."""
    said, _, detail = (reason or "unknown").partition(": ")
    key = f"message.blank_reason.{said.lower().replace(' ', '_').replace('.', '')}"
    words = i18n.say(language, key) if i18n.has(key) else said
    return (
        i18n.say(language, "message.blank_detail", words=words, detail=detail) if detail else words
    )


def shown_header(transaction: TransactionDetail) -> str:
    """The header block as text, as much of it as a page should show."""
    return transaction.header_block[:SHOWN_TEXT].decode("utf-8", "replace")


def _attachments(attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    shown = []
    for n, attachment in enumerate(attachments[:SHOWN_ATTACHMENTS]):
        name = file_name(attachment["name"] or "", "")
        dangerous = is_dangerous(name, attachment["content_type"] or "")
        shown.append({**attachment, "n": n, "name": name, "dangerous": dangerous})
    return shown


def _neighbours(rows: tuple[MessageSummary, ...], identifier: str) -> dict[str, str | None]:
    """The ids before and after this one on the page of the list."""
    ids = [row.id for row in rows]
    if identifier not in ids:
        return {"previous_id": None, "next_id": None}
    at = ids.index(identifier)
    return {
        "previous_id": ids[at - 1] if at > 0 else None,
        "next_id": ids[at + 1] if at + 1 < len(ids) else None,
    }
