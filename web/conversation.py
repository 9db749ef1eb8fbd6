"""The conversation that a message is in, and what else its author wrote, as one caller may see
them: what a forwarding confirmation says is kept back here too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.messages import MessageSummary
from store.parts import same_files
from store.people import Person, get_person
from store.thread_signs import person_of
from store.threads import Surroundings, Thread, read_surroundings, read_thread
from web.caller import Caller
from web.problems import not_found
from web.reading import OpenMessage, closed_rows
from web.tools import Tools

BESIDE = 4
"""Messages of a conversation that are shown before the one that is open, and after it."""


@dataclass(frozen=True, slots=True)
class Company:
    """What a page tells besides one message. `closed` are the ids whose content is not for the
    caller; `others` is how much else its author wrote; `copies` is how many messages carry each
    of its files, by their hash."""

    around: Surroundings
    closed: frozenset[str]
    person: Person | None
    others: int
    copies: Mapping[str, int]


def company_of(tools: Tools, opened: OpenMessage, caller: Caller) -> Company:
    """Gathered for the page of one message."""
    summary = opened.detail.summary
    around = read_surroundings(tools.database, summary.id, BESIDE, BESIDE)
    if around is None:
        raise not_found("message")
    person = person_behind(tools, opened)
    return Company(
        around=around,
        closed=closed_rows(tools, around.messages, caller),
        person=person,
        others=_others(summary, person),
        copies=_copies(tools, opened, caller),
    )


def person_behind(tools: Tools, opened: OpenMessage) -> Person | None:
    """Who wrote it, if that is known; nobody is known by a held message."""
    address, _ = person_of(opened.digest)
    return get_person(tools.database, address) if address else None


def thread_for(
    tools: Tools, identifier: str, caller: Caller, limit: int, cursor: str | None = None
) -> tuple[Thread, frozenset[str]]:
    """A page of a message's conversation, and the ids in it whose content is not for the caller.

    Raises Trouble 404, and ValueError for a cursor that is not ours.
    """
    thread = read_thread(tools.database, identifier, limit, cursor)
    if thread is None:
        raise not_found("message")
    return thread, closed_rows(tools, thread.page.items, caller)


def _others(summary: MessageSummary, person: Person | None) -> int:
    counted = not summary.held and summary.digested
    return person.messages - counted if person is not None else 0


def _copies(tools: Tools, opened: OpenMessage, caller: Caller) -> dict[str, int]:
    """Of files that are worth the question; a logo in everybody's signature is not."""
    files: list[Mapping[str, Any]] = opened.digest["attachments"][:20]
    hashes = [one["sha256"] for one in files if not one["inline"]]
    return same_files(tools.database, hashes, sees_confirmations=caller.sees_confirmations)
