"""What is in the store at the end, held against what was acknowledged."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select

from store import schema
from store.database import Database
from store.messages import open_raw
from tests.generator import generate
from tests.whole.fleet.senders import LARGEST, Acknowledged


def find_faults(database: Database, acknowledged: Sequence[Acknowledged]) -> list[str]:
    """Every acknowledged message must be there once, octet by octet; what is wrong, in words."""
    messages, log = schema.messages, schema.transactions
    with database.read() as connection:
        rows = connection.execute(select(messages.c.id, messages.c.sha256)).all()
        logged = connection.execute(select(log.c.id, log.c.duplicate_of)).all()
    stored = {row.id: row.sha256 for row in rows}
    known = {row.id: row.duplicate_of for row in logged}
    times = Counter(stored.values())
    faults = [f"stored {number} times: {sha256}" for sha256, number in times.items() if number > 1]
    for one in acknowledged:
        lies_at = known.get(one.id) or one.id
        if one.id not in known:
            faults.append(f"acknowledged and not in the log: {one.id}")
        elif stored.get(lies_at) != one.sha256:
            faults.append(f"acknowledged and not in the store: {one.id} at {lies_at}")
        elif _content(database, lies_at) != generate(one.number, largest=LARGEST):
            faults.append(f"altered: {one.id}")
    return faults


def _content(database: Database, identifier: str) -> bytes:
    return b"".join(open_raw(database, identifier).blocks())
