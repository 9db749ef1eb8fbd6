"""The lists of mail: the tree of mailboxes on the left, the messages in the middle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.campaigns import name_of
from store.domains import list_domains
from store.mailboxes import Mailbox, list_mailboxes
from store.marks import marks_of
from store.messages import Count, Counts, MessageSummary, count_messages, find_messages
from store.page import Page
from store.search.index import search_notes
from store.threads import count_in_threads
from web.api.parameters import CATEGORIES
from web.caller import Caller
from web.listing import PAGE, VIEWS, Listing, listing_of, mailbox_id
from web.overview import overview_of
from web.problems import not_found
from web.reading import closed_rows
from web.session import Viewer, see_other
from web.tools import Tools, tools_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(caller: Viewer) -> Response:
    """The mail is why somebody comes."""
    return see_other("/mail")


@router.get("/held")
def held(caller: Viewer) -> Response:
    """A short address for what waits for a decision."""
    return see_other(Listing(view="held").url)


@router.get("/mail")
def all_inboxes(request: Request, caller: Viewer) -> Response:
    """Everything, whichever mailbox it lies in."""
    return _page(request, caller, listing_of("", request.query_params))


@router.get("/mail/{mailbox}")
def one_mailbox(request: Request, caller: Viewer, mailbox: str) -> Response:
    """One mailbox by its id; `system` is the system mailbox."""
    return _page(request, caller, listing_of(mailbox, request.query_params))


def _page(request: Request, caller: Caller, listing: Listing) -> Response:
    tools = tools_of(request)
    context = list_context(tools, caller, listing)
    counts = context["counts"]
    context["overview"] = overview_of(tools, counts) if listing == Listing() else ()
    if not context["rows"]:
        context["domains"] = list_domains(tools.database)
    return tools.pages.page(request, "mail.html", context, caller=caller)


def list_context(tools: Tools, caller: Caller, listing: Listing) -> dict[str, Any]:
    """What the templates need to draw the tree and the list. Raises Trouble 404 for a mailbox
    that is not there."""
    mailboxes = list_mailboxes(tools.database)
    box = mailbox_id(listing.mailbox, mailboxes)
    if box not in (None, "system", *(box.id for box in mailboxes)):
        raise not_found("mailbox")
    page, counts = _find(tools, caller, listing, mailboxes), count_messages(tools.database)
    return {
        "listing": listing,
        "rows": page.items,
        "next": page.next,
        "search_notes": search_notes(tools.database, listing.q),
        "closed": closed_rows(tools, page.items, caller),
        "in_threads": count_in_threads(tools.database, [row.id for row in page.items]),
        "marks": marks_of(tools.database, [row.id for row in page.items]),
        "campaign_name": name_of(tools.database, listing.campaign) if listing.campaign else "",
        "counts": counts,
        "tree": tree_of(counts, mailboxes),
        "tree_place": _place_in_tree(listing, mailboxes).url,
        "mailbox_names": {box.id: box.name for box in mailboxes},
    }


def _find(
    tools: Tools, caller: Caller, listing: Listing, mailboxes: tuple[Mailbox, ...]
) -> Page[MessageSummary]:
    question = listing.question(mailboxes, caller)
    try:
        return find_messages(tools.database, question, PAGE, listing.cursor or None)
    except ValueError:
        # A cursor out of an old bookmark: the start of the list is the nearest thing.
        return find_messages(tools.database, question, PAGE, None)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category below a mailbox, and what is unread there."""

    listing: Listing
    unread: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A mailbox of the tree; `kind` and `name` are empty for all of them together."""

    name: str
    kind: str
    listing: Listing
    unread: int
    categories: tuple[tuple[str, Leaf], ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """The left side: mailboxes with their categories, and the views across all mailboxes."""

    mailboxes: tuple[Branch, ...]
    held_number: int
    views: tuple[tuple[str, Listing], ...]


def tree_of(counts: Counts, mailboxes: tuple[Mailbox, ...]) -> Tree:
    """The tree with its numbers. A single mailbox has all categories itself; else they stand
    below "all inboxes", and below each mailbox only those that it has mail in."""
    alone = len(mailboxes) == 1
    everything = Branch(
        "", "", Listing(), counts.unread, () if alone else _leaves("", counts.by_category, True)
    )
    return Tree(
        (everything, *(_branch(box, counts, alone) for box in mailboxes)),
        counts.held,
        tuple((view, Listing(view=view)) for view in VIEWS),
    )


def _place_in_tree(listing: Listing, mailboxes: tuple[Mailbox, ...]) -> Listing:
    """The line of the tree that this list is: `system` by its id, and a category of all
    mailboxes where there is one mailbox as the category there."""
    place = replace(listing.plain(), mailbox=mailbox_id(listing.mailbox, mailboxes) or "")
    if place.category and not place.mailbox and len(mailboxes) == 1:
        return replace(place, mailbox=mailboxes[0].id)
    return place


def _branch(box: Mailbox, counts: Counts, whole: bool) -> Branch:
    here = {
        category: count
        for (mailbox, category), count in counts.by_mailbox_category.items()
        if mailbox == box.id
    }
    unread = counts.by_mailbox.get(box.id, Count()).unread
    return Branch(box.name, box.kind, Listing(box.id), unread, _leaves(box.id, here, whole))


def _leaves(mailbox: str, counts: Mapping[str, Count], whole: bool) -> tuple[tuple[str, Leaf], ...]:
    return tuple(
        (category, Leaf(Listing(mailbox, category), counts.get(category, Count()).unread))
        for category in CATEGORIES
        if whole or counts.get(category, Count()).total
    )
