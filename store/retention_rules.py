"""Rules by which messages are forgotten: from where, of which category, how old, how large; whole,
or their exact bytes only.

A new rule is dry for a day: it can be looked at (`preview`), changed by removing it, and deletes
nothing until then, unless somebody confirms it. A message under a hold is no rule's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.ages import DRY, check_days
from store.audit import note
from store.columns import storable
from store.database import Database
from store.holds import leaving_held
from store.keeping_schema import retention_rules as _rules
from store.page import last_id
from store.terms import RETENTION_CATEGORIES

WHOLE, BYTES = "delete", "bytes"
WHATS = (WHOLE, BYTES)
"""What a rule does: delete the message, or its exact bytes only."""

_messages = schema.messages
_log = schema.transactions
_lies = schema.message_mailboxes


@dataclass(frozen=True, slots=True)
class NewRule:
    """What somebody wants: messages older than `days`, in `mailbox` (an id), of `category`, with
    more than `larger_than` octets; None is not asked. `what` is `delete` or `bytes`."""

    days: int
    mailbox: str | None = None
    category: str | None = None
    larger_than: int | None = None
    what: str = WHOLE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that there is; dry until `effective_at`."""

    id: str
    wanted: NewRule
    created_at: datetime
    created_by: str
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would remove if it were swept now."""

    messages: int
    octets: int


def add_rule(database: Database, wanted: NewRule, *, by: str, now: datetime) -> Rule:
    """A new rule, which begins in a day. Raises SettingsProblem for what there cannot be."""
    rule = Rule(new_id(now), wanted, now, storable(by), now + DRY)
    with database.write() as connection:
        _check(connection, wanted)
        connection.execute(
            insert(_rules).values(
                id=rule.id,
                mailbox_id=wanted.mailbox,
                category=wanted.category,
                days=wanted.days,
                larger_than=wanted.larger_than,
                what=wanted.what,
                note=storable(wanted.note.strip(), 500),
                created_at=now,
                created_by=rule.created_by,
                effective_at=rule.effective_at,
            )
        )
        note(connection, by, "retention.add", rule.id, now, **_told(wanted))
    return rule


def list_rules(database: Database) -> tuple[Rule, ...]:
    """All rules, the oldest first."""
    with database.read() as connection:
        return read_rules(connection)


def read_rules(connection: Connection) -> tuple[Rule, ...]:
    """`list_rules` on a connection that is open already."""
    query = select(_rules).order_by(_rules.c.id)
    return tuple(_rule(row) for row in connection.execute(query))


def remove_rule(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """Follow a rule no longer. False: no such rule."""
    with database.write() as connection:
        gone = connection.execute(delete(_rules).where(_rules.c.id == identifier)).rowcount
        if gone:
            note(connection, by, "retention.remove", identifier, now)
    return bool(gone)


def confirm_rule(database: Database, identifier: str, *, by: str, now: datetime) -> bool:
    """Let a rule take effect at once. False: it has already, or there is none of that id."""
    with database.write() as connection:
        waiting = update(_rules).where(_rules.c.id == identifier, _rules.c.effective_at > now)
        if not connection.execute(waiting.values(effective_at=now)).rowcount:
            return False
        note(connection, by, "retention.confirm", identifier, now)
    return True


def preview(database: Database, wanted: NewRule, now: datetime) -> Preview:
    """How much a rule would remove today. Deletes nothing, whatever the rule is."""
    with database.read() as connection:
        found = leaving_held(connection, matching(wanted, now, _messages.c.size)).subquery()
        query = select(func.count(), func.coalesce(func.sum(found.c.size), 0)).select_from(found)
        messages, octets = connection.execute(query).one()
    return Preview(int(messages), int(octets))


def matching(wanted: NewRule, now: datetime, *columns: Any) -> Select[Any]:
    """The messages that a rule is about, held ones among them: the condition of `leaving_held`
    is the caller's."""
    ends = now - timedelta(days=wanted.days)
    query = select(*columns).select_from(_messages).join(_log, _log.c.id == _messages.c.id)
    query = query.where(_messages.c.id <= last_id(ends), _messages.c.received_at < ends)
    if wanted.mailbox is not None:
        query = query.join(_lies, _lies.c.message_id == _messages.c.id)
        query = query.where(_lies.c.mailbox_id == wanted.mailbox)
    if wanted.category is not None:
        query = query.where(_messages.c.category == wanted.category)
    if wanted.larger_than is not None:
        query = query.where(_messages.c.size > wanted.larger_than)
    if wanted.what == BYTES:  # what nobody has read yet would be lost with them
        query = query.where(_messages.c.bytes_gone_at.is_(None), _messages.c.digested.is_(True))
    return query


def _check(connection: Connection, wanted: NewRule) -> None:
    check_days(wanted.days)
    boxes = schema.mailboxes
    if wanted.what not in WHATS:
        raise SettingsProblem(f"{wanted.what!r} is not one of {', '.join(WHATS)}")
    if wanted.category is not None and wanted.category not in RETENTION_CATEGORIES:
        raise SettingsProblem(
            f"{wanted.category!r} is not one of {', '.join(RETENTION_CATEGORIES)}"
        )
    if wanted.larger_than is not None and wanted.larger_than < 1:
        raise SettingsProblem("A rule for larger messages needs a number of octets above 0")
    if wanted.mailbox is not None and not connection.scalar(
        select(boxes.c.id).where(boxes.c.id == wanted.mailbox)
    ):
        raise SettingsProblem(f"There is no mailbox {wanted.mailbox}")


def _told(wanted: NewRule) -> dict[str, Any]:
    named = {
        "days": wanted.days,
        "does": wanted.what,
        "mailbox": wanted.mailbox,
        "category": wanted.category,
        "larger_than": wanted.larger_than,
    }
    return {name: value for name, value in named.items() if value is not None}


def _rule(row: Any) -> Rule:
    wanted = NewRule(row.days, row.mailbox_id, row.category, row.larger_than, row.what, row.note)
    return Rule(row.id, wanted, row.created_at, row.created_by, row.effective_at)
