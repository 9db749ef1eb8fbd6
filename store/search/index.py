"""Words into the index, in the transaction of what they are about, and old ones made anew.

A message has its words from `save_digests`. Those of a store that is older than the index, or
than the tokens, are made by the worker, newest first, a few at a time: they are read and cut into
words without a turn, and only what is ready is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from store import schema
from store.bulk import Bulk
from store.columns import storable_json
from store.database import Database
from store.search.document import document, with_size
from store.search.parse import parse_query
from store.search.place import free_numbers
from store.search.query import Note, NoteCode
from store.search.tokens import VERSION
from store.upsert import insert_into

BATCH = 50
"""Messages whose words are made anew in one turn."""

_search, _messages = schema.search, schema.messages
_digests, _settings = schema.digests, schema.settings

_ROWS = Bulk(_search)
_STATE = "search_index"


def keep_words(connection: Connection, words: Mapping[str, str]) -> None:
    """Index messages that are there: the document of each by its id."""
    query = select(_messages.c.id, _messages.c.size).where(_messages.c.id.in_(list(words)))
    rows = connection.execute(query.order_by(_messages.c.id)).all()
    if not rows:
        return
    connection.execute(delete(_search).where(_search.c.message_id.in_([row.id for row in rows])))
    numbers = free_numbers(connection, [row.id for row in rows])
    values = (
        {
            "message_id": row.id,
            "number": numbers.get(row.id),
            "version": VERSION,
            "words": with_size(words[row.id], row.size),
        }
        for row in rows
    )
    _ROWS.insert(connection, list(values))


@dataclass(frozen=True, slots=True)
class _Progress:
    """Down to which id the words are of this version; "" when all are."""

    version: int
    down_to: str


def is_indexed(database: Database) -> bool:
    """Whether every digested message can be found; else older mail is still on its way. It is
    indexed newest first, so the oldest one tells."""
    oldest = (
        select(_search.c.version)
        .select_from(_digests)
        .outerjoin(_search, _search.c.message_id == _digests.c.message_id)
        .order_by(_digests.c.message_id)
        .limit(1)
    )
    with database.read() as connection:
        if _progress(connection).down_to == "":
            return True
        row = connection.execute(oldest).first()
        return row is None or row.version == VERSION


def search_notes(database: Database, q: str) -> tuple[Note, ...]:
    """What to tell whoever typed this beside what was found."""
    notes = parse_query(q).notes
    if q.strip() and not is_indexed(database):
        return (*notes, Note(NoteCode.INDEXING, ""))
    return notes


def index_some(database: Database, limit: int = BATCH) -> int:
    """Index the next messages whose words are missing or of an older version; how many were
    looked at, 0 when nothing is left. Any number of programs may do it at once. Raises
    StoreProblem."""
    with database.read() as connection:
        before = _progress(connection)
        if not before.down_to:
            return 0
        rows = connection.execute(_next(before.down_to, limit)).all()
    old = [row for row in rows if row.version != VERSION]
    words = {row.message_id: document(storable_json(row.digest)) for row in old}
    after = _Progress(VERSION, rows[-1].message_id if len(rows) == limit else "")
    with database.write() as connection:
        if _progress(connection) == before:
            _keep_missing(connection, words)
            _save(connection, after)
    return max(len(rows), 1)


def _next(down_to: str, limit: int) -> Any:
    return (
        select(_digests.c.message_id, _digests.c.digest, _search.c.version)
        .outerjoin(_search, _search.c.message_id == _digests.c.message_id)
        .where(_digests.c.message_id < down_to)
        .order_by(_digests.c.message_id.desc())
        .limit(limit)
    )


def _keep_missing(connection: Connection, words: Mapping[str, str]) -> None:
    """A newer digest may have come meanwhile; it brought its words."""
    new = select(_search.c.message_id).where(
        _search.c.message_id.in_(list(words)), _search.c.version == VERSION
    )
    known = set(connection.execute(new).scalars())
    keep_words(connection, {key: value for key, value in words.items() if key not in known})


def _progress(connection: Connection) -> _Progress:
    query = select(_settings.c.value).where(_settings.c.name == _STATE)
    value = connection.execute(query).scalar()
    if not value or value["version"] != VERSION:
        return _Progress(VERSION, "~")
    return _Progress(VERSION, value["down_to"])


def _save(connection: Connection, progress: _Progress) -> None:
    value = {"version": progress.version, "down_to": progress.down_to}
    anew = insert_into(connection, _settings).values(name=_STATE, value=value)
    connection.execute(
        anew.on_conflict_do_update(
            index_elements=[_settings.c.name], set_={"value": anew.excluded.value}
        )
    )
