"""Messages that an older digest read, to be read anew: in order, a few at a time.

One job walks through all messages. Each step of it ends with a job for the next, in the same
transaction, so that the walk goes on after every kind of end.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from store import schema
from store.database import Database
from store.outbox import Job, finish_within
from store.rows import job_row
from store.small_settings import get_setting, put_within

KIND = "redigest"
"""The kind of the job in the outbox."""

_SETTING = "digest_version"
_messages = schema.messages
_threads = schema.threads


def plan_redigest(database: Database, version: int, now: datetime) -> bool:
    """Ask for it where nobody did since digests have this version. False: somebody did."""
    if _known(get_setting(database, _SETTING)) >= version:
        return False
    with database.write() as connection:
        query = select(schema.settings.c.value).where(schema.settings.c.name == _SETTING)
        if _known(connection.execute(query).scalar()) >= version:
            return False
        put_within(connection, _SETTING, version)
        _ask(connection, "", now)
    return True


def next_to_redigest(database: Database, job: Job, version: int, limit: int) -> tuple[str, ...]:
    """The ids of the messages of the next step; empty where the walk is over."""
    older = or_(_threads.c.version.is_(None), _threads.c.version < version)
    query = (
        select(_messages.c.id)
        .outerjoin(_threads, _threads.c.message_id == _messages.c.id)
        .where(_messages.c.id > job.payload.get("after", ""), older)
        .where(_messages.c.digested.is_(True), _messages.c.bytes_gone_at.is_(None))
        .order_by(_messages.c.id)
    )
    with database.read() as connection:
        return tuple(connection.execute(query.limit(limit)).scalars())


def go_on(database: Database, job: Job, done: Sequence[str], now: datetime) -> None:
    """This step is done; the next begins after the last of `done`, if there were any."""
    with database.write() as connection:
        if finish_within(connection, job) and done:
            _ask(connection, done[-1], now)


def _ask(connection: Connection, after: str, now: datetime) -> None:
    row: dict[str, Any] = job_row(KIND, "", now) | {
        "message_id": None,
        "payload": {"after": after},
    }
    connection.execute(insert(schema.outbox), [row])


def _known(value: Any) -> int:
    return value if isinstance(value, int) else 0
