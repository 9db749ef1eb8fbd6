"""Our end of a nursery: start it, have children born and buried, start it again if it is gone."""

import socket
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

from mail.errors import HouseProblem

_START = (
    "import sys, importlib; sys.path[:] = sys.argv[2:]; importlib.import_module(sys.argv[1]).main()"
)
_PATIENCE = 60.0
"""Seconds until a nursery must have answered. The first answer comes when all is loaded."""


ALWAYS, SELDOM = "digest.apart.nursery", "digest.apart.seldom"
"""The modules of a nursery that has everything loaded before it bears anybody, and of one for a few
messages, whose child loads what they need."""


class NurseryProblem(HouseProblem):
    """No child can be had: the system has no processes or no memory left."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that reads mail, and the socket to talk with it."""

    process: int
    link: socket.socket


class Nursery:
    """Where children come from. Any number of threads may ask for one.

    `module` has the `main` that the process runs. Its environment is empty: whoever reads mail
    needs no secret that may be in ours.
    """

    def __init__(self, module: str = ALWAYS) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None
        self._links: set[socket.socket] = set()
        weakref.finalize(self, _close_all, self._links)
        self._ending: weakref.finalize[..., Nursery] | None = None

    def bear(self, memory: int) -> Child:
        """A new child, which waits for a question and has so many octets of address space.
        Raises NurseryProblem."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                order = b"born %d" % memory
                child = Child(int(self._ask(order, [theirs.fileno()])), ours)
                self._links.add(ours)
                return child
            except BaseException:
                ours.close()
                raise

    def bury(self, child: Child) -> int | None:
        """Kill it, if it lives, and let it go; its wait status, None if nobody knows."""
        self._links.discard(child.link)
        child.link.close()
        with self._lock:
            if self._orders is None:
                return None
            try:
                return int(self._told(self._orders, b"end %d" % child.process, []))
            except (OSError, ValueError):
                self._close()
                return None

    def close(self) -> None:
        """End it, and every child that is left."""
        _close_all(self._links)
        with self._lock:
            self._close()

    def _ask(self, order: bytes, files: list[int]) -> bytes:
        """Twice, because the first time may be how we hear that the nursery is gone."""
        with self._lock:
            for _ in range(2):
                try:
                    answer = self._told(self._orders or self._start(), order, files)
                except OSError:
                    answer = b""
                if answer:
                    return answer
                self._close()
        raise NurseryProblem("no process can be had to read mail in")

    @staticmethod
    def _told(orders: socket.socket, order: bytes, files: list[int]) -> bytes:
        socket.send_fds(orders, [order], files)
        return orders.recv(64)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            path = [str(Path(entry).resolve()) for entry in sys.path]
            command = [sys.executable, "-c", _START, self._module, *path]
            process = subprocess.Popen(command, stdin=theirs.fileno(), env={})
        ours.settimeout(_PATIENCE)
        self._orders = ours
        self._ending = weakref.finalize(self, _end, ours, process)
        return ours

    def _close(self) -> None:
        if self._ending is not None:
            self._ending()
        self._ending, self._orders = None, None


def _end(orders: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """The nursery ends by itself when nobody can tell it anything any more."""
    orders.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close_all(links: set[socket.socket]) -> None:
    while links:
        links.pop().close()
