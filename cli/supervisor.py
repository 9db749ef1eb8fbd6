"""One parent and its programs: start them, see that they are ready, start them again when they
die, stop them together.

The parent forks; it holds the listening sockets, runs no event loop and has no threads, so each
fork starts clean. Every child has one pipe to the parent (it writes one octet when it is ready)
and one from it: when the parent goes, in whatever way, that pipe ends and the child stops, so
that no orphan keeps the port.
"""

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from mail.errors import Problem

_log = logging.getLogger("postern.serve")

START_LIMIT = 30.0
"""Seconds that a program may take until it is ready."""
STOP_LIMIT = 35.0
"""Seconds that programs may take to finish what they are doing after SIGTERM."""
_BACK_OFF = (0.1, 0.5, 1, 2, 5, 10, 30)
_STEADY = 60.0
"""Seconds after which a program counts as having started well, and its back-off is forgotten."""

Role = Callable[[Callable[[], None], asyncio.Event], Awaitable[None]]
"""A long-running program: calls the first argument once when it is ready, and returns after the
second is set and all that was begun is finished."""


@dataclass(slots=True)
class _Child:
    name: str
    role: Role
    pid: int = 0
    started: float = 0.0
    crashes: int = 0
    again_at: float = 0.0
    ready: int = field(default=-1)
    """Read end of the pipe on which the child says that it is ready."""


class Supervisor:
    """Run `roles` (name and program each) until SIGTERM or SIGINT.

    `sockets` are those that the programs listen on. They are closed here when we stop: held open
    by us alone, they would take connections that nobody answers.
    """

    def __init__(self, roles: list[tuple[str, Role]], sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets
        self._children = [_Child(name, role) for name, role in roles]
        self._alive_read, self._alive_write = os.pipe()
        self._stopping = False

    def start(self) -> bool:
        """Fork all of them and wait until each is ready. False if one died instead."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for child in self._children:
            self._fork(child)
        ready = all(self._await_ready(child) for child in self._children)
        return ready and not self._stopping

    def run(self) -> None:
        """Watch over them until we are asked to stop. Returns when all are gone."""
        while not self._stopping:
            self._reap()
            self._restart_due()
            time.sleep(0.2)
        self.stop()

    def stop(self) -> None:
        """SIGTERM to each, then patience, then SIGKILL."""
        for listening in self._sockets:
            listening.close()
        for child in self._children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_LIMIT
        while time.monotonic() < deadline and any(child.pid for child in self._children):
            self._stopping = True
            self._reap()
            time.sleep(0.05)
        for child in self._children:
            if child.pid:
                _log.error("event=killed program=%s reason=did-not-stop", child.name)
                _signal(child, signal.SIGKILL)
        self._reap()

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _fork(self, child: _Child) -> None:
        ready_read, ready_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            # Until its loop listens for signals, a child asked to stop may simply end.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.close(ready_read)
            os.close(self._alive_write)
            _name_process(child.name)
            os._exit(_run_child(child, self._alive_read, ready_write))
        os.close(ready_write)
        child.pid, child.started, child.ready = pid, time.monotonic(), ready_read

    def _await_ready(self, child: _Child) -> bool:
        deadline = child.started + START_LIMIT
        while (left := deadline - time.monotonic()) > 0 and not self._stopping:
            if select.select([child.ready], [], [], min(left, 0.2))[0]:
                said = os.read(child.ready, 1)
                os.close(child.ready)
                return said == b"+"
        return False

    def _reap(self) -> None:
        for child in self._children:
            if child.pid and (ended := os.waitpid(child.pid, os.WNOHANG))[0]:
                child.pid = 0
                if not self._stopping:
                    self._plan_restart(child, _cause(ended[1]))

    def _plan_restart(self, child: _Child, cause: str) -> None:
        lived = time.monotonic() - child.started
        child.crashes = 1 if lived > _STEADY else child.crashes + 1
        wait = _BACK_OFF[min(child.crashes, len(_BACK_OFF)) - 1]
        child.again_at = time.monotonic() + wait
        _log.error(
            "event=died program=%s cause=%s after_seconds=%.0f again_in=%s",
            child.name,
            cause,
            lived,
            wait,
        )

    def _restart_due(self) -> None:
        for child in self._children:
            if not child.pid and time.monotonic() >= child.again_at:
                self._fork(child)
                os.close(child.ready)


def _cause(status: int) -> str:
    """What waitpid says, in a word: the signal's name, or the exit status."""
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"exit-{code}"


def _name_process(name: str) -> None:
    """Let ps, top and pgrep tell the programs apart; Linux shows 15 octets."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"postern-{name}"[:15])


def _signal(child: _Child, number: int) -> None:
    if child.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)


def _run_child(child: _Child, alive: int, ready: int) -> int:
    """In the child: run the role in a loop of its own. Returns the exit status."""
    try:
        uvloop.run(_live(child, alive, ready))
    except Problem as problem:
        print(f"postern: {child.name}: {problem}", file=sys.stderr, flush=True)
        return 2
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


async def _live(child: _Child, alive: int, ready: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Ctrl-C reaches the whole group: the parent passes it on as SIGTERM.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    loop.add_reader(alive, stop.set)

    def is_ready() -> None:
        # After a restart nobody waits for the word any more.
        with contextlib.suppress(BrokenPipeError):
            os.write(ready, b"+")
        os.close(ready)

    try:
        await child.role(is_ready, stop)
    finally:
        loop.remove_reader(alive)
