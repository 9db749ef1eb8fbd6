"""One of the long-running programs, and its life in a process of its own.

Every child has one pipe to the parent (it writes one octet when it is ready and one when it takes
nobody new any more) and one from it: when the parent goes, in whatever way, that pipe ends and the
child stops, so that no orphan keeps the port. It beats its pulse from its event loop, and writes
where all its threads are when it is sent SIGABRT or dies of a fault.
"""

import asyncio
import contextlib
import faulthandler
import os
import signal
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvloop

from cli.pulse import BEAT, Pulse
from mail.errors import Problem

RETIRE = signal.SIGUSR1
"""What the parent sends to a program that has a successor."""
HURRY = signal.SIGUSR2
"""What the parent sends when it was asked to stop a second time. SIGTERM again means nothing more:
whoever sends it to the whole group sends it to the parent as well."""

READY, CLOSED = b"+", b"-"
"""What a program says to its parent: that it serves, and that it takes nobody new."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a program hears from its parent, and says to it.

    `ready` is to be called once. `retire`: take nothing new, a successor does, call `closed`, and
    end with what there is. `stop` (`retire` is then set as well): finish what was begun, soon.
    `hurry`: wait for nobody any longer.
    """

    ready: Callable[[], None]
    closed: Callable[[], None]
    retire: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def asked_to_stop(self) -> None:
        """By the parent, or because there is none any more."""
        self.retire.set()
        self.stop.set()


Role = Callable[[Orders], Awaitable[None]]
"""What a program does; it returns when it was asked to end and all that was begun is finished."""


@dataclass(frozen=True, slots=True)
class Program:
    """A role, its name, and the sockets that it listens on: those of other programs are closed
    in its process, so that it never keeps a port that it does not serve."""

    name: str
    role: Role
    sockets: Sequence[socket.socket] = ()
    pulse: Pulse = field(default_factory=Pulse)
    stop_limit: float = 30.0
    """Seconds that it may take to end once it was asked to."""


def live(program: Program, alive: int, ready: int) -> int:
    """In the child: run the role in a loop of its own. Returns the exit status.

    `alive` ends when the parent does, `ready` is where to say that the program serves, and that
    its doors are closed.
    """
    faulthandler.enable()
    _name_process(program.name)
    # What reaches the whole group is for the parent, which tells us what to do.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        uvloop.run(_live(program, alive, ready))
    except Problem as problem:
        print(f"postern: {program.name}: {problem}", file=sys.stderr, flush=True)
        return 2
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _name_process(name: str) -> None:
    """Let ps, top and pgrep tell the programs apart; Linux shows 15 octets."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"postern-{name}"[:15])


async def _live(program: Program, alive: int, ready: int) -> None:
    loop = asyncio.get_running_loop()
    orders = Orders(partial(_say, ready, READY), partial(_say, ready, CLOSED))
    loop.add_signal_handler(signal.SIGTERM, orders.asked_to_stop)
    loop.add_signal_handler(RETIRE, orders.retire.set)
    loop.add_signal_handler(HURRY, orders.hurry.set)

    def parent_is_gone() -> None:
        loop.remove_reader(alive)
        orders.asked_to_stop()

    loop.add_reader(alive, parent_is_gone)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, RETIRE, HURRY))
    heart = asyncio.create_task(_beat(program.pulse))
    try:
        await program.role(orders)
    finally:
        heart.cancel()
        loop.remove_reader(alive)


def _say(pipe: int, word: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe, word)


async def _beat(pulse: Pulse) -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(BEAT)
