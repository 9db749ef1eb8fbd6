"""One message as one caller may see it: the digest, found or made on the spot, and what of it is
kept back.

A forwarding confirmation is a key to somebody's mailbox, so its text, links and bytes are shown
only to those who may have them. Whether a message is one is known from its digest; where the
worker has not made it yet, it is made for the page, so that there is no moment without the check,
and who may not see everything waits where it cannot be made.

No message is read in this process: `Tools.parts` has that done by others, which it may break.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mail.errors import TooBusy, Unopened
from mail.raw import RawMessage
from store.messages import BytesGone, MessageDetail, MessageSummary, get_message, open_raw
from store.signers import signers_in
from store.threads import ThreadMessage
from store.transactions import TransactionDetail, TransactionSummary
from web.caller import Caller
from web.problems import Trouble, forbidden, not_found
from web.tools import Tools

CLOSED_SENTENCE = (
    "This message carries a forwarding confirmation: its content is for operators and admin "
    "tokens only."
)

UNREADABLE = ["unreadable"]
"""The reasons in the digest of a message that broke its reader."""

_LOOKING = 2.0
"""Seconds that are spent on the unread messages of one list."""

_SOON = 60
"""Seconds after which the worker will have been at a message, usually."""

Row = MessageSummary | TransactionSummary | ThreadMessage
"""A row of some list that is about one message."""

_EMPTIED: Mapping[str, Any] = {
    "subject": None,
    "text": "",
    "reply_text": "",
    "html": None,
    "attachments": [],
    "confirmation": None,
}


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """`digest` is complete, or emptied where `is_closed`; `is_sorted` says whether the worker
    has been there."""

    detail: MessageDetail
    digest: Mapping[str, Any]
    is_closed: bool
    is_sorted: bool


def read_message(tools: Tools, identifier: str, caller: Caller) -> OpenMessage:
    """The message with this id. Raises Trouble 404."""
    detail = get_message(tools.database, identifier)
    if detail is None:
        raise not_found("message")
    return _opened(tools, detail, caller)


def _opened(tools: Tools, detail: MessageDetail, caller: Caller) -> OpenMessage:
    digest = detail.digest if detail.digest is not None else _digest_now(tools, detail, caller)
    closed = bool(digest.get("confirmation")) and not caller.sees_confirmations
    shown = dict(digest, **_EMPTIED) if closed else digest
    return OpenMessage(detail, shown, closed, detail.digest is not None)


def read_raw(tools: Tools, identifier: str, caller: Caller) -> RawMessage:
    """The exact bytes. Raises Trouble 404, or 403 for a confirmation that is not for `caller`."""
    if caller.sees_confirmations:
        if get_message(tools.database, identifier) is None:
            raise not_found("message")
    elif read_message(tools, identifier, caller).is_closed:
        raise forbidden(CLOSED_SENTENCE, "message.closed")
    try:
        return open_raw(tools.database, identifier)
    except BytesGone as gone:
        raise Trouble(410, str(gone), key="error.bytes_gone") from gone


@contextlib.contextmanager
def opening(identifier: str | None, *, framed: bool = False) -> Iterator[None]:
    """Around what opens the message with this id for somebody who may have its bytes, and is told
    where they are; None: for somebody else. Raises Trouble 422 where it broke its reader, and 503
    where it cannot be opened now."""
    original = None if identifier is None else f"/api/v1/messages/{identifier}/raw"
    try:
        yield
    except Unopened as broke:
        detail = "This message could not be opened within its limits. Its bytes are kept: download "
        detail += "it as it came."
        raise Trouble(
            422, detail, key="error.unopened", original=original, framed=framed
        ) from broke
    except TooBusy as busy:
        raise Trouble(
            503,
            "Too many messages are being opened just now. Try again in a moment.",
            key="error.busy",
            headers={"retry-after": str(busy.seconds)},
            original=original,
            framed=framed,
        ) from busy


def closed_rows(tools: Tools, rows: Sequence[Row], caller: Caller) -> frozenset[str]:
    """The ids of those rows whose subject and snippet are not for `caller`: the code of a
    confirmation stands in its subject. Costs a look at each message, for those callers only. What
    cannot be looked at soon is not for them either, until it was."""
    if caller.sees_confirmations:
        return frozenset()
    until = time.monotonic() + _LOOKING
    return frozenset(row.id for row in rows if _is_closed(tools, _shown_as(row), caller, until))


def is_closed_transaction(tools: Tools, detail: TransactionDetail, caller: Caller) -> bool:
    """Whether subject and header block of this transaction are not for `caller`."""
    return bool(closed_rows(tools, (detail.summary,), caller))


def _shown_as(row: Row) -> str:
    """The id of the message that the row is about: a repetition has the same content."""
    return getattr(row, "duplicate_of", None) or row.id


def _is_closed(tools: Tools, identifier: str, caller: Caller, until: float) -> bool:
    detail = get_message(tools.database, identifier)
    if detail is None:
        return False
    if detail.digest is None and time.monotonic() > until:
        return True
    try:
        return _opened(tools, detail, caller).is_closed
    except Trouble:
        return True


def _digest_now(tools: Tools, detail: MessageDetail, caller: Caller) -> dict[str, Any]:
    """Of a message that the worker has not reached. Raises Trouble 503 where that cannot be had,
    and where nobody knows whether the message is for `caller`."""
    envelope = detail.transaction.summary
    raw = open_raw(tools.database, detail.summary.id)
    signers = signers_in(detail.transaction.report)
    with opening(detail.summary.id if caller.sees_confirmations else None):
        digest = tools.parts.digest(raw, envelope.mail_from or "", envelope.rcpt_to, signers)
    if digest["why"] == UNREADABLE and not caller.sees_confirmations:
        raise Trouble(
            503,
            "This message was not read yet. Try again in a minute.",
            key="error.not_read_yet",
            headers={"retry-after": str(_SOON)},
        )
    return digest
