"""What broke the signatures of a message: found out by a job, kept beside the transaction.

The job is written in the transaction of the message (`store.batch`), and ends in the commit that
keeps what it found.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from store import schema
from store.columns import storable_json
from store.database import Database
from store.outbox import Job, finish_within
from store.upsert import insert_into

KIND = "diagnose"
"""The kind of the jobs. `message_id` of one is the id of the transaction."""


def save_diagnosis(
    database: Database, job: Job, diagnosis: Mapping[str, Any] | None, now: datetime
) -> None:
    """Keep what was found (None: there is nothing to say) and finish the job, in one commit.

    A transaction that was forgotten meanwhile needs no diagnosis. Raises StoreProblem.
    """
    log, table = schema.transactions, schema.diagnoses
    with database.write() as connection:
        known = connection.execute(select(log.c.id).where(log.c.id == job.message_id)).first()
        if diagnosis is not None and known is not None:
            insertion = insert_into(connection, table).values(
                transaction_id=job.message_id,
                diagnosis=storable_json(diagnosis),
                made_at=now,
                attempts=job.attempts,
            )
            anew = {name: insertion.excluded[name] for name in ("diagnosis", "made_at", "attempts")}
            connection.execute(
                insertion.on_conflict_do_update(index_elements=[table.c.transaction_id], set_=anew)
            )
        finish_within(connection, job)
