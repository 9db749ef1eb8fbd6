"""Where an export goes, so that a killed one can go on and a half one is never taken for whole.

A file is written under its name with `.partial` behind, and gets its name when everything in it
is on stable storage. Beside it lies `.partial.state`: what was asked for, the last message, and
how many octets are sound up to there; whatever stands behind them is cut off before it goes on.
A folder has such a state inside, and each message there is written, fsynced and only then named.
Everything is the operator's alone to read, and nothing that was there is ever written over.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from mail.errors import SettingsProblem

STATE_EVERY_SECONDS = 2.0
STATE_EVERY_OCTETS = 64 * 1024 * 1024
"""So much work at most is done again after a kill."""


@dataclass(frozen=True, slots=True)
class State:
    """How far an export is. `asked` must be the same for it to go on; `last` is an id or empty,
    `failed` counts messages that could not be read."""

    asked: dict[str, Any] = field(default_factory=dict)
    last: str = ""
    octets: int = 0
    messages: int = 0
    failed: int = 0
    unwhole: int = 0

    def and_message(self, identifier: str, octets: int, *, whole: bool) -> "State":
        """With one message more."""
        return replace(
            self,
            last=identifier,
            octets=self.octets + octets,
            messages=self.messages + 1,
            unwhole=self.unwhole + (not whole),
        )

    def and_failure(self, identifier: str) -> "State":
        """With one more that could not be read."""
        return replace(self, last=identifier, failed=self.failed + 1)


class Output(Protocol):
    """Somewhere to write messages. `begin` first, then `write` and `note` for each, `end` last."""

    def begin(self, asked: dict[str, Any], *, resume: bool) -> State:
        """Where to go on. Raises SettingsProblem where that cannot be told, OSError."""

    def write(self, identifier: str, blocks: Iterable[bytes]) -> int:
        """One message; the octets that it took."""

    def note(self, state: State) -> None:
        """Everything up to here was handed to `write`."""

    def end(self, state: State) -> None:
        """That was all: make it durable and give it its name."""

    def close(self) -> None:
        """Let go of what is open, finished or not."""


class Stream:
    """Standard output: nothing to go on with."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def begin(self, asked: dict[str, Any], *, resume: bool) -> State:
        """See Output."""
        if resume:
            raise SettingsProblem("--resume goes on with a file or a folder: name it with --output")
        return State(asked)

    def write(self, identifier: str, blocks: Iterable[bytes]) -> int:
        """See Output."""
        return sum(self._stream.write(block) for block in blocks)

    def note(self, state: State) -> None:
        """See Output."""

    def end(self, state: State) -> None:
        """See Output."""
        self._stream.flush()

    def close(self) -> None:
        """See Output."""


class StateFile:
    """The state on disk; renewed now and then, after what it speaks of is durable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new = path.with_name(path.name + ".new")
        self._kept = State()
        self._kept_at = time.monotonic()

    def read(self, asked: dict[str, Any]) -> State | None:
        """The state of an export that was not finished; None where there is none.

        Raises SettingsProblem where it is one of something else.
        """
        try:
            state = State(**json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise SettingsProblem(
                f"{self.path} is not the state of an export: remove it"
            ) from error
        if _question(state.asked) != _question(asked):
            raise SettingsProblem(
                f"{self.path}: that export was asked for with other options: repeat them with "
                "--resume, or remove what is there of it"
            )
        self._kept = state
        return state

    def is_due(self, state: State) -> bool:
        """Whether so much was done since that the state should be kept."""
        if state.octets - self._kept.octets >= STATE_EVERY_OCTETS:
            return True
        return time.monotonic() - self._kept_at >= STATE_EVERY_SECONDS

    def keep(self, state: State) -> None:
        """Make it durable."""
        with self._new.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        self._new.rename(self.path)
        sync_folder(self.path.parent)
        self._kept, self._kept_at = state, time.monotonic()

    def forget(self) -> None:
        """The export is whole; also what was written of a state when it was killed."""
        for path in (self._new, self.path):
            path.unlink(missing_ok=True)


def _question(asked: dict[str, Any]) -> dict[str, Any]:
    """What must be the same. Times are not: "30d" means another moment now, and the first stays."""
    return {name: value for name, value in asked.items() if name not in ("since", "until")}


class OneFile:
    """A file that is named when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._state = StateFile(path.with_name(path.name + ".partial.state"))
        self._file: BinaryIO | None = None

    def begin(self, asked: dict[str, Any], *, resume: bool) -> State:
        """See Output."""
        if self._path.exists():
            raise SettingsProblem(f"{self._path} is there already: name another file, or move it")
        found = self._state.read(asked) if resume else None
        if not resume and self._partial.exists():
            raise SettingsProblem(
                f"{self._partial} is of an export that was not finished: add --resume, or remove it"
            )
        self._file = open_private(self._partial, os.O_APPEND)
        _lock(self._file, self._partial)
        if found is None:  # killed before the first state, or a new one
            if self._file.seek(0, os.SEEK_END):
                raise SettingsProblem(f"{self._partial} is of no export that could go on: move it")
            state = State(asked)
            self._state.keep(state)
            return state
        if self._file.seek(0, os.SEEK_END) < found.octets:
            raise SettingsProblem(f"{self._partial} is shorter than its state says: remove both")
        self._file.truncate(found.octets)
        return found

    def write(self, identifier: str, blocks: Iterable[bytes]) -> int:
        """See Output."""
        assert self._file is not None
        return sum(self._file.write(block) for block in blocks)

    def note(self, state: State) -> None:
        """See Output."""
        if self._state.is_due(state):
            self._sync()
            self._state.keep(state)

    def end(self, state: State) -> None:
        """See Output."""
        self._sync()
        _name(self._partial, self._path)
        self._state.forget()
        sync_folder(self._path.parent)

    def close(self) -> None:
        """See Output."""
        if self._file is not None:
            self._file.close()

    def _sync(self) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())


class Folder:
    """A file for each message, named by its id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state = StateFile(path / ".postern-export.state")
        self._lock: BinaryIO | None = None

    def begin(self, asked: dict[str, Any], *, resume: bool) -> State:
        """See Output."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {one.name for one in self._path.iterdir()}
        if names and not resume:
            unfinished = self._state.path.name in names
            raise SettingsProblem(
                f"{self._path} is of an export that was not finished: add --resume, or empty it"
                if unfinished
                else f"{self._path} is not empty: name another folder"
            )
        self._lock = (self._path / ".postern-export.lock").open("ab")
        _lock(self._lock, self._path)
        found = self._state.read(asked)
        if found is None:
            if names - {".postern-export.lock", self._state.path.name + ".new"}:
                raise SettingsProblem(f"{self._path} has no export that could go on")
            found = State(asked)
            self._state.keep(found)
        return found

    def write(self, identifier: str, blocks: Iterable[bytes]) -> int:
        """See Output."""
        temporary = self._path / f".{identifier}.partial"
        with open_private(temporary, os.O_TRUNC) as file:
            octets = sum(file.write(block) for block in blocks)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._path / f"{identifier}.eml")
        return octets

    def note(self, state: State) -> None:
        """See Output."""
        if self._state.is_due(state):
            sync_folder(self._path)
            self._state.keep(state)

    def end(self, state: State) -> None:
        """See Output."""
        sync_folder(self._path)
        for path in self._path.glob(".*.partial"):
            path.unlink()
        (self._path / ".postern-export.lock").unlink(missing_ok=True)
        self._state.forget()
        sync_folder(self._path)

    def close(self) -> None:
        """See Output."""
        if self._lock is not None:
            self._lock.close()


def open_private(path: Path, how: int) -> BinaryIO:
    """A file to write that nobody else may read: mail and its codes stand in it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how
    return os.fdopen(os.open(path, flags, 0o600), "ab" if how & os.O_APPEND else "wb")


def _name(partial: Path, path: Path) -> None:
    """Give a whole file its name, unless somebody else took it meanwhile."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise SettingsProblem(
            f"{path} came to be there meanwhile: move it; {partial} is whole"
        ) from None
    except OSError:  # a file system without hard links
        partial.rename(path)
        return
    partial.unlink()


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise SettingsProblem(f"{path}: another export is writing there") from None


def sync_folder(path: Path) -> None:
    """Make the names in it durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
