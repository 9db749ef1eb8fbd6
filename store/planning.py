"""What PostgreSQL's planner knows of the tables that are partitioned by month.

Autovacuum looks at each month by itself and never at the table as a whole, whose numbers the
planner takes for lists and joins over all months: unless somebody says ANALYZE, it guesses.
"""

import logging

from sqlalchemy import text

from mail.errors import StoreProblem
from store.database import Database
from store.partitions import LOCK_WAIT

_log = logging.getLogger("postern.store")

LONGEST = "10min"
"""For one table. It is read beside everything else: nobody waits."""

_DUE = text(
    "SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid"
    " LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid"
    " CROSS JOIN LATERAL (SELECT sum(greatest(m.reltuples, 0)) AS rows FROM pg_inherits i"
    " JOIN pg_class m ON m.oid = i.inhrelid WHERE i.inhparent = c.oid) months"
    " WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND months.rows > 0"
    " AND (c.reltuples < 0 OR months.rows > 1.2 * c.reltuples"
    " OR s.last_analyze IS NULL OR s.last_analyze < now() - interval '1 day')"
    " ORDER BY c.relname"
)


def keep_known(database: Database) -> int:
    """What the worker does now and then: count anew the tables that have grown by a fifth, or
    were not counted for a day; how many. Empty ones are left out, and SQLite has none. Raises
    StoreProblem where the store cannot be read."""
    if database.settings.is_embedded:
        return 0
    with database.read() as connection:
        due = list(connection.execute(_DUE).scalars())
    return sum(_count(database, table) for table in due)


def _count(database: Database, table: str) -> int:
    try:
        with database.write_beside() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONGEST}'")
            connection.exec_driver_sql(f'ANALYZE "{table}"')
    except StoreProblem as problem:
        _log.warning("event=statistics-later table=%s reason=%s", table, problem)
        return 0
    return 1
