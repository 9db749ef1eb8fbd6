"""What reading one message may cost, and the walls around the process that reads."""

import contextlib
import ctypes
import os
import resource
import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one message: `cpu` of the processor, `wall` by the clock, whichever ends first.

    `headline` and `headline_wall` are what a second try may take beside that, which reads the
    header alone. A message that loops ends by the processor's time; the clock is for what waits,
    and has room for a machine whose processors are busy with others, which is no fault of the
    message.
    """

    cpu: float = 1.5
    wall: float = 6.0
    headline: float = 0.3
    headline_wall: float = 3.0


PATIENT = Limits(cpu=2.0, wall=20.0, headline=1.0, headline_wall=10.0)
"""For work that nobody waits for, on a machine that has more important things to do."""

MEMORY = 1024 * 1024 * 1024
"""Octets of address space. The interpreter has 80 MB of it with all that is loaded, and the worst
of several messages of 50 MB took 165 MB more; what needs five times as much is no mail."""

LIFETIME = 300
"""Seconds of processor time in a child's life, after which it is killed; it leaves long before."""

_FILES = 24
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def confine(parent: int) -> None:
    """In a new child: let it die with `parent`, and take away what reading mail does not need."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask to be told
        os._exit(1)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _lower(resource.RLIMIT_AS, MEMORY)
    _lower(resource.RLIMIT_CPU, LIFETIME)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _FILES)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def start_clock(seconds: float) -> None:
    """From now on this process may use so much of the processor; past that it is killed.

    By the kernel, and so within any call; 0 stops the clock.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _lower(kind: int, most: int) -> None:
    """A limit that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (limit, limit))
