"""What `postern check` says of the server that keeps the store: above all, what 250 means there."""

from collections.abc import Iterator

from cli.findings import Finding
from store.database import Database
from store.server import ServerState, server_state


def check_server(database: Database) -> Iterator[Finding]:
    """Nothing for the embedded store. Raises StoreProblem."""
    state = server_state(database)
    if state is None:
        return
    yield Finding("ok", "store server", f"PostgreSQL {state.version}")
    for name, is_on in (("fsync", state.fsync), ("full_page_writes", state.full_page_writes)):
        if not is_on:
            found = f"{name} is off, so a crash of its machine loses mail that had a 250"
            yield Finding("bad", "store server", found, f"set {name} = on in postgresql.conf")
    yield _standby(state)


def _standby(state: ServerState) -> Finding:
    what = "store standby"
    if state.synchronous_commit == "local":
        found = "store.synchronous_commit is local: 250 means the server's own disk only"
        return Finding("warn", what, found, "take the key away if mail must outlive that disk")
    if not state.standbys:
        found = "none is synchronous: 250 means the server's own disk only"
        return Finding("warn", what, found, "set synchronous_standby_names if it must mean more")
    means = _MEANINGS[state.synchronous_commit]
    found = f"{state.standbys} is synchronous: 250 means the server's disk and {means}"
    if state.connected == 0:
        cure = "start one, or mail will be deferred with 451"
        return Finding("bad", what, f"{state.standbys} is waited for, and none is there", cure)
    if state.connected is None:
        return Finding("warn", what, found, "whether it is there: GRANT pg_monitor to our role")
    return Finding("ok", what, found)


_MEANINGS = {
    "on": "the standby's disk",
    "remote_apply": "that the standby shows it",
    "remote_write": "the standby's memory",
}
