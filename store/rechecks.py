"""What came of looking again: a stored transaction judged anew with the DNS of a later time.

The first judgement stays as it was; beside it lies the last one that somebody asked for. Each
transaction has one at most, and it is forgotten with the log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from store import schema
from store.ages import LOG_DAYS
from store.database import Database
from store.log_deletion import RECHECK
from store.page import last_id
from store.rows import job_row
from store.upsert import insert_into

KIND = "recheck"
"""The kind of its jobs in the outbox."""

PAUSE = timedelta(minutes=2)
"""Between two looks at one transaction. The DNS itself caches for longer, mostly."""

MOST_WAITING = 50
"""Jobs of this kind that may wait at one time, whoever asks."""

_settings, _outbox = schema.settings, schema.outbox


@dataclass(frozen=True, slots=True)
class Recheck:
    """`asked_at` is when somebody last asked; `made_at` when the result was made, or None while
    there is none yet. `result` has `report` and `evidence` as `mail.answer` writes them, or
    `problem` with the reason why it could not be done."""

    asked_at: datetime
    made_at: datetime | None
    result: dict[str, Any]

    @property
    def is_pending(self) -> bool:
        """Whether a look was asked for that has not come to an end."""
        return self.made_at is None or self.made_at < self.asked_at


def ask(database: Database, identifier: str, now: datetime) -> bool:
    """Have a transaction looked at again. False where it was a moment ago, or too many wait."""
    with database.write() as connection:
        known = _read(connection, identifier)
        if known is not None and known.asked_at > now - PAUSE:
            return False
        waiting = select(_outbox.c.id).where(_outbox.c.kind == KIND, _outbox.c.state == "waiting")
        if len(connection.execute(waiting.limit(MOST_WAITING)).all()) >= MOST_WAITING:
            return False
        kept = known or Recheck(now, None, {})
        _write(connection, identifier, Recheck(now, kept.made_at, kept.result))
        connection.execute(insert(_outbox).values(job_row(KIND, identifier, now)))
    return True


def save_recheck(
    database: Database, identifier: str, result: dict[str, Any], now: datetime
) -> None:
    """Keep a result, and forget those whose transactions the log has forgotten."""
    with database.write() as connection:
        known = _read(connection, identifier)
        _write(connection, identifier, Recheck(known.asked_at if known else now, now, result))
        name = _settings.c.name
        oldest = RECHECK + last_id(now - LOG_DAYS)
        connection.execute(delete(_settings).where(name > RECHECK, name <= oldest))


def get_recheck(database: Database, identifier: str) -> Recheck | None:
    """The last look, or None if nobody ever asked for one."""
    with database.read() as connection:
        return _read(connection, identifier)


def _read(connection: Connection, identifier: str) -> Recheck | None:
    query = select(_settings.c.value).where(_settings.c.name == RECHECK + identifier)
    value = connection.execute(query).scalar()
    if value is None:
        return None
    made = value["made_at"]
    return Recheck(
        datetime.fromisoformat(value["asked_at"]),
        datetime.fromisoformat(made) if made else None,
        value["result"],
    )


def _write(connection: Connection, identifier: str, recheck: Recheck) -> None:
    value = {
        "asked_at": recheck.asked_at.isoformat(),
        "made_at": recheck.made_at.isoformat() if recheck.made_at else None,
        "result": recheck.result,
    }
    anew = insert_into(connection, _settings).values(name=RECHECK + identifier, value=value)
    connection.execute(
        anew.on_conflict_do_update(
            index_elements=[_settings.c.name], set_={"value": anew.excluded.value}
        )
    )
