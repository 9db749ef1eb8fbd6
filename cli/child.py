"""A program's process, seen from its parent: forked, ready, alive, asked to end, gone."""

import contextlib
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass, field

from cli.program import HURRY, READY, RETIRE, Program, live

_log = logging.getLogger("postern.serve")

FATAL_PAUSE = 3.0
"""Seconds for a traceback between SIGABRT and SIGKILL."""

_BACK_OFF = (0.1, 0.5, 1, 2, 5, 10, 30)
_STEADY = 60.0
"""Seconds after which a program counts as having started well, and its back-off is forgotten."""
_STEP = 1.0
"""What one look counts at most: who was stopped himself must not blame the others for it."""

OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, RETIRE, HURRY)
"""Signals that the parent has handlers for, or the child will have: held back during a fork."""


@dataclass(slots=True)
class Child:
    """A program and the process that runs it now, if any."""

    program: Program
    pid: int = 0
    is_ready: bool = False
    crashes: int = 0
    again_at: float = 0.0
    ready: int = -1
    """Read end of the pipe on which the child says that it is ready, and later that it takes
    nobody new; -1 when there is no more to hear."""
    silent: float = 0.0
    """Seconds without a beat of its pulse, or until it is ready, as far as we looked."""
    left_at: float = 0.0
    """When it was told that it has a successor."""
    _started: float = 0.0
    _beat: int = 0
    _last_signal: int = field(default=0)

    @property
    def name(self) -> str:
        """That of its program."""
        return self.program.name

    def fork(self, alive: tuple[int, int], others: list[int]) -> None:
        """Start it. `alive` is the pipe whose write end is the parent's life, `others` are
        descriptors that the child must not keep."""
        ready_read, ready_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, OURS)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in OURS:
                signal.signal(number, signal.SIG_DFL)
            for descriptor in (ready_read, alive[1], *others):
                os.close(descriptor)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGCHLD, signal.SIGINT))
            os._exit(live(self.program, alive[0], ready_write))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
        os.close(ready_write)
        self.pid, self._started, self.ready = pid, time.monotonic(), ready_read
        self.is_ready, self.silent, self._last_signal = False, 0.0, 0

    def send(self, number: signal.Signals) -> None:
        """A signal, if it runs."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    @property
    def is_open(self) -> bool:
        """Whether somebody new may still be taken by it, under its configuration."""
        return self.ready >= 0 and bool(self.program.sockets)

    def listen(self) -> None:
        """What it says on its pipe: that it is ready, that it takes nobody new, or, by closing
        it, that it ended."""
        word = os.read(self.ready, 1)
        if word == READY:
            self.is_ready, self.silent = True, 0.0
        else:
            self._close_pipe()

    def reap(self) -> str | None:
        """Why its process has ended, if it has: the signal's name, or the exit status."""
        if not self.pid:
            return None
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.pid, self.is_ready = 0, False
        self.program.pulse.stop()
        self._close_pipe()
        code = os.waitstatus_to_exitcode(status)
        return signal.Signals(-code).name if code < 0 else f"exit-{code}"

    def plan_restart(self, cause: str) -> None:
        """It ended by itself: when to start it again. The pauses grow while it does not last."""
        lived = time.monotonic() - self._started
        self.crashes = 1 if lived > _STEADY else self.crashes + 1
        wait = _BACK_OFF[min(self.crashes, len(_BACK_OFF)) - 1]
        self.again_at = time.monotonic() + wait
        _log.error(
            "event=died program=%s cause=%s after_seconds=%.0f again_in=%s",
            self.name,
            cause,
            lived,
            wait,
        )

    def look_at_pulse(self, elapsed: float, start_limit: float, hang_limit: float) -> None:
        """Whether it works. One that does not has to say where it stands, and is killed.

        `elapsed`: seconds since the last look.
        """
        if not self.pid:
            return
        last = self.program.pulse.last
        if self.is_ready and last != self._beat:
            self._beat, self.silent = last, 0.0
            return
        self.silent += min(elapsed, _STEP)
        limit = hang_limit if self.is_ready else start_limit
        if self.silent > limit + FATAL_PAUSE:
            self._end(signal.SIGKILL)
        elif self.silent > limit:
            self._end(signal.SIGABRT)

    def _end(self, number: signal.Signals) -> None:
        if self._last_signal != number:
            self._last_signal = number
            reason = "does not answer" if self.is_ready else "does not become ready"
            _log.error(
                "event=hangs program=%s pid=%d signal=%s: it %s",
                self.name,
                self.pid,
                number.name,
                reason,
            )
            self.send(number)

    def _close_pipe(self) -> None:
        if self.ready >= 0:
            os.close(self.ready)
            self.ready = -1
