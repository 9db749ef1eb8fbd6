"""Which of several sister processes takes the next connection: the one with the fewest.

Sisters listen on one socket, and the kernel offers each newcomer to all of them. Left alone, the
one that wakes first takes most, and a few long connections lie unevenly for hours. So each writes
into memory that all share how many it serves, and leaves a newcomer to a sister that has fewer.
No process hands connections to others: what nobody has taken lies in the kernel's queue, and a
sister that dies takes with her only what she held.

Politeness has limits. A sister without a pulse is not waited for, and one that is merely busy is
for `PATIENCE` seconds: then whoever is there takes the newcomer.
"""

import asyncio
import contextlib
import errno
import logging
import mmap
import os
import socket
from collections.abc import Awaitable, Callable, Sequence

log = logging.getLogger("postern.mta")

PATIENCE = 0.01
"""Seconds that a newcomer waits for a sister who has fewer connections and does not come."""

NETWORKS = 16_384
"""Places for counts of client networks. Two that share one, by a hash that nobody outside can
foresee, are counted together."""

RECOVERY = 0.5
"""Seconds without accepting when file descriptors have run out."""

_SHORT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

Welcome = Callable[[socket.socket], Awaitable[None]]
"""Takes over a connection that was accepted just now. Returns soon, and raises OSError where it
could not be."""


def making(factory: Callable[[], asyncio.BaseProtocol]) -> Welcome:
    """The welcome that only makes a protocol for the connection."""

    async def welcome(connected: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(factory, connected)

    return welcome


class Places:
    """How many connections each of `count` sisters serves, in all and of each client network;
    made before they are forked.

    `is_alive` says whether the sister of that number has a pulse. Each number is written by one
    process only; one that is read while it changes misleads the choice once, and nothing else.
    """

    def __init__(self, count: int, is_alive: Callable[[int], bool] = lambda number: True) -> None:
        self._is_alive = is_alive
        self._open = memoryview(mmap.mmap(-1, 8 * count)).cast("q")
        self._waiting = memoryview(mmap.mmap(-1, count))
        self._of_networks = memoryview(mmap.mmap(-1, 4 * count * NETWORKS)).cast("I")
        self._calls = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in range(count)]

    def place(self, number: int) -> "Place":
        """That of sister `number`, empty: whoever had it before is gone."""
        self._open[number] = 0
        self._waiting[number] = 0
        row = number * NETWORKS
        self._of_networks[row : row + NETWORKS] = memoryview(bytes(4 * NETWORKS)).cast("I")
        return Place(self, number)

    def __del__(self) -> None:
        """Nobody can ask any more: the descriptors are given back."""
        for call in self._calls:
            os.close(call)


class Place:
    """One sister's view of all."""

    def __init__(self, places: Places, number: int) -> None:
        self._places = places
        self._number = number

    @property
    def open(self) -> int:
        """How many connections this process serves."""
        return self._places._open[self._number]

    @property
    def call(self) -> int:
        """Becomes readable when a sister asks this one to look again."""
        return self._places._calls[self._number]

    def enter(self) -> None:
        """One connection more."""
        self._places._open[self._number] += 1

    def leave(self) -> None:
        """One less."""
        self._places._open[self._number] -= 1

    def enter_of(self, network: bytes) -> None:
        """The connection is one of this client network."""
        self._places._of_networks[self._number * NETWORKS + hash(network) % NETWORKS] += 1

    def leave_of(self, network: bytes) -> None:
        """It is over."""
        self._places._of_networks[self._number * NETWORKS + hash(network) % NETWORKS] -= 1

    def open_of(self, network: bytes) -> int:
        """How many connections of this client network all sisters serve together."""
        return sum(self._places._of_networks[hash(network) % NETWORKS :: NETWORKS])

    def is_ahead(self) -> bool:
        """Whether a living sister serves fewer."""
        places, mine = self._places, self.open
        return any(
            serves < mine and places._is_alive(number) for number, serves in enumerate(places._open)
        )

    def step_back(self) -> None:
        """Let the others have the newcomer, and wake those who stepped back for us before."""
        places, mine = self._places, self.open
        places._waiting[self._number] = 1
        for number, serves in enumerate(places._open):
            if places._waiting[number] and serves < mine:
                os.eventfd_write(places._calls[number], 1)

    def come_back(self) -> None:
        """Take part again."""
        self._places._waiting[self._number] = 0
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.call)


class Acceptor:
    """Takes connections from `sockets`, one at a time, while `place` is not ahead.

    Each socket comes with what welcomes a connection to it. That, or the protocol that it makes,
    says `place.leave()` when the connection is lost.
    """

    def __init__(self, sockets: Sequence[tuple[socket.socket, Welcome]], place: Place) -> None:
        self._sockets = sockets
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Begin to accept."""
        for one, _ in self._sockets:
            one.setblocking(False)
            if one.family in (socket.AF_INET, socket.AF_INET6):
                # Accepted ones inherit it; asyncio sees to it for some kinds of sockets only.
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(self._place.call, self._come_back)
        self._listen()

    async def close(self) -> None:
        """Accept nobody more; the sockets are closed in this process. Those who were accepted
        have their protocols when this returns."""
        if self._closed:
            return
        self._closed = True
        self._stop_listening()
        self._loop.remove_reader(self._place.call)
        for one, _ in self._sockets:
            one.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _listen(self) -> None:
        for one, welcome in self._sockets:
            self._loop.add_reader(one, self._take_turn, one, welcome)

    def _stop_listening(self) -> None:
        for one, _ in self._sockets:
            self._loop.remove_reader(one)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_turn(self, listening: socket.socket, welcome: Welcome) -> None:
        """A newcomer waits: take it, or step back."""
        if not self._place.is_ahead():
            self._take(listening, welcome)
            return
        self._stop_listening()
        self._place.step_back()
        self._timer = self._loop.call_later(PATIENCE, self._take_what_waits)

    def _take_what_waits(self) -> None:
        """Nobody else has come for it."""
        self._come_back()
        for one, welcome in self._sockets:
            self._take(one, welcome)

    def _come_back(self) -> None:
        self._place.come_back()
        if not self._closed:
            self._stop_listening()
            self._listen()

    def _take(self, listening: socket.socket, welcome: Welcome) -> None:
        try:
            connected, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # a sister was faster, or the client is gone again
        except OSError as error:
            self._rest(error)
            return
        self._place.enter()
        task = self._loop.create_task(self._connect(connected, welcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, connected: socket.socket, welcome: Welcome) -> None:
        try:
            await welcome(connected)
        except OSError:
            self._place.leave()
            connected.close()

    def _rest(self, error: OSError) -> None:
        """The listening socket stays readable: trying again at once would help nobody."""
        level = logging.ERROR if error.errno in _SHORT_OF_RESOURCES else logging.WARNING
        log.log(level, "listener event=cannot-accept reason=%s", error.strerror or error)
        self._stop_listening()
        self._timer = self._loop.call_later(RECOVERY, self._come_back)
