"""What an erasure does to each table: every table of the schema is named here, so that whoever
adds one has to decide (a test compares).

Rows that are about one piece of mail go with it. Of the others, some go where they name the
person, and some stay without the name, because others need what else they say.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, tuple_, update

from store import schema
from store.columns import Instant
from store.database import Database
from store.metadata import metadata
from store.person import Person
from store.turns import Pace, in_turns


class Way(StrEnum):
    """What becomes of a table's rows that name the person."""

    WITH_MAIL = "with mail"
    """They go with the row of the log that they belong to."""
    DELETE = "delete"
    """They go."""
    RENAME = "rename"
    """They stay, and say "erased-…" where the address stood."""
    KEEP = "keep"
    """No address stands in them, or only one that is still in use, which an erasure refuses."""


WAYS: dict[str, Way] = {
    "transactions": Way.WITH_MAIL,
    "transaction_addresses": Way.WITH_MAIL,
    "reports": Way.WITH_MAIL,
    "diagnoses": Way.WITH_MAIL,
    "dns_answers": Way.WITH_MAIL,
    "fingerprints": Way.WITH_MAIL,
    "blobs": Way.WITH_MAIL,
    "blob_objects": Way.WITH_MAIL,
    "messages": Way.WITH_MAIL,
    "message_mailboxes": Way.WITH_MAIL,
    "digests": Way.WITH_MAIL,
    "tombstones": Way.WITH_MAIL,
    "parts": Way.WITH_MAIL,
    "threads": Way.WITH_MAIL,
    "thread_keys": Way.WITH_MAIL,
    "search": Way.WITH_MAIL,
    "people": Way.WITH_MAIL,
    "person_words": Way.WITH_MAIL,
    "person_messages": Way.WITH_MAIL,
    "outbox": Way.DELETE,
    "reply_tags": Way.DELETE,
    "forward_paths": Way.DELETE,
    "settings": Way.DELETE,
    "campaign_messages": Way.DELETE,
    "message_campaigns": Way.DELETE,
    "marks": Way.DELETE,
    "suppression_evidence": Way.DELETE,
    "suppressions": Way.DELETE,
    "audit": Way.RENAME,
    "holds": Way.RENAME,
    "mailboxes": Way.RENAME,
    "retention_rules": Way.RENAME,
    "retention_ages": Way.KEEP,
    "quotas": Way.KEEP,
    "erasures": Way.KEEP,
    "tallies": Way.KEEP,
    "pulled": Way.KEEP,
    "domains": Way.KEEP,
    "operators": Way.KEEP,
    "sessions": Way.KEEP,
    "tokens": Way.KEEP,
    "accounts": Way.KEEP,
    "account_cursors": Way.KEEP,
    "nodes": Way.KEEP,
    "campaigns": Way.KEEP,
}

TABLES = tuple(name for name, way in WAYS.items() if way in (Way.DELETE, Way.RENAME))
"""Those that an erasure walks through, in this order."""

_KEPT_COLUMNS = {"holds": (schema.holds.c.lifted_at,)}
"""A row in which one of these is empty is in use, and stays as it is: a hold that is in force."""


def erase_rows(
    database: Database,
    name: str,
    person: Person,
    instead: str,
    pace: Pace,
    done: Callable[[Connection, int], None],
) -> None:
    """Walk through one table. `done` is told within each turn how many rows were changed."""
    table = metadata.tables[name]
    keys = list(table.primary_key.columns)

    def find(last: tuple[Any, ...] | None) -> Sequence[tuple[Any, ...]]:
        while not pace.is_stopped():
            query = select(table).order_by(*keys).limit(pace.rows)
            if last is not None:
                query = query.where(tuple_(*keys) > tuple_(*last, types=[key.type for key in keys]))
            with database.read() as connection:
                rows = connection.execute(query).all()
            if not rows:
                break
            last = tuple(rows[-1]._mapping[key] for key in keys)
            found = [row for row in rows if _names(person, table, row)]
            if found:
                return [tuple(row._mapping[key] for key in keys) for row in found]
        return ()

    def work(connection: Connection, slice_: Sequence[tuple[Any, ...]]) -> int:
        for values in slice_:
            this = and_(*(key == value for key, value in zip(keys, values, strict=True)))
            if WAYS[name] is Way.DELETE:
                connection.execute(delete(table).where(this))
            else:
                _rename(connection, table, this, person, instead)
        done(connection, len(slice_))
        return len(slice_)

    in_turns(database, pace, find, work)


def _names(person: Person, table: Table, row: Any) -> bool:
    in_use = any(row._mapping[column] is None for column in _KEPT_COLUMNS.get(table.name, ()))
    return not in_use and any(person.is_in(row._mapping[column]) for column in _texts(table))


def _rename(connection: Connection, table: Table, this: Any, person: Person, instead: str) -> None:
    row = connection.execute(select(table).where(this)).first()
    if row is None:
        return
    values = {
        column.name: person.without(row._mapping[column], instead)
        for column in _texts(table)
        if person.is_in(row._mapping[column])
    }
    if values:
        connection.execute(update(table).where(this).values(values))


def _texts(table: Table) -> list[Any]:
    return [column for column in table.columns if not isinstance(column.type, Instant)]
