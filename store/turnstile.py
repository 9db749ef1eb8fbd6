"""One writer at a time among all threads and processes, and none is passed over for long.

SQLite lets one connection write; the others sleep and try again, up to a tenth of a second, and
the unlucky one may lose every time. Two file locks make a turnstile instead: who wants to write
first holds `next`, waits there for `main`, and lets go of `next` only then. So at most one
writer is ahead of those who come later, and each waits in the kernel, which wakes it at once.
A process that dies lets go of both: the kernel closes its files.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turnstile:
    """Two lock files beside `database`: its name with `.next` and `.main` behind."""

    def __init__(self, database: Path) -> None:
        self._next = database.with_name(database.name + ".next")
        self._main = database.with_name(database.name + ".main")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for one's turn, and hold it until the block ends.

        Every call opens the files anew, because such a lock belongs to the open file: that is
        what makes it work between the threads of one process as well. Raises OSError.
        """
        main = _open(self._main)
        try:
            _through(self._next, main)
            yield
        finally:
            os.close(main)


def _through(gate: Path, main: int) -> None:
    entrance = _open(gate)
    try:
        fcntl.flock(entrance, fcntl.LOCK_EX)
        fcntl.flock(main, fcntl.LOCK_EX)
    finally:
        os.close(entrance)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
