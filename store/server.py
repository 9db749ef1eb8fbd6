"""What a server that keeps the store says about itself: its version, its standbys, its settings."""

from dataclasses import dataclass

from sqlalchemy import Connection

from store.database import Database


@dataclass(frozen=True, slots=True)
class ServerState:
    """`standbys` are those that a commit waits for, as `synchronous_standby_names` names them;
    `connected` how many are there and synchronous now, None where our role may not see that.
    `fsync` and `full_page_writes` off mean that a crash of the machine loses mail."""

    version: str
    synchronous_commit: str
    standbys: str
    connected: int | None
    fsync: bool
    full_page_writes: bool


def server_state(database: Database) -> ServerState | None:
    """How the server is; None for the embedded store. Raises StoreProblem."""
    if database.settings.is_embedded:
        return None
    with database.read() as connection:
        return ServerState(
            version=_setting(connection, "server_version").split()[0],
            synchronous_commit=_setting(connection, "synchronous_commit"),
            standbys=_setting(connection, "synchronous_standby_names"),
            connected=_connected(connection),
            fsync=_setting(connection, "fsync") == "on",
            full_page_writes=_setting(connection, "full_page_writes") == "on",
        )


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar())


def _connected(connection: Connection) -> int | None:
    query = (
        "SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),"
        " count(*) FILTER (WHERE sync_state IS NULL) FROM pg_stat_replication"
    )
    seen, hidden = connection.exec_driver_sql(query).one()
    return None if hidden else int(seen)
