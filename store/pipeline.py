"""Statements of PostgreSQL that are sent without waiting for the answer of the one before.

A batch writes ten tables, and nobody needs the answer of one to write the next. Sent one behind
the other, together with COMMIT, they take one round trip; and what they lock (counters that every
batch counts up) is locked for as long as the server works, not for as long as the network takes.

Whoever begins one need not end it: the next ordinary statement on the connection does
(`leave` before each), or COMMIT, which travels in it. What fails comes out there.
"""

from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection

_KEY = "postern_pipeline"


def enter(connection: Connection) -> None:
    """From now on the driver's cursors on this connection do not wait for answers."""
    if _KEY not in connection.info:
        stack = ExitStack()
        stack.enter_context(_driver(connection).pipeline())
        connection.info[_KEY] = stack


def leave(connection: Connection) -> None:
    """Wait for all answers. Raises what one of the statements raised."""
    stack: ExitStack | None = connection.info.pop(_KEY, None)
    if stack is not None:
        stack.close()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
