"""Categories that people chose, with what the digests of those messages say: what can be learned
from them. A message that is deleted or erased is not among them any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from store import schema
from store.database import Database

_messages, _digests = schema.messages, schema.digests


@dataclass(frozen=True, slots=True)
class Correction:
    """A message whose category a person chose, and its digest in the contract's form."""

    message_id: str
    category: str
    digest: Mapping[str, Any]


def read_corrections(database: Database, most: int) -> tuple[Correction, ...]:
    """The newest messages that were corrected, oldest first. Raises StoreProblem."""
    query = (
        select(_messages.c.id, _messages.c.category, _digests.c.digest)
        .join(_digests, _digests.c.message_id == _messages.c.id)
        .where(_messages.c.category_by.is_not(None), _messages.c.category.is_not(None))
        .order_by(_messages.c.id.desc())
        .limit(most)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    return tuple(Correction(row.id, row.category, row.digest) for row in reversed(rows))
