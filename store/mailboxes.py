"""The mailboxes, with how much lies in each."""

from dataclasses import dataclass

from sqlalchemy import case, func, select

from store import schema
from store.database import Database


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where messages lie: one `system` mailbox per domain, one `bound` per account.

    `address` is the domain of a system mailbox and the address of a bound one. `total` and
    `unread` count what a list of it shows: neither held nor archived messages.
    """

    id: str
    kind: str
    name: str
    address: str
    account_id: str | None
    total: int
    unread: int


def list_mailboxes(database: Database) -> tuple[Mailbox, ...]:
    """All mailboxes with their counts: system ones first, then by name."""
    table, lies = schema.mailboxes, schema.message_mailboxes
    counts = (
        select(
            lies.c.mailbox_id,
            func.count().label("total"),
            func.sum(case((lies.c.seen.is_(False), 1), else_=0)).label("unread"),
        )
        .where(lies.c.held.is_(False), lies.c.archived.is_(False))
        .group_by(lies.c.mailbox_id)
        .subquery()
    )
    query = (
        select(table, counts.c.total, counts.c.unread)
        .outerjoin(counts, counts.c.mailbox_id == table.c.id)
        .order_by(table.c.kind.desc(), table.c.name)
    )
    with database.read() as connection:
        return tuple(
            Mailbox(
                row.id,
                row.kind,
                row.name,
                row.address,
                row.account_id,
                row.total or 0,
                row.unread or 0,
            )
            for row in connection.execute(query)
        )
