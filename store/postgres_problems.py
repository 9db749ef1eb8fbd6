"""What PostgreSQL says when it fails, in one line with the cure.

A server that answers says what is wrong by an SQLSTATE, whatever its language. Who cannot
connect hears words only (libpq keeps no code), so those are recognised by what they say in
English, and shown as they are otherwise.
"""

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mail.errors import StoreFull, StoreProblem
from mail.reply import printable
from store.problems import Conflict, Unconfirmed, Unreachable

_Kind = type[StoreProblem]

_STATES: tuple[tuple[str, _Kind, str], ...] = (
    ("40P01", Conflict, "The store {place} stopped one of two that waited for each other."),
    ("40001", Conflict, "The store {place} had a conflict of two transactions."),
    ("53100", StoreFull, "The store {place} is full: free space on its server's disk."),
    ("53300", Unreachable, "The store {place} takes no more connections: raise max_connections."),
    ("53", StoreProblem, "The store {place} is short of resources: {text}"),
    ("25006", Unreachable, "The store {place} is read-only: name its primary in store.url."),
    (
        "28",
        Unreachable,
        "The store {place} refuses our user: check user and password of store.url.",
    ),
    ("3D000", Unreachable, "The store {place} is no database yet: create it (createdb)."),
    ("42501", StoreProblem, "The store {place} denies our user its rights: make it the owner."),
    ("42P01", StoreProblem, "The store {place} lacks a table: run `postern migrate`."),
    ("42704", StoreProblem, "The server of {place} is too old: PostgreSQL 14 or newer is needed."),
    ("42703", StoreProblem, "The store {place} lacks a column: run `postern migrate`."),
    ("55P03", Unreachable, "The store {place} is held by somebody else: see pg_stat_activity."),
    ("57014", Unreachable, "The store {place} took too long: see its load and its disk."),
    ("25P03", Conflict, "The store {place} ended a transaction of ours that waited too long."),
    ("57P", Conflict, "The store {place} was shut down: it will be used again when it is back."),
    ("58", StoreProblem, "The disk of the store {place} fails to read or write: check the disk."),
    ("XX00", StoreProblem, "The store {place} is damaged: restore it from a backup. ({text})"),
    ("08", Conflict, "The store {place} closed the connection: look at its server."),
)

_WORDS: tuple[tuple[str, str], ...] = (
    ("too many clients", "53300"),
    ("connection slots", "53300"),
    ("too many connections", "53300"),
    ("authentication failed", "28000"),
    ("no password supplied", "28000"),
    ("no pg_hba.conf entry", "28000"),
    ("role ", "28000"),
    ("session is read-only", "25006"),
    ("hot standby mode", "25006"),
    ("permission denied for database", "42501"),
    ("database system is", "57P03"),
    ('database "', "3D000"),
)

_GONE = "The store {place} cannot be reached: see that its server runs there. ({text})"
_BUSY = "All connections to the store {place} are in use: raise store.connections."


def problem_of(error: BaseException, place: str, *, committing: bool = False) -> StoreProblem:
    """The exception for `error`; with `committing`, of one that came as the answer to COMMIT."""
    if isinstance(error, PoolTimeout):
        return StoreProblem(_BUSY.format(place=place))
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    text = _line(cause)
    state = getattr(cause, "sqlstate", None) or ""
    if not state and isinstance(cause, psycopg.OperationalError):
        return _without_state(cause, place, text, committing)
    for sign, kind, words in _STATES:
        if sign and state.startswith(sign):
            if committing and kind is Conflict and state[:2] in ("08", "57"):
                kind = Unconfirmed
            return kind(words.format(place=place, text=text))
    return StoreProblem(f"The store {place} failed: {text}")


def is_away(error: BaseException) -> bool:
    """Whether the connection that `error` came from is of no use any more."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    state = getattr(cause, "sqlstate", None) or ""
    if state:
        return state.startswith(("08", "57P"))
    return isinstance(cause, psycopg.OperationalError)


def _without_state(cause: BaseException, place: str, text: str, committing: bool) -> StoreProblem:
    """Either no connection could be made, or the one we had is lost."""
    if committing:
        words = f"The store {place} was lost while it committed: look at its server. ({text})"
        return Unconfirmed(words)
    if not _is_of_connecting(cause):
        return Conflict(_GONE.format(place=place, text=text))
    said = str(cause)
    state = next((state for sign, state in _WORDS if sign in said), "")
    for sign, _, words in _STATES:
        if state and state.startswith(sign):
            return Unreachable(words.format(place=place, text=text))
    return Unreachable(_GONE.format(place=place, text=text))


def _is_of_connecting(cause: BaseException) -> bool:
    return isinstance(cause, psycopg.errors.ConnectionTimeout) or "connection failed" in str(cause)


def _line(cause: BaseException) -> str:
    """The first line that says something: libpq begins with the address that it tried."""
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return printable(lines[0] if lines else type(cause).__name__)
