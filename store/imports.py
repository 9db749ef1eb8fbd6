"""Mail that the operator brings from elsewhere: taken once each, and never shown as authenticated.

What a mailbox has, or had and lost by deletion, is told by SHA-256: each import leaves a note in
`pulled`, as each message of a bound account does, and what came by SMTP is found by Message-ID.
So whoever imports twice, or is killed in between, changes nothing the second time. A batch, the
notes and how far the source was read are one commit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from mail.received import ReceivedMessage
from store import schema
from store.batch import save_batch
from store.blobs import ledger
from store.bulk import Bulk
from store.changes import mark_within
from store.columns import storable
from store.database import Database
from store.mailboxes import Mailbox
from store.rows import Prepared, prepare_message
from store.small_settings import get_setting, put_setting, put_within

FOLDER = ""
"""The folder of `pulled` under which imports are noted; no IMAP folder is called that."""

_PROGRESS = "import."

_messages, _lies, _pulled = schema.messages, schema.message_mailboxes, schema.pulled
_log, _tombstones = schema.transactions, schema.tombstones


@dataclass(frozen=True, slots=True)
class Marks:
    """What people elsewhere did with a message. `category_by` is who chose the category."""

    seen: bool = False
    flagged: bool = False
    archived: bool = False
    held: bool = False
    category: str | None = None
    category_by: str | None = None


NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Import:
    """One message of the door `import`, and its marks."""

    received: ReceivedMessage
    marks: Marks = NO_MARKS


class Outcome(StrEnum):
    """What became of a message that was to be imported."""

    TAKEN = "taken"
    """It is new in the mailbox."""
    THERE = "there"
    """The mailbox has these bytes already."""
    DELETED = "deleted"
    """The mailbox had them, and somebody deleted them here."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a source was read: `name` tells the source and the mailbox, `at` is an octet."""

    name: str
    at: int


def place_of(database: Database, name: str) -> int:
    """The octet at which an import that was killed goes on; 0 for a new one."""
    return int(get_setting(database, _PROGRESS + name) or 0)


def forget_place(database: Database, name: str) -> None:
    """The source was read to its end."""
    put_setting(database, _PROGRESS + name, None)


def save_imports(
    database: Database,
    mailbox: Mailbox,
    items: Sequence[Import],
    now: datetime,
    place: Place | None = None,
    *,
    deleted_too: bool = False,
) -> tuple[Outcome, ...]:
    """Take what is new of `items`, in one commit that also notes `place`; one answer for each.

    With `deleted_too` what was deleted here is taken again. Raises StoreProblem; then nothing
    was taken.
    """
    prepared = [prepare_message(one.received) for one in items]
    with database.read() as connection:
        expected = _outcomes(connection, mailbox, prepared, deleted_too=deleted_too)
    prepared = [
        _with_bytes(database, one, now) if outcome is Outcome.TAKEN else one
        for one, outcome in zip(prepared, expected, strict=True)
    ]
    volume: list[int] = []
    with database.write(volume) as connection:
        outcomes = _outcomes(connection, mailbox, prepared, deleted_too=deleted_too)
        fresh = [
            at for at, one in enumerate(prepared) if one.kept and outcomes[at] is Outcome.TAKEN
        ]
        save_batch(connection, [prepared[at] for at in fresh], now)
        _give_up(connection, [one for at, one in enumerate(prepared) if at not in fresh])
        for at in fresh:
            _mark(connection, prepared[at].envelope.id, items[at].marks)
        _note(connection, mailbox, [prepared[at] for at in fresh], now)
        if place is not None:
            put_within(connection, _PROGRESS + place.name, place.at)
        volume.extend(one.kept.volume for one in prepared if one.kept)
    taken = set(fresh)
    return tuple(
        outcome if at in taken or outcome is not Outcome.TAKEN else Outcome.THERE
        for at, outcome in enumerate(outcomes)
    )


def _give_up(connection: Connection, items: Iterable[Prepared]) -> None:
    """Somebody else was faster with these; their objects are nobody's."""
    ledger.give_up(connection, [one.kept.name for one in items if one.kept and one.kept.name])


def _mark(connection: Connection, identifier: str, marks: Marks) -> None:
    values: dict[str, Any] = {
        name: True for name in ("seen", "flagged", "archived") if getattr(marks, name)
    }
    if marks.category is not None and marks.category_by:
        by = storable(marks.category_by, 200)
        values |= {"category": marks.category, "category_by": by, "confidence": 1.0}
    if values:
        mark_within(connection, identifier, values)


def _with_bytes(database: Database, one: Prepared, now: datetime) -> Prepared:
    """The same once its bytes are coded, and durable where they are large."""
    return one if one.raw is None else replace(one, kept=database.blobs.keep(one.raw, now))


def _outcomes(
    connection: Connection, mailbox: Mailbox, items: Sequence[Prepared], *, deleted_too: bool
) -> list[Outcome]:
    """What becomes of each; of equal ones among them the first is new."""
    known = _known(connection, mailbox, items)
    outcomes: list[Outcome] = []
    for one in items:
        outcome = known.get(one.sha256, Outcome.TAKEN)
        if outcome is Outcome.DELETED and deleted_too:
            outcome = Outcome.TAKEN
        outcomes.append(outcome)
        known[one.sha256] = Outcome.THERE if outcome is Outcome.TAKEN else outcome
    return outcomes


def _known(
    connection: Connection, mailbox: Mailbox, items: Sequence[Prepared]
) -> dict[str, Outcome]:
    """Of the bytes of `items` those that the mailbox has or had."""
    known: dict[str, Outcome] = {}
    rows = connection.execute(_noted(mailbox, {one.sha256 for one in items}))
    _tell(known, ((row.sha256, row.here is not None) for row in rows))
    others = [one for one in items if one.sha256 not in known]
    for query in _logged(connection, mailbox, others):
        rows = connection.execute(query)
        _tell(known, ((row.sha256, row.here is not None) for row in rows if _lay_in(row, mailbox)))
    return known


def _tell(known: dict[str, Outcome], found: Iterable[tuple[str, bool]]) -> None:
    """One that is there outweighs one that was deleted."""
    for sha256, here in found:
        if here or sha256 not in known:
            known[sha256] = Outcome.THERE if here else Outcome.DELETED


def _noted(mailbox: Mailbox, wanted: set[str]) -> Select[Any]:
    """Imported before, or pulled from the account."""
    return (
        select(_pulled.c.sha256, _messages.c.id.label("here"))
        .outerjoin(_messages, _messages.c.id == _pulled.c.message_id)
        .where(_pulled.c.account_id == _owner(mailbox), _pulled.c.sha256.in_(wanted))
    )


def _logged(
    connection: Connection, mailbox: Mailbox, items: Sequence[Prepared]
) -> Iterator[Select[Any]]:
    """Received otherwise: equal bytes have equal Message-IDs, and those have an index. For a
    message without one the log is read, but only where its bytes are in the store."""
    wanted = (
        select(_log.c.sha256, _lies.c.message_id.label("here"), _tombstones.c.mailboxes)
        .outerjoin(_lies, and_(_lies.c.message_id == _log.c.id, _lies.c.mailbox_id == mailbox.id))
        .outerjoin(_tombstones, _tombstones.c.message_id == _log.c.id)
        .where(or_(_lies.c.message_id.is_not(None), _tombstones.c.message_id.is_not(None)))
    )
    named = {one.transaction["message_id"]: one.sha256 for one in items}
    nameless = [one.sha256 for one in items if one.transaction["message_id"] is None]
    named.pop(None, None)
    if named:
        hashes = {one.sha256 for one in items}
        yield wanted.where(_log.c.message_id.in_(list(named)), _log.c.sha256.in_(hashes))
    if nameless and (kept := _kept(connection, nameless)):
        yield wanted.where(_log.c.message_id.is_(None), _log.c.sha256.in_(kept))


def _kept(connection: Connection, wanted: Sequence[str]) -> list[str]:
    query = select(schema.blobs.c.sha256).where(schema.blobs.c.sha256.in_(wanted))
    return list(connection.execute(query).scalars())


def _lay_in(row: Any, mailbox: Mailbox) -> bool:
    return row.here is not None or mailbox.id in (row.mailboxes or ())


def _owner(mailbox: Mailbox) -> str:
    """Whose notes they are: what is imported for a bound account is not fetched again."""
    return mailbox.account_id or mailbox.id


def _note(
    connection: Connection, mailbox: Mailbox, items: Sequence[Prepared], now: datetime
) -> None:
    """The place of an imported message is its hash: one note for equal bytes."""
    rows = [_note_row(mailbox, one, now) for one in items]
    _NOTES.insert(connection, rows)


_NOTES = Bulk(
    _pulled,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=list(_pulled.primary_key.columns),
        set_={"message_id": insertion.excluded.message_id},
    ),
)


def _note_row(mailbox: Mailbox, one: Prepared, now: datetime) -> Mapping[str, Any]:
    return {
        "account_id": _owner(mailbox),
        "folder": FOLDER,
        "uidvalidity": int(one.sha256[:15], 16),
        "uid": int(one.sha256[15:30], 16),
        "message_id": one.envelope.id,
        "sha256": one.sha256,
        "linked": False,
        "pulled_at": now,
    }
