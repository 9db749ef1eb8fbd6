"""The words of what was erased leave the files of the embedded store's search index.

SQLite's full text index (FTS5) only notes that an entry is deleted; its words lie in the segments
until those are merged. Merging all of them at once would keep mail waiting for as long as it
takes, so it is done in many steps. PostgreSQL does the like when it vacuums.
"""

from sqlalchemy import Connection

from store.database import Database
from store.turns import Pace

_PAGES = 500
"""Pages of the index that one step writes, about: some milliseconds."""


def merge_index(database: Database, pace: Pace) -> None:
    """Until nothing is left to merge, or `pace` stops it. Raises StoreProblem."""
    if not database.settings.is_embedded:
        return
    pages = -_PAGES  # negative: begin with all segments
    while not pace.is_stopped():
        with database.write() as connection:
            is_done = _merge(connection, pages)
        if is_done and pages > 0:
            break
        pages = _PAGES
        pace.pause(pace.seconds)


def _merge(connection: Connection, pages: int) -> bool:
    """One step; whether it found nothing to do, which SQLite tells by its count of changes."""
    before = _changes(connection)
    step = "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)"
    connection.exec_driver_sql(step, (pages,))
    return _changes(connection) - before < 2


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())
