"""What lists and counts tell of a message besides its category, made from its digest.

A digest may be large, and a page has fifty rows: what they show of it stands in rows of its own.
None is made of a held message's claims that somebody could be harmed by: lists of held messages
show them, counts leave them out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, distinct, func, select

from store import schema
from store.ages import read_ages
from store.bulk import Bulk
from store.columns import storable
from store.database import Database
from store.thread_signs import address_of, mark_of_id, person_of

SOME = 50
"""Of a person's, or a relay's, latest messages so many are looked at."""

_marks = schema.marks
_messages = schema.messages
_ROWS = Bulk(_marks)


class MarkKind(StrEnum):
    """What a mark is about."""

    AWAY = "away"
    """`address` is away until `until`; `word` is "left" where they left for good. Only who is the
    From of the message: that a stranger passed on such a note proves nothing of anybody else."""
    BOUNCE = "bounce"
    """Mail to `address` came back; `word` is the kind of bounce."""
    FORWARD = "forward"
    """`address` passed it on: its From wherever somebody else is shown as the author, for only
    that is checked; else whom its fields name. `word` is the kind of forward."""
    GARBLED = "garbled"
    """Its text was garbled and is repaired for reading; `address` wrote it."""
    ABOUT = "about"
    """A report; `word` is the digest of the Message-ID that it is about."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One of them; `address` and `word` are "" for nothing."""

    message_id: str
    kind: MarkKind
    address: str
    word: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """`garbled` of the latest `of` messages arrived garbled."""

    garbled: int
    of: int


def write_marks(connection: Connection, digests: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the rows of these messages, by id, anew. Runs within a write transaction."""
    connection.execute(delete(_marks).where(_marks.c.message_id.in_(digests)))
    rows = [row for identifier in sorted(digests) for row in _rows(identifier, digests[identifier])]
    _ROWS.insert(connection, rows)


def marks_of(database: Database, identifiers: Sequence[str]) -> dict[str, dict[str, Mark]]:
    """The marks of these messages, by id and kind."""
    found: dict[str, dict[str, Mark]] = {}
    query = select(_marks).where(_marks.c.message_id.in_(identifiers))
    with database.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.message_id, {})[row.kind] = _mark(row)
    return found


def last_absence(database: Database, address: str) -> Mark | None:
    """What the latest automatic answer of a person says of their absence; None where none of
    their latest messages is one. Held ones do not count."""
    wrote = schema.person_messages
    query = select(_marks).join(wrote, wrote.c.message_id == _marks.c.message_id)
    query = query.join(_messages, _messages.c.id == _marks.c.message_id)
    person = address_of(address)
    query = query.where(
        wrote.c.address == person,
        _marks.c.kind == MarkKind.AWAY,
        _marks.c.address == person,
        _messages.c.held.is_not(True),
    )
    with database.read() as connection:
        row = connection.execute(query.order_by(wrote.c.message_id.desc()).limit(1)).first()
    return None if row is None else _mark(row)


def garbled_by(database: Database, address: str) -> Share:
    """How many of somebody's latest messages arrived garbled."""
    wrote = schema.person_messages
    latest = select(wrote.c.message_id).where(wrote.c.address == address_of(address))
    return _share(database, latest.order_by(wrote.c.message_id.desc()))


def garbled_through(database: Database, domain: str) -> Share:
    """The same of the latest messages whose MAIL FROM has that domain: a forwarder's, where it
    writes the sender anew."""
    passed = schema.transaction_addresses
    latest = select(passed.c.transaction_id.label("message_id")).where(
        passed.c.address == f"@{domain.lower()}"
    )
    return _share(database, latest.order_by(passed.c.transaction_id.desc()))


def count_away(database: Database, now: datetime) -> int:
    """How many people are away now and said until when."""
    query = select(func.count(distinct(_marks.c.address)))
    query = query.join(_messages, _messages.c.id == _marks.c.message_id)
    query = query.where(_marks.c.until > now, _marks.c.address != "")
    query = query.where(_messages.c.held.is_not(True))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def count_dead(database: Database, now: datetime) -> int:
    """How many addresses no mail should go to any more, because there is nobody."""
    table = schema.suppressions
    with database.read() as connection:
        days = timedelta(days=read_ages(connection, now)["suppressed"].in_force)
        query = select(func.count()).select_from(table).where(table.c.last_seen > now - days)
        query = query.where(table.c.state == "active", table.c.reason == "hard")
        return int(connection.execute(query).scalar_one())


def _share(database: Database, latest: Any) -> Share:
    some = latest.limit(SOME).subquery()
    query = (
        select(_messages.c.id, _marks.c.kind)
        .join(some, some.c.message_id == _messages.c.id)
        .outerjoin(
            _marks,
            (_marks.c.message_id == _messages.c.id) & (_marks.c.kind == MarkKind.GARBLED),
        )
        .where(_messages.c.digested.is_(True))
    )
    with database.read() as connection:
        kinds = [row.kind for row in connection.execute(query)]
    return Share(sum(kind is not None for kind in kinds), len(kinds))


def _rows(identifier: str, digest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    author, _ = person_of(digest)
    for kind, address, word, until in _told(digest, author or ""):
        yield {
            "message_id": identifier,
            "kind": kind.value,
            "address": storable(address, 320),
            "word": storable(word, 64),
            "until": until,
        }


def _told(
    digest: Mapping[str, Any], author: str
) -> Iterator[tuple[MarkKind, str, str, datetime | None]]:
    if (away := digest.get("away")) is not None:
        word = "left" if away.get("left") else ""
        yield MarkKind.AWAY, _itself(digest, author), word, day_of(away.get("back_on"))
    bounce = digest.get("bounce")
    if bounce is not None and digest.get("category") == "bounce":
        yield MarkKind.BOUNCE, bounce.get("recipient") or "", bounce.get("kind") or "", None
    if bounce is not None and (about := bounce.get("original_message_id")):
        yield MarkKind.ABOUT, "", mark_of_id(about), None
    if (forward := digest.get("forward")) is not None:
        yield MarkKind.FORWARD, _passed_by(digest, author), forward.get("kind") or "", None
    if digest.get("repair"):
        yield MarkKind.GARBLED, author, "", None


def _itself(digest: Mapping[str, Any], author: str) -> str:
    """The author where the message itself is from them, "" where only its text or fields say so."""
    sender = (digest.get("from") or {}).get("address") or ""
    return author if address_of(sender) == author else ""


def _passed_by(digest: Mapping[str, Any], author: str) -> str:
    """Any sender can write who forwarded a message, and whose it is."""
    sender = (digest.get("from") or {}).get("address") or ""
    is_author = not sender or address_of(sender) == author
    return (digest["forward"].get("forwarder") or "") if is_author else sender


def day_of(text: Any) -> datetime | None:
    """The beginning of a day that is written as 2026-12-01, in UTC; None for anything else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _mark(row: Any) -> Mark:
    return Mark(row.message_id, MarkKind(row.kind), row.address, row.word, row.until)
