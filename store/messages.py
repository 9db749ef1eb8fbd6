"""The mail: lists, one message, its exact bytes, its flags, and what the digest learned of it."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, exists, or_, select

from mail.errors import StoreProblem
from mail.raw import RawMessage
from store import schema
from store.changes import release_message, save_digest, save_digests, set_flags
from store.database import Database
from store.deletion import delete_message
from store.page import Page, bounded, cursor_of, first_id, id_of, last_id
from store.search.conditions import Conditions, answers
from store.search.narrow import narrow
from store.search.parse import parse_query
from store.search.query import InCampaign, InCategory, Is, Query, Received, State, Term
from store.search.walk import Ground, walk, walk_up
from store.tallies import EVERYWHERE, Kind, read_tallies
from store.transactions import TransactionDetail, read_transaction

__all__ = [
    "BytesGone",
    "Count",
    "Counts",
    "Flags",
    "MessageDetail",
    "MessageFilter",
    "MessageSummary",
    "count_messages",
    "delete_message",
    "find_messages",
    "get_message",
    "open_raw",
    "read_summaries",
    "release_message",
    "save_digest",
    "save_digests",
    "set_flags",
]

K = TypeVar("K", bound=Hashable)

_messages = schema.messages
_lies = schema.message_mailboxes


class BytesGone(StoreProblem):
    """The exact bytes were removed by a rule of retention; the message is there without them."""


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages a list shows.

    `mailbox` and `campaign` are ids; `q` is what a person typed to search (`store.search.parse`),
    and may ask for what the other fields ask for; `held` False leaves held messages out, True
    shows only them; `archived` and `flagged` None show both kinds; `since` (inclusive) and `until`
    (exclusive) are aware; `oldest_first` turns the list round (a search takes longer then). With
    `sees_confirmations` False, a forwarding confirmation is found by its sender only: what else it
    says is not for whoever asks, and a search that finds it by its code would tell the code.
    """

    mailbox: str | None = None
    category: str | None = None
    campaign: str | None = None
    q: str = ""
    unread: bool = False
    held: bool = False
    archived: bool | None = None
    flagged: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False
    sees_confirmations: bool = True


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
    """One message: `digest` is what `postern digest --json` prints, None until it is made.
    `bytes_gone_at`: when a rule of retention removed its exact bytes."""

    summary: MessageSummary
    digest: dict[str, Any] | None
    transaction: TransactionDetail
    bytes_gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Messages that are neither held nor archived."""

    total: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How much mail there is. `held` are held messages, `archived` archived ones, and only those;
    everything else counts what is neither. The category "" is of what nobody digested yet.
    `by_mailbox` has mailbox ids, `by_mailbox_category` pairs of mailbox id and category."""

    total: int
    unread: int
    held: int
    archived: int
    by_category: dict[str, Count]
    by_mailbox: dict[str, Count]
    by_mailbox_category: dict[tuple[str, str], Count]


def find_messages(
    database: Database, wanted: MessageFilter, limit: int, cursor: str | None = None
) -> Page[MessageSummary]:
    """A page of messages, newest first unless the other way is wanted.

    Raises ValueError for a cursor that is not ours.
    """
    limit, after = bounded(limit), None if cursor is None else id_of(cursor)
    if wanted.q.strip():
        return _search(database, wanted, limit, after)
    query = _listing(wanted, after).limit(limit + 1)
    with database.read() as connection:
        rows = connection.execute(query).all()
        found = _summaries(connection, rows[:limit])
    more = cursor_of(found[-1].id) if len(rows) > limit else None
    return Page(found, more)


def _search(
    database: Database, wanted: MessageFilter, limit: int, after: str | None
) -> Page[MessageSummary]:
    """The same for a query. A page may have fewer messages than it has room for, and none, and
    yet lead on: one page does not look through more than `store.search.walk.EFFORT`."""
    query = parse_query(wanted.q)
    if query.finds_nothing:
        return Page((), None)
    wanted, query = _as_filter(wanted, query)
    with database.read() as connection:
        go = walk_up if wanted.oldest_first else walk
        found = go(connection, _ground(connection, wanted, query), limit, after)
        rows = connection.execute(select(_messages).where(_messages.c.id.in_(found.ids))).all()
        rows = sorted(rows, key=lambda row: str(row.id), reverse=not wanted.oldest_first)
        shown = _summaries(connection, rows)
    return Page(shown, None if found.after is None else cursor_of(found.after))


def _as_filter(wanted: MessageFilter, query: Query) -> tuple[MessageFilter, Query]:
    """What a query says that a filter can say is the filter's, which has indexes for it."""
    rest = []
    for clause in query.clauses:
        narrower = _narrower(wanted, clause[0]) if len(clause) == 1 else None
        if narrower is None:
            rest.append(clause)
        else:
            wanted = narrower
    return wanted, replace(query, clauses=tuple(rest))


def _narrower(wanted: MessageFilter, term: Term) -> MessageFilter | None:
    """The filter with what the term says, where it has a place for it."""
    leaf = term.leaf
    if term.negated:
        return None
    if isinstance(leaf, Is):
        return _in_state(wanted, leaf.state)
    if isinstance(leaf, InCategory) and wanted.category in (None, leaf.name):
        return replace(wanted, category=leaf.name)
    if isinstance(leaf, InCampaign) and wanted.campaign in (None, leaf.id):
        return replace(wanted, campaign=leaf.id)
    if isinstance(leaf, Received) and leaf.before:
        return replace(wanted, until=min(wanted.until or leaf.at, leaf.at))
    if isinstance(leaf, Received):
        return replace(wanted, since=max(wanted.since or leaf.at, leaf.at))
    return None


def _in_state(wanted: MessageFilter, state: State) -> MessageFilter | None:
    match state:
        case State.UNREAD:
            return replace(wanted, unread=True)
        case State.FLAGGED:
            return None if wanted.flagged is False else replace(wanted, flagged=True)
        case State.ARCHIVED:
            return None if wanted.archived is False else replace(wanted, archived=True)
        case State.HELD:
            return replace(wanted, held=True)
        case State.READ:
            return None


def _ground(connection: Connection, wanted: MessageFilter, query: Query) -> Ground:
    conditions = Conditions(connection, sees_confirmations=wanted.sees_confirmations)
    narrowed = narrow(query, sees_confirmations=wanted.sees_confirmations)
    return Ground(
        listing=lambda after: _listing(wanted, after),
        conditions=tuple(_conditions(wanted)),
        exact=conditions.all_of(query.clauses),
        rest=conditions.all_of(narrowed.rest),
        narrowed=narrowed,
        top=last_id(wanted.until) if wanted.until else "~",
        floor=first_id(wanted.since) if wanted.since else "",
        is_short=wanted.held or bool(wanted.flagged) or bool(wanted.archived) or wanted.unread,
    )


def _conditions(wanted: MessageFilter) -> Iterator[ColumnElement[bool]]:
    """What a list is of, for a row of `messages` that was found in another way."""
    yield from _flags(wanted, _messages)
    if wanted.mailbox is not None:
        here = _lies.c.mailbox_id == wanted.mailbox
        yield exists().where(_lies.c.message_id == _messages.c.id, here)
    if wanted.category is not None:
        yield _messages.c.category == wanted.category
    if wanted.campaign is not None:
        yield answers(wanted.campaign)
    if wanted.since is not None:
        yield _messages.c.received_at >= wanted.since
    if wanted.until is not None:
        yield _messages.c.received_at < wanted.until


def get_message(database: Database, identifier: str) -> MessageDetail | None:
    """One message with its digest and its transaction, or None."""
    query = (
        select(_messages, schema.digests.c.digest)
        .outerjoin(schema.digests)
        .where(_messages.c.id == identifier)
    )
    with database.read() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        transaction = read_transaction(connection, database.blobs, identifier)
        assert transaction is not None
        summary = _summaries(connection, [row])[0]
        return MessageDetail(summary, row.digest, transaction, row.bytes_gone_at)


def read_summaries(database: Database, identifiers: Sequence[str]) -> tuple[MessageSummary, ...]:
    """These messages, in the same order; those that are gone are left out."""
    query = select(_messages).where(_messages.c.id.in_(identifiers))
    with database.read() as connection:
        known = {one.id: one for one in _summaries(connection, connection.execute(query).all())}
    return tuple(known[one] for one in identifiers if one in known)


def open_raw(database: Database, identifier: str) -> RawMessage:
    """The exact bytes of a message, or of a refused transaction whose bytes are kept still.

    Their hash is checked. Raises StoreProblem where they are missing, altered, or not kept.
    """
    log = schema.transactions
    query = (
        select(log.c.sha256, _messages.c.bytes_gone_at)
        .outerjoin(_messages, _messages.c.id == log.c.id)
        .where(log.c.id == identifier)
        .where(or_(_messages.c.id.is_not(None), log.c.body_expires_at.is_not(None)))
    )
    with database.read() as connection:
        row = connection.execute(query).first()
        if row is None:
            raise StoreProblem(f"No bytes are kept for {identifier}")
        if row.bytes_gone_at is not None:
            raise BytesGone(
                f"The bytes of {identifier} were deleted on {row.bytes_gone_at:%Y-%m-%d} "
                "by a rule of retention; what was read of it is kept"
            )
    return database.blobs.open(row.sha256)


def count_messages(database: Database) -> Counts:
    """All counts at once."""
    with database.read() as connection:
        tallies = read_tallies(connection)
    everywhere = [(kind, number) for box, kind, number in tallies if box == EVERYWHERE]
    shown = [(box, kind, n) for box, kind, n in tallies if not kind.held and not kind.archived]
    inside = [entry for entry in shown if entry[0] != EVERYWHERE]
    total = _counted(shown).get(EVERYWHERE, Count())
    return Counts(
        total=total.total,
        unread=total.unread,
        held=sum(number for kind, number in everywhere if kind.held),
        archived=sum(number for kind, number in everywhere if kind.archived and not kind.held),
        by_category=_counted((kind.category, kind, n) for box, kind, n in shown if not box),
        by_mailbox=_counted(inside),
        by_mailbox_category=_counted(((box, kind.category), kind, n) for box, kind, n in inside),
    )


def _counted(entries: Iterable[tuple[K, Kind, int]]) -> dict[K, Count]:
    counts: dict[K, Count] = {}
    for key, kind, number in entries:
        before = counts.get(key, Count())
        unread = 0 if kind.seen else number
        counts[key] = Count(before.total + number, before.unread + unread)
    return counts


def _listing(wanted: MessageFilter, after: str | None) -> Select[Any]:
    """The query of a list. It walks one index in the order of the list and stops when the page
    is full; nothing is ever sorted."""
    query = select(_messages)
    key = _messages.c.id
    place: Table = _messages
    if wanted.mailbox is not None:
        query = query.join(_lies, _lies.c.message_id == _messages.c.id)
        query = query.where(_lies.c.mailbox_id == wanted.mailbox)
        key, place = _lies.c.message_id, _lies
    query = query.where(*_flags(wanted, place))
    if wanted.campaign is not None:
        query = query.where(answers(wanted.campaign))
    if wanted.category is not None:
        query = query.where(place.c.category == wanted.category)
    if wanted.since is not None:
        query = query.where(key >= first_id(wanted.since), _messages.c.received_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(key <= last_id(wanted.until), _messages.c.received_at < wanted.until)
    if after is not None:
        query = query.where(key > after if wanted.oldest_first else key < after)
    return query.order_by(key if wanted.oldest_first else key.desc())


def _flags(wanted: MessageFilter, place: Table) -> Iterator[ColumnElement[bool]]:
    """The rare of each flag is asked of the table whose partial index has it; the usual of the
    message's own row, as "not the rare": no index serves that, so none tempts the planner away
    from the order of the list."""
    yield place.c.held.is_(True) if wanted.held else _messages.c.held.is_not(True)
    if wanted.unread:
        yield place.c.seen.is_(False)
    if wanted.archived is not None:
        yield place.c.archived.is_(True) if wanted.archived else _messages.c.archived.is_not(True)
    if wanted.flagged is not None:
        yield place.c.flagged.is_(True) if wanted.flagged else _messages.c.flagged.is_not(True)


def _summaries(connection: Connection, rows: Sequence[Any]) -> tuple[MessageSummary, ...]:
    """Rows of `messages` as values, each with its mailboxes."""
    query = (
        select(_lies.c.message_id, _lies.c.mailbox_id)
        .where(_lies.c.message_id.in_([row.id for row in rows]))
        .order_by(_lies.c.mailbox_id)
    )
    mailboxes: dict[str, list[str]] = {}
    for message_id, mailbox_id in connection.execute(query):
        mailboxes.setdefault(message_id, []).append(mailbox_id)
    return tuple(_summary(row, tuple(mailboxes.get(row.id, ()))) for row in rows)


def _summary(row: Any, mailboxes: tuple[str, ...]) -> MessageSummary:
    return MessageSummary(
        id=row.id,
        received_at=row.received_at,
        mailboxes=mailboxes,
        held=row.held,
        flags=Flags(row.seen, row.flagged, row.archived),
        size=row.size,
        sha256=row.sha256,
        category=row.category,
        confidence=row.confidence,
        subject=row.subject,
        from_name=row.from_name,
        from_address=row.from_address,
        date=row.date,
        snippet=row.snippet,
        attachments=row.attachments,
        rule=row.rule,
        digested=row.digested,
    )
