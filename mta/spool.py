"""Where a message lies while it comes in: in memory, and past a threshold in a spool file.

All sessions share one budget of memory. A message that would pass it goes to its file early, so
that many clients at once cost disk and not memory. Files are created 0600 in the spool folder,
hold the content only, and vanish with their transaction; those of a killed server are removed
at the next start.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mail.errors import SettingsProblem
from mail.raw import RawMessage

log = logging.getLogger("postern.mta")

_PREFIX = "incoming-"


MODEST = 8192
"""Octets in its buffers for which no connection is blamed: some commands and replies."""


class Budget:
    """Octets of memory that all messages together may hold."""

    def __init__(self, octets: int) -> None:
        self.limit = octets
        self.used = 0

    def take(self, octets: int) -> bool:
        """Reserve that many, if there are as many left."""
        if self.used + octets > self.limit:
            return False
        self.used += octets
        return True

    def give_back(self, octets: int) -> None:
        """Return what was taken."""
        self.used -= octets


class Charge:
    """What one connection has in its buffers, counted into the budget as it is, also where that
    passes the limit: the octets are there already. `covered` of them are reserved elsewhere."""

    __slots__ = ("_budget", "_counted", "covered")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._counted = 0
        self.covered = 0

    def set(self, octets: int) -> None:
        """So many are there now."""
        beyond = max(octets - self.covered, 0)
        if beyond != self._counted:
            self._budget.used += beyond - self._counted
            self._counted = beyond

    @property
    def is_too_much(self) -> bool:
        """Whether the budget is used up, and this connection is one of those who did it."""
        return self._counted > MODEST and self._budget.used > self._budget.limit


class Spool:
    """The spool folder and the memory that is shared; makes an `Incoming` for each message."""

    def __init__(self, folder: Path, threshold: int, budget: Budget) -> None:
        self.folder = folder
        self.threshold = threshold
        self.budget = budget
        self.in_files: set[Incoming] = set()
        """The messages under way that lie in files."""

    def prepare(self) -> None:
        """Make the folder, and remove what a killed server left there.

        Raises SettingsProblem if it cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.turn():
                stale = [path for path in self.folder.glob(_PREFIX + "*") if not _is_held(path)]
                for path in stale:
                    path.unlink(missing_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            reason = f"cannot write to the spool folder {self.folder}: {error.strerror}"
            raise SettingsProblem(reason) from error
        if stale:
            log.info("spool event=cleaned files=%d", len(stale))

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Between making a file and holding its lock, nobody else may look for stale ones."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def incoming(self) -> "Incoming":
        """Room for one message."""
        return Incoming(self)


def _is_held(path: Path) -> bool:
    """Whether a process that still runs writes or reads the file: it holds a lock on it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class Incoming:
    """One message on its way in. `write` all of it, `finish`, and `close` when it is over."""

    __slots__ = ("_digest", "_file", "_parts", "_path", "_spool", "_taken", "size")

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._parts: list[bytes] = []
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._taken = 0
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        """Add `content`. Raises OSError when the disk is full or broken."""
        if not content:
            return
        self._digest.update(content)
        self.size += len(content)
        if self._file is None and not self._fits(len(content)):
            self._move_to_file()
        if self._file is not None:
            self._file.write(content)
        else:
            self._parts.append(content)

    def _fits(self, octets: int) -> bool:
        if self.size > self._spool.threshold or not self._spool.budget.take(octets):
            return False
        self._taken += octets
        return True

    def _move_to_file(self) -> None:
        with self._spool.turn():
            number, name = tempfile.mkstemp(prefix=_PREFIX, dir=self._spool.folder)
            self._path = Path(name)
            self._file = os.fdopen(number, "wb")
            fcntl.flock(number, fcntl.LOCK_EX)  # until it is closed: tells it from a stale one
        self._spool.in_files.add(self)
        for part in self._parts:
            self._file.write(part)
        self._forget_memory()

    def finish(self) -> RawMessage:
        """What was written, as a message that can be read until `close`."""
        if self._file is None:
            content = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts = []
            return RawMessage.in_memory(content, self._digest.hexdigest())
        self._file.flush()
        assert self._path is not None
        return RawMessage.in_file(self._path, self.size, self._digest.hexdigest())

    def close(self) -> None:
        """Give the memory back and remove the file. May be called twice."""
        self._forget_memory()
        self._spool.in_files.discard(self)
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk has been answered already
                self._file.close()
            self._file = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _forget_memory(self) -> None:
        self._spool.budget.give_back(self._taken)
        self._taken = 0
        self._parts = []
