"""How many messages there are, and how many octets they have, kept as they change.

Every write that adds a message, takes one away, or changes what it is counted by says so here,
in its own transaction. The console shows these numbers on every page.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store import schema
from store.bulk import Bulk

EVERYWHERE = ""
"""The mailbox id under which each message is counted once, however many mailboxes it lies in."""

_tallies = schema.tallies
_ADDITION = Bulk(
    _tallies,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=list(_tallies.primary_key.columns),
        set_={
            "number": _tallies.c.number + insertion.excluded.number,
            "octets": _tallies.c.octets + insertion.excluded.octets,
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a message is counted by. The category is "" until it has one."""

    held: bool
    archived: bool
    category: str
    seen: bool


class Changes:
    """Additions and subtractions of one transaction, summed up before they are written."""

    def __init__(self) -> None:
        self._numbers: Counter[tuple[str, Kind]] = Counter()
        self._octets: Counter[tuple[str, Kind]] = Counter()

    def add(self, kind: Kind, mailboxes: Iterable[str], octets: int, number: int = 1) -> None:
        """One message more of that kind in those mailboxes, whose kept bytes are so many; one
        less with `number` -1."""
        for mailbox in (EVERYWHERE, *mailboxes):
            self._numbers[mailbox, kind] += number
            self._octets[mailbox, kind] += octets * number

    def lighten(self, kind: Kind, mailboxes: Iterable[str], octets: int) -> None:
        """So many octets less; the message stays."""
        for mailbox in (EVERYWHERE, *mailboxes):
            self._numbers[mailbox, kind] += 0
            self._octets[mailbox, kind] -= octets

    def write(self, connection: Connection) -> None:
        """Bring the tallies up to date."""
        rows = [
            {"mailbox_id": mailbox, "number": number, "octets": self._octets[mailbox, kind]}
            | {"held": kind.held, "archived": kind.archived}
            | {"category": kind.category, "seen": kind.seen}
            for (mailbox, kind), number in sorted(self._numbers.items(), key=_order)
            if number or self._octets[mailbox, kind]
        ]
        _ADDITION.insert(connection, rows)


def _order(entry: tuple[tuple[str, Kind], int]) -> tuple[str, bool, bool, str, bool]:
    """Always the same, so that two writers that lock rows cannot wait for each other."""
    (mailbox, kind), _ = entry
    return mailbox, kind.held, kind.archived, kind.category, kind.seen


def read_tallies(connection: Connection) -> list[tuple[str, Kind, int]]:
    """All numbers but zeros, as mailbox id, kind and number."""
    query = select(_tallies).where(_tallies.c.number != 0)
    return [
        (row.mailbox_id, Kind(row.held, row.archived, row.category, row.seen), row.number)
        for row in connection.execute(query)
    ]


def read_loads(connection: Connection) -> dict[str, tuple[int, int]]:
    """Messages and octets of each mailbox, whatever their kind."""
    table = _tallies
    query = select(table.c.mailbox_id, func.sum(table.c.number), func.sum(table.c.octets))
    query = query.where(table.c.mailbox_id != EVERYWHERE).group_by(table.c.mailbox_id)
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
