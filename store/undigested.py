"""What the worker has to know of stored messages to read them: their envelopes, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from store import schema
from store.database import Database
from store.page import chunks

_messages, _log = schema.messages, schema.transactions


@dataclass(frozen=True, slots=True)
class Undigested:
    """A message before its bytes are read; `digested` where somebody read it before."""

    id: str
    door: str
    mail_from: str | None
    rcpt_to: tuple[str, ...]
    digested: bool
    held: bool = False


def read_undigested(database: Database, identifiers: Sequence[str]) -> dict[str, Undigested]:
    """Those of these messages that are there, by id. Raises StoreProblem."""
    query = select(
        _messages.c.digested,
        _messages.c.held,
        _log.c.id,
        _log.c.door,
        _log.c.mail_from,
        _log.c.rcpt_to,
    )
    query = query.join(_log, _log.c.id == _messages.c.id)
    found = {}
    with database.read() as connection:
        for chunk in chunks(identifiers):
            for row in connection.execute(query.where(_messages.c.id.in_(chunk))):
                found[row.id] = Undigested(
                    row.id, row.door, row.mail_from, tuple(row.rcpt_to), row.digested, row.held
                )
    return found
