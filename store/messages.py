"""The mail: lists, one message, its exact bytes, its flags, and what the digest learned of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.transactions import TransactionDetail


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages a list shows.

    `mailbox` is an id; `q` is searched for in subject, people, text and attachment names, all
    its words must be there; `held` False leaves held messages out, True shows only them;
    `archived` None shows both kinds; `since` (inclusive) and `until` (exclusive) are aware.
    """

    mailbox: str | None = None
    category: str | None = None
    q: str = ""
    unread: bool = False
    held: bool = False
    archived: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """What people did with a message."""

    seen: bool
    flagged: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """One row of a list. `mailboxes` are ids; `category` and `confidence` are None until it is
    digested; `date` is the message's own claim; `attachments` is their number."""

    id: str
    received_at: datetime
    mailboxes: tuple[str, ...]
    held: bool
    flags: Flags
    size: int
    sha256: str
    category: str | None
    confidence: float | None
    subject: str
    from_name: str
    from_address: str
    date: datetime | None
    snippet: str
    attachments: int
    rule: str
    digested: bool


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """One message: `digest` is what `postern digest --json` prints, None until it is made."""

    summary: MessageSummary
    digest: dict[str, Any] | None
    transaction: TransactionDetail
