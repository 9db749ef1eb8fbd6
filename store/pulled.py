"""What was taken from a folder of a bound account: the other side of the account's ledger."""

from dataclasses import dataclass

from sqlalchemy import select

from store import schema
from store.database import Database


@dataclass(frozen=True, slots=True)
class Taken:
    """One UID that was taken, the message that it is here, and whether that was deleted since."""

    uid: int
    message_id: str
    deleted: bool


def taken_from(
    database: Database, account_id: str, folder: str, uidvalidity: int
) -> dict[int, Taken]:
    """Every UID of the folder that was taken under this UIDVALIDITY (RFC 9051 §2.3.1.1)."""
    table, stones = schema.pulled, schema.tombstones
    query = (
        select(table.c.uid, table.c.message_id, stones.c.message_id.is_not(None))
        .outerjoin(stones, stones.c.message_id == table.c.message_id)
        .where(
            table.c.account_id == account_id,
            table.c.folder == folder,
            table.c.uidvalidity == uidvalidity,
        )
    )
    with database.read() as connection:
        return {
            uid: Taken(uid, message_id, deleted)
            for uid, message_id, deleted in connection.execute(query)
        }
