"""What reading one message may cost, and the walls around the process that reads."""

import contextlib
import ctypes
import os
import resource
import signal
from dataclasses import dataclass, replace

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one message: `cpu` of the processor, `wall` by the clock, whichever ends first;
    and `memory`, octets of address space for the process that reads.

    `headline` and `headline_wall` are what a second try may take beside that, which reads the
    header alone. A message that loops ends by the processor's time; the clock is for what waits,
    and has room for a machine whose processors are busy with others, which is no fault of the
    message.

    The interpreter has 80 MB of the memory with all that is loaded, and the worst of several
    messages of 50 MB took 165 MB more; what needs five times as much is no mail.
    """

    cpu: float = 1.5
    wall: float = 6.0
    headline: float = 0.3
    headline_wall: float = 3.0
    memory: int = 1024 * MEGABYTE


PATIENT = Limits(cpu=2.0, wall=20.0, headline=1.0, headline_wall=10.0)
"""For work that nobody waits for, on a machine that has more important things to do."""

ATTENDED = Limits(cpu=2.0, wall=15.0, headline=0.3, headline_wall=3.0)
"""For what somebody opened and waits for. An attachment of 50 MB takes 0.2 s of the processor."""


def made_for(limits: Limits, largest: int) -> Limits:
    """The same limits where messages of so many octets are permitted: a large one is mapped, its
    parts are decoded, and the answer is made of them."""
    return replace(limits, memory=max(limits.memory, 256 * MEGABYTE + 8 * largest))


LIFETIME = 300
"""Seconds of processor time in a child's life, after which it is killed; it leaves long before."""

_FILES = 24
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def confine(parent: int, memory: int) -> None:
    """In a new child: let it die with `parent`, and take away what reading mail does not need.

    `memory` is all the address space that it gets, in octets.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask to be told
        os._exit(1)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _lower(resource.RLIMIT_AS, memory)
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
