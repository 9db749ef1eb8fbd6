"""The mailboxes, with how much lies in each."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from mail.errors import SettingsProblem
from store import schema
from store.database import Database
from store.tallies import read_tallies


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


def mailbox_named(database: Database, text: str) -> str:
    """The id of the mailbox with this id, name or address. Raises SettingsProblem."""
    wanted = text.strip().lower()
    for box in list_mailboxes(database):
        if wanted in (box.id.lower(), box.name.lower(), box.address.lower()):
            return box.id
    raise SettingsProblem(f"There is no mailbox {text!r}: use a domain or a bound address of ours")


def list_mailboxes(database: Database) -> tuple[Mailbox, ...]:
    """All mailboxes with their counts: system ones first, then by name."""
    table = schema.mailboxes
    with database.read() as connection:
        query = select(table).order_by(table.c.kind.desc(), table.c.name)
        rows = connection.execute(query).all()
        tallies = read_tallies(connection)
    total: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for mailbox, kind, number in tallies:
        if not kind.held and not kind.archived:
            total[mailbox] += number
            unread[mailbox] += 0 if kind.seen else number
    return tuple(
        Mailbox(
            row.id,
            row.kind,
            row.name,
            row.address,
            row.account_id,
            total[row.id],
            unread[row.id],
        )
        for row in rows
    )
