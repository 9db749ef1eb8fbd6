"""Legal holds: what nobody may delete, neither a rule nor an erasure nor a person, until each hold
on it is lifted.

A hold names a message, a person's address, a mailbox, a span of time, or several of these, which
then must all fit. It holds what is here and what will come. It protects messages with their bytes
and their rows in the log, and refused mail of that person or time with what is kept of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from mail.address import parse_address
from mail.errors import OnHold, SettingsProblem
from mail.identifier import is_id, new_id
from store import schema
from store.audit import note
from store.columns import dump_json, in_utc, storable
from store.database import Database
from store.keeping_schema import holds as _holds
from store.person import spellings_of

_log = schema.transactions


@dataclass(frozen=True, slots=True)
class Hold:
    """What is None is not asked. `mailbox` is an id; `since` is inclusive, `until` exclusive, and
    both are compared with the time of receipt. `lifted_at` None: it holds."""

    id: str
    message: str | None
    address: str | None
    mailbox: str | None
    since: datetime | None
    until: datetime | None
    reason: str
    set_at: datetime
    set_by: str
    lifted_at: datetime | None
    lifted_by: str | None

    @property
    def sentence(self) -> str:
        """Which hold it is, and who set it, for whoever wants to delete."""
        words = f" ({self.reason})" if self.reason else ""
        return f"the hold {self.id}{words}, set by {self.set_by} on {self.set_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new hold shall hold. `address` may be written in any way."""

    message: str | None = None
    address: str | None = None
    mailbox: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def set_hold(database: Database, wanted: Wanted, reason: str, *, by: str, now: datetime) -> Hold:
    """Hold what fits from now on. Raises SettingsProblem where nothing is named, or something
    that there cannot be."""
    address = None if wanted.address is None else address_of(wanted.address)
    _check(wanted)
    identifier, reason = new_id(now), storable(reason.strip(), 500)
    row = {
        "id": identifier,
        "message_id": wanted.message,
        "address": address,
        "mailbox_id": wanted.mailbox,
        "since": wanted.since and in_utc(wanted.since),
        "until": wanted.until and in_utc(wanted.until),
        "reason": reason,
        "set_at": now,
        "set_by": storable(by),
        "lifted_at": None,
        "lifted_by": None,
    }
    with database.write() as connection:
        boxes = schema.mailboxes
        if wanted.mailbox is not None and not connection.scalar(
            select(boxes.c.id).where(boxes.c.id == wanted.mailbox)
        ):
            raise SettingsProblem(f"There is no mailbox {wanted.mailbox}")
        connection.execute(insert(_holds).values(row))
        note(connection, by, "hold.set", identifier, now, **_told(wanted, address, reason))
    return _hold(row)


def lift_hold(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """Let go of what one hold held; it stays on record. False: no such hold is in force."""
    with database.write() as connection:
        lifted = update(_holds).where(_holds.c.id == identifier, _holds.c.lifted_at.is_(None))
        lifted = lifted.values(lifted_at=now, lifted_by=storable(by))
        if not connection.execute(lifted).rowcount:
            return False
        note(connection, by, "hold.lift", identifier, now)
    return True


def list_holds(database: Database) -> tuple[Hold, ...]:
    """All holds that ever were, the newest first."""
    with database.read() as connection:
        rows = connection.execute(select(_holds).order_by(_holds.c.id.desc())).mappings()
        return tuple(_hold(dict(row)) for row in rows)


def holds_on(database: Database, identifier: str) -> tuple[Hold, ...]:
    """The holds in force that one message or transaction is under."""
    with database.read() as connection:
        return tuple(_holding(connection, [identifier]))


def require_free(connection: Connection, identifiers: Sequence[str]) -> None:
    """Raises OnHold where one of them is held."""
    for hold in _holding(connection, identifiers):
        raise OnHold(f"Nothing was deleted: {hold.sentence}, is on it. Lift the hold first")


def is_held(connection: Connection) -> ColumnElement[bool] | None:
    """Whether a row of the log is under some hold, as a condition on `transactions`; None where
    there is no hold at all."""
    found = [_fits(hold) for hold in in_force(connection)]
    return or_(*found) if found else None


def leaving_held(connection: Connection, query: Select[Any]) -> Select[Any]:
    """`query`, which has `transactions` in it, without what is held."""
    held = is_held(connection)
    return query if held is None else query.where(~held)


def in_force(connection: Connection) -> tuple[Hold, ...]:
    """The holds that were not lifted."""
    query = select(_holds).where(_holds.c.lifted_at.is_(None)).order_by(_holds.c.id)
    return tuple(_hold(dict(row)) for row in connection.execute(query).mappings())


def address_of(text: str) -> str:
    """The one spelling by which an address is compared. Raises SettingsProblem."""
    try:
        return str(parse_address(text.strip())).lower()
    except ValueError as error:
        raise SettingsProblem(f"{text!r} is not an address: {error}") from None


def _check(wanted: Wanted) -> None:
    if wanted == Wanted():
        raise SettingsProblem(
            "A hold needs a message, an address, a mailbox or a span of time: name one"
        )
    if wanted.message is not None and not is_id(wanted.message):
        raise SettingsProblem(f"{wanted.message!r} is not the id of a message")
    if wanted.since and wanted.until and wanted.until <= wanted.since:
        raise SettingsProblem("The span of a hold ends before it begins")


def _told(wanted: Wanted, address: str | None, reason: str) -> dict[str, Any]:
    """For the audit log: only what was named."""
    named = {
        "message": wanted.message,
        "address": address,
        "mailbox": wanted.mailbox,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "reason": reason or None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _holding(connection: Connection, identifiers: Sequence[str]) -> list[Hold]:
    return [
        hold
        for hold in in_force(connection)
        if connection.scalar(
            select(_log.c.id).where(_log.c.id.in_(identifiers), _fits(hold)).limit(1)
        )
    ]


def _fits(hold: Hold) -> ColumnElement[bool]:
    """Whether a row of `transactions` is what this hold names."""
    return and_(*_conditions(hold))


def _conditions(hold: Hold) -> list[ColumnElement[bool]]:
    lies = schema.message_mailboxes
    asked = [_log.c.id == hold.message] if hold.message is not None else []
    if hold.mailbox is not None:
        here = exists().where(lies.c.message_id == _log.c.id, lies.c.mailbox_id == hold.mailbox)
        asked.append(here.correlate(_log))
    if hold.since is not None:
        asked.append(_log.c.received_at >= hold.since)
    if hold.until is not None:
        asked.append(_log.c.received_at < hold.until)
    if hold.address is not None:
        asked.append(_concerns(hold.address))
    return asked


def _concerns(address: str) -> ColumnElement[bool]:
    """On either side of the envelope, as the author, or one of those whom the digest names,
    in whichever spelling."""
    sides, wrote, digests = schema.transaction_addresses, schema.person_messages, schema.digests
    digest = func.lower(cast(digests.c.digest, Text))
    named = [dump_json(one) for one in _written(address)]
    return or_(
        exists()
        .where(sides.c.transaction_id == _log.c.id, sides.c.address == address)
        .correlate(_log),
        exists().where(wrote.c.message_id == _log.c.id, wrote.c.address == address).correlate(_log),
        exists()
        .where(digests.c.message_id == _log.c.id)
        .where(or_(*(digest.contains(one, autoescape=True) for one in named)))
        .correlate(_log),
    )


def _written(address: str) -> Iterator[str]:
    """With either form of the domain. SQLite's lower() knows ASCII only, so other letters are
    looked for in capitals too."""
    for one in spellings_of(address):
        yield one
        if not one.isascii():
            yield "".join(letter if letter.isascii() else letter.upper() for letter in one)


def _hold(row: dict[str, Any]) -> Hold:
    names = {"message_id": "message", "mailbox_id": "mailbox"}
    return Hold(**{names.get(name, name): value for name, value in row.items()})
