"""One parent and its programs: start them, see that they are ready and alive, start them again
when they die, replace them when the configuration changes, stop them together.

The parent forks; it holds the listening sockets, runs no event loop and has no threads, so each
fork starts clean. It reads nothing that a stranger sent. What reaches it: SIGTERM or SIGINT
(stop; a second one: at once), SIGHUP (read the configuration again), the end of a child.
"""

import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cli.child import Child
from cli.program import HURRY, RETIRE, Program
from cli.service_manager import ServiceManager
from mail.errors import Problem

_log = logging.getLogger("postern.serve")

_TICK = 0.5
"""Seconds between two looks when nothing happens."""
_HURRY = 15.0
"""Seconds for programs that were asked to stop a second time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a program may take until it is ready, that its event loop may stand still,
    and that it may go on once it has a successor, before the time begins that it has for ending."""

    start: float = 30.0
    hang: float = 20.0
    retire: float = 320.0


class Supervisor:
    """Run `programs` until SIGTERM or SIGINT.

    `sockets` are those that the programs listen on. They are closed here when we stop: held open
    by us alone, they would take connections that nobody answers. `replan` reads the configuration
    again and gives the programs that it asks for, or raises a Problem.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        sockets: Sequence[socket.socket],
        replan: Callable[[], Sequence[Program]],
        manager: ServiceManager | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self._sockets = sockets
        self._replan = replan
        self._manager = manager or ServiceManager()
        self._patience = patience
        self._children = [Child(program) for program in programs]
        self._coming: list[Child] = []
        """Those of the new configuration, until all of them are ready."""
        self._leaving: list[Child] = []
        """Those of the old one, which finish their sessions."""
        self._closing: list[Child] = []
        """Those of them that have a successor and may not have closed their doors yet."""
        self._alive = os.pipe()
        self._wake, self._waker = socket.socketpair()
        self._stops = 0
        self._is_reload_due = False
        self._has_terminal = sys.stdin is not None and sys.stdin.isatty()
        self._looked_at = self._fed_at = time.monotonic()

    def start(self) -> bool:
        """Fork all of them and wait until each is ready. False if one died instead."""
        self._listen_to_signals()
        self._fork(self._children)
        while not all(child.is_ready for child in self._children):
            self._wait()
            died = [cause for child in self._children if (cause := child.reap())]
            if died or self._stops:
                return False
        self._manager.ready(self._status())
        return True

    def run(self) -> None:
        """Watch over them until we are asked to stop. Returns when all are gone."""
        while not self._stops:
            self._reap()
            self._start_again()
            self._reload()
            self._manager.status(self._status())
            self._wait()
        self.stop()

    def stop(self) -> None:
        """SIGTERM to each, then patience, then SIGKILL."""
        told = max(self._stops, 1)  # whoever asks again from now on is in a hurry
        self._manager.stopping()
        for listening in self._sockets:
            listening.close()
        everybody = self._everybody()
        self._tell(everybody, signal.SIGTERM)
        began = time.monotonic()
        limit = max((child.program.stop_limit for child in everybody), default=0.0)
        while any(child.pid for child in everybody) and time.monotonic() < began + limit:
            self._wait()
            for child in everybody:
                child.reap()
            if self._stops > told:
                told, limit = self._stops, min(limit, time.monotonic() - began + _HURRY)
                self._tell(everybody, HURRY)
        self._kill(everybody, "did-not-stop")

    # ---- what reaches us

    def _listen_to_signals(self) -> None:
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGHUP, self._ask_to_reload)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._stops += 1

    def _ask_to_reload(self, number: int, frame: object) -> None:
        """Whoever closes the terminal that we were started from wants us to end."""
        if self._has_terminal and not sys.stdin.isatty():
            self._stops += 1
        else:
            self._is_reload_due = True

    def _wait(self) -> None:
        """For a signal, a child that becomes ready, or the time of the next look."""
        pipes = {child.ready: child for child in self._everybody() if child.ready >= 0}
        pauses = [child.again_at - time.monotonic() for child in self._children if not child.pid]
        pause = min((_TICK, *(one for one in pauses if one > 0)))
        wake = self._wake.fileno()
        for one in select.select([wake, *pipes], [], [], pause)[0]:
            if one == wake:
                self._wake.recv(4096)
            else:
                pipes[one].listen()
        self._look_at_pulses()

    def _look_at_pulses(self) -> None:
        now = time.monotonic()
        elapsed, self._looked_at = now - self._looked_at, now
        for child in self._everybody():
            child.look_at_pulse(elapsed, self._patience.start, self._patience.hang)
        watchdog = self._manager.watchdog
        hangs = any(
            child.is_ready and child.silent > self._patience.hang for child in self._children
        )
        if watchdog is not None and now - self._fed_at >= min(watchdog / 2, 10.0) and not hangs:
            self._fed_at = now
            self._manager.alive()

    # ---- children that come and go

    def _everybody(self) -> list[Child]:
        return [*self._children, *self._coming, *self._leaving]

    def _fork(self, children: Iterable[Child]) -> None:
        for child in children:
            own = {id(one) for one in child.program.sockets}
            foreign = [one.fileno() for one in self._sockets if id(one) not in own]
            pipes = [one.ready for one in self._everybody() if one.ready >= 0]
            ours = [self._wake.fileno(), self._waker.fileno(), *pipes]
            child.fork(self._alive, [*ours, *foreign])

    def _reap(self) -> None:
        for child in self._children:
            if cause := child.reap():
                child.plan_restart(cause)
        for child in self._leaving:
            child.reap()
            limit = self._patience.retire + child.program.stop_limit
            if time.monotonic() - child.left_at > limit:
                self._kill([child], "did-not-retire")
        self._leaving = [child for child in self._leaving if child.pid]

    def _start_again(self) -> None:
        now = time.monotonic()
        self._fork(child for child in self._children if not child.pid and now >= child.again_at)

    def _tell(self, children: Iterable[Child], number: signal.Signals) -> None:
        for child in children:
            child.send(number)

    def _kill(self, children: Iterable[Child], reason: str) -> None:
        for child in children:
            if child.pid:
                _log.error("event=killed program=%s reason=%s", child.name, reason)
                child.send(signal.SIGKILL)

    # ---- another configuration

    def _reload(self) -> None:
        """One step: begin, give up, change over when all are ready, or say that it is done."""
        if self._coming:
            died = [f"{child.name} {cause}" for child in self._coming if (cause := child.reap())]
            if died:
                self._give_up(f"{died[0]} before it was ready")
            elif all(child.is_ready for child in self._coming):
                self._change_over()
        elif self._closing:
            self._end_reload()
        elif self._is_reload_due:
            self._is_reload_due = False
            self._begin_reload()

    def _begin_reload(self) -> None:
        self._manager.reloading()
        try:
            programs = self._replan()
        except Problem as problem:
            self._give_up(str(problem))
            return
        except Exception:
            _log.exception("event=reload-failed")
            self._give_up("a fault of ours, see above")
            return
        self._coming = [Child(program) for program in programs]
        self._fork(self._coming)

    def _give_up(self, reason: str) -> None:
        _log.error("event=reload-refused: %s; the configuration of before stays in force", reason)
        self._tell(self._coming, signal.SIGKILL)
        for child in self._coming:
            child.left_at = time.monotonic()
        self._leaving += self._coming
        self._coming = []
        self._manager.ready(self._status())

    def _change_over(self) -> None:
        self._tell(self._leaving, signal.SIGTERM)
        self._tell(self._children, RETIRE)
        for child in self._children:
            child.left_at = time.monotonic()
        self._leaving += self._children
        self._closing, self._children, self._coming = self._children, self._coming, []
        self._end_reload()

    def _end_reload(self) -> None:
        """Whoever connects once we said that it is done is served by the new programs."""
        self._closing = [child for child in self._closing if child.is_open]
        if self._closing:
            return
        _log.info("event=reloaded programs=%s", ",".join(child.name for child in self._children))
        self._manager.ready(self._status())

    def _status(self) -> str:
        """For a person who asks systemctl."""
        serving = ", ".join(child.name for child in self._children if child.is_ready)
        missing = ", ".join(child.name for child in self._children if not child.is_ready)
        status = f"Serving: {serving or 'nobody'}"
        return f"{status}; starting again: {missing}" if missing else status
