"""Which messages of a bound account were taken, by folder, UIDVALIDITY and UID (RFC 9051 §2.3.1).

The writer notes a place in the transaction that stores its message. The note outlives the
message: what was deleted here is not taken again.
"""

from dataclasses import dataclass

from sqlalchemy import select

from mail.envelope import PulledFrom
from store import schema
from store.database import Database

_pulled = schema.pulled


@dataclass(frozen=True, slots=True)
class Taken:
    """A UID whose message we took. `linked`: it was here already, from another place of the
    account; `deleted`: it was deleted here since."""

    uid: int
    message_id: str
    linked: bool
    deleted: bool


def was_pulled(database: Database, place: PulledFrom) -> bool:
    """Whether the message at this place was taken already, even if it was deleted since."""
    query = select(_pulled.c.uid).where(
        _pulled.c.account_id == place.account_id,
        _pulled.c.folder == place.folder,
        _pulled.c.uidvalidity == place.uidvalidity,
        _pulled.c.uid == place.uid,
    )
    with database.read() as connection:
        return connection.execute(query).first() is not None


def list_taken(
    database: Database, account_id: str, folder: str, uidvalidity: int
) -> tuple[Taken, ...]:
    """Everything that was taken from a folder under this UIDVALIDITY, by UID."""
    messages = schema.messages
    query = (
        select(_pulled.c.uid, _pulled.c.message_id, _pulled.c.linked, messages.c.id.label("here"))
        .outerjoin(messages, messages.c.id == _pulled.c.message_id)
        .where(
            _pulled.c.account_id == account_id,
            _pulled.c.folder == folder,
            _pulled.c.uidvalidity == uidvalidity,
        )
        .order_by(_pulled.c.uid)
    )
    with database.read() as connection:
        return tuple(
            Taken(row.uid, row.message_id, row.linked, deleted=row.here is None)
            for row in connection.execute(query)
        )
