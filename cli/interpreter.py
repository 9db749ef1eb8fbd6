"""The interpreter and the allocator, set for programs that run for months and wait a lot.

Each default here is made for short scripts; what it cost a server was measured (`bench/RESULTS.md`
has the numbers).
"""

import contextlib
import ctypes
import gc
import os
import sys

NICENESS = 5
"""Of the worker: about a third of the processor time of an SMTP process where both want it.
Lower still, and it would keep the store's turn while everybody waits for it."""

_SWITCH_SECONDS = 0.02
"""After so long a thread must let another one run. The default of 5 ms made the store's writer and
the event loop take the interpreter from each other in the middle of a message, again and again."""

_NEW_OBJECTS = 20_000
"""So many more objects than before start a collection of garbage (700 by default). A message is
some thousands of them and leaves no cycles; a module is many, and all of them stay."""

_OLDER = (20, 50)
"""After so many collections the survivors are looked through, and after so many of those all."""

_USUAL = gc.get_threshold()

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of <malloc.h>
_LARGE_BLOCK = 128 * 1024


def load_much() -> None:
    """Before rooms are loaded: to look through modules for garbage as they come in takes a twelfth
    of the time of a small command, and finds none."""
    gc.set_threshold(_NEW_OBJECTS, *_OLDER)


def prepare_to_fork() -> None:
    """Before the first fork: what is there now is never looked through again for garbage, so that
    parent and children go on sharing its memory. It is not looked through before either: of 160,000
    objects a hundred are garbage, and it takes a tenth of a second. After `load_much`, garbage is
    collected as usual again, until a program says otherwise (`settle`)."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def settle() -> None:
    """Once a program has started: what it has now stays, and what comes now goes soon."""
    _map_large_blocks()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *_OLDER)
    sys.setswitchinterval(_SWITCH_SECONDS)


def yield_to_mail() -> None:
    """Let this process have less of the processors than those that take mail in. To be called
    before it has threads. A unit may have done it already, and may forbid it here."""
    with contextlib.suppress(OSError):
        if os.getpriority(os.PRIO_PROCESS, 0) < NICENESS:
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def _map_large_blocks() -> None:
    """Keep glibc from moving large blocks into its heap, which it begins to do once one was freed.

    A TLS connection has a read buffer of 256 KB, of which a few KB are ever touched. A mapping of
    its own costs what was touched; in the heap it costs what others touched before.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_BLOCK)
