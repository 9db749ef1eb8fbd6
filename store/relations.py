"""What a message has to do with others: who wrote it, its conversation, its attachments.

Kept where digests are saved, and again whenever a message is released or removed, in the same
transaction; filled by the worker, never while mail is accepted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from mail.lineage import Lineage
from store import schema
from store.conversations import Signs
from store.parts import write_parts
from store.people_rows import Written, add_written, remove_written, rename
from store.regrouping import regroup, remove_keys, write_keys, write_signs
from store.thread_signs import from_json, person_of, signs_of

_messages = schema.messages
_threads = schema.threads


@dataclass(frozen=True, slots=True)
class Learned:
    """What a digest of this `version` told of one message. `lineage` None: only its digest is
    known."""

    digest: Mapping[str, Any]
    lineage: Lineage | None = None
    version: int = 0


def relate(connection: Connection, learned: Mapping[str, Learned]) -> None:
    """Put messages, by their ids, where they belong; again where they are there already."""
    write_parts(connection, {identifier: one.digest for identifier, one in learned.items()})
    news = list(_news(connection, learned))
    gone = [(one.before.person, one.row.id, one.was_counted) for one in news if one.is_by_another]
    remove_written(connection, gone)
    add_written(connection, (one.written for one in news if one.written and one.is_new_to_them))
    for one in news:
        if one.written and not one.is_new_to_them:
            rename(connection, one.written)
    _converse(connection, [one for one in news if one.is_changed])


def release(connection: Connection, identifier: str) -> None:
    """A held message is believed from now on. Called after its flag was changed."""
    row = _rows(connection, [identifier]).get(identifier)
    if row is None:
        return
    if row.person is not None:
        digests = schema.digests
        query = select(_messages.c.received_at, digests.c.digest).join(digests)
        message = connection.execute(query.where(_messages.c.id == identifier)).one()
        _, name = person_of(message.digest)
        one = Written(identifier, row.person, name, message.received_at, held=False)
        add_written(connection, [one])
    signs = from_json(identifier, row.signs)
    alone = update(_threads).where(_threads.c.message_id == identifier)
    connection.execute(alone.values(thread_id=identifier))
    write_keys(connection, [signs])
    regroup(connection, [signs], fresh=[identifier])


def part(connection: Connection, identifiers: Sequence[str]) -> None:
    """Messages are about to be removed: nobody is related to them any more."""
    rows = _rows(connection, identifiers)
    counted = [row for row in rows.values() if row.thread_id is not None]
    remove_written(
        connection,
        [
            (row.person, row.message_id, row.thread_id is not None)
            for row in rows.values()
            if row.person is not None
        ],
    )
    signs = [from_json(row.message_id, row.signs) for row in counted]
    for one in signs:
        remove_keys(connection, one)
    connection.execute(delete(_threads).where(_threads.c.message_id.in_(list(rows))))
    regroup(connection, signs, broken={row.thread_id for row in counted})


@dataclass(frozen=True, slots=True)
class _News:
    """One message: its row, what was kept of it before (None: nothing), what is known now."""

    row: Any
    before: Any
    signs: Signs
    written: Written | None
    version: int

    @property
    def was_counted(self) -> bool:
        return self.before is not None and self.before.thread_id is not None

    @property
    def is_by_another(self) -> bool:
        """Whether somebody else was taken for its author before."""
        before = self.before.person if self.before is not None else None
        now = self.written.address if self.written is not None else None
        return before is not None and before != now

    @property
    def is_new_to_them(self) -> bool:
        return self.before is None or self.before.person != getattr(self.written, "address", None)

    @property
    def is_changed(self) -> bool:
        """Whether anything is known now that was not before."""
        if self.before is None or self.before.version != self.version or self.is_new_to_them:
            return True
        return from_json(self.row.id, self.before.signs) != self.signs


def _news(connection: Connection, learned: Mapping[str, Learned]) -> Iterator[_News]:
    before = _rows(connection, list(learned))
    query = select(_messages.c.id, _messages.c.received_at, _messages.c.held)
    for row in connection.execute(query.where(_messages.c.id.in_(list(learned)))).all():
        one = learned[row.id]
        address, name = person_of(one.digest)
        yield _News(
            row,
            before.get(row.id),
            signs_of(row.id, row.received_at, one.digest, one.lineage),
            Written(row.id, address, name, row.received_at, row.held) if address else None,
            one.version,
        )


def _converse(connection: Connection, news: Sequence[_News]) -> None:
    """Write what these say of their conversations, and find those."""
    before = [from_json(one.row.id, one.before.signs) for one in news if one.was_counted]
    for signs in before:
        remove_keys(connection, signs)
    write_signs(connection, [(one.signs, _values(one)) for one in news])
    shown = [one.signs for one in news if not one.row.held]
    write_keys(connection, shown)
    broken = {one.before.thread_id for one in news if one.was_counted}
    regroup(connection, [*before, *shown], [one.id for one in shown], broken)


def _values(one: _News) -> dict[str, Any]:
    return {
        "thread_id": None if one.row.held else one.row.id,
        "person": one.written.address if one.written else None,
        "version": one.version,
    }


def _rows(connection: Connection, identifiers: Sequence[str]) -> dict[str, Any]:
    query = select(_threads).where(_threads.c.message_id.in_(identifiers))
    return {row.message_id: row for row in connection.execute(query).all()}
