"""How evenly two processes share the connections of one socket, and what dies with one of them.

    .venv/bin/python -m bench.spread

Two contestants: `mta.spread.Acceptor`, and uvloop's own server on the same shared socket. The
protocol greets and says good-bye to whatever it hears. Half a minute; prints a table.
"""

import asyncio
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import uvloop

from cli.pulse import BEAT, Pulse
from mta.spread import Acceptor, Place, Places, making

SISTERS = 2
SHORT = 2000
CLIENTS = 20


class Greeter(asyncio.Protocol):
    """Counts its connections in shared memory."""

    def __init__(self, served: memoryview, number: int, place: Place) -> None:
        self._served, self._number, self._place = served, number, place

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._served[self._number] += 1
        self._transport.write(b"220 here\r\n")

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"221 bye\r\n")
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._place.leave()


class Family:
    """Two processes on one socket; `served` is how many connections each has taken."""

    def __init__(self, is_ours: bool) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.served = memoryview(mmap.mmap(-1, 8 * SISTERS)).cast("q")
        self._is_ours = is_ours
        self._pulses = [Pulse() for _ in range(SISTERS)]
        self._places = Places(SISTERS, lambda number: self._pulses[number].is_fresh())
        self.pids = [self._fork(number) for number in range(SISTERS)]
        time.sleep(0.5)

    def _fork(self, number: int) -> int:
        pid = os.fork()
        if pid == 0:
            uvloop.run(self._serve(number))
            os._exit(0)
        return pid

    async def _serve(self, number: int) -> None:
        place = self._places.place(number)

        def made() -> Greeter:
            return Greeter(self.served, number, place)

        if self._is_ours:
            Acceptor([(self.socket, making(made))], place).start()
        else:
            await asyncio.get_running_loop().create_server(made, sock=self.socket)
        while True:
            self._pulses[number].beat()
            await asyncio.sleep(BEAT)

    def end(self) -> float:
        """Stop it; the CPU seconds that it took."""
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGKILL)
        used = [os.wait4(pid, 0)[2] for pid in self.pids]
        self.socket.close()
        return sum(one.ru_utime + one.ru_stime for one in used)

    def visit(self) -> bool:
        """One short connection; whether it was served."""
        try:
            with socket.create_connection(self.socket.getsockname(), timeout=10) as client:
                client.recv(100)
                client.sendall(b"QUIT\r\n")
                return client.recv(100).startswith(b"221")
        except OSError:
            return False


def long_ones(family: Family, gap: float) -> str:
    """Twenty that stay."""
    clients = []
    for _ in range(20):
        clients.append(socket.create_connection(family.socket.getsockname()))
        time.sleep(gap)
    for client in clients:
        client.recv(100)
    shares = ":".join(str(one) for one in sorted(family.served, reverse=True))
    for client in clients:
        client.close()
    return shares


def short_ones(family: Family, harm: Callable[[Family], None]) -> str:
    """Two thousand from twenty clients; a fifth of them on its way, one process comes to harm."""
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        first = list(pool.map(lambda _: family.visit(), range(SHORT // 5)))
        others = pool.map(lambda _: family.visit(), range(SHORT - SHORT // 5))
        harm(family)
        served = sum([*first, *others])
    return f"{SHORT - served} lost, {time.monotonic() - began:.1f} s"


def measured(is_ours: bool, what: Callable[[Family], str]) -> str:
    """With a family of its own."""
    family = Family(is_ours)
    shown = what(family)
    return f"{shown}, {family.end() * 1000:.0f} ms of CPU"


SHAPES: dict[str, Callable[[Family], str]] = {
    "20 long ones at once": lambda family: long_ones(family, 0),
    "20 long ones, 10 ms apart": lambda family: long_ones(family, 0.01),
    "2,000 short ones": lambda family: short_ones(family, lambda one: None),
    "the same, one process stopped": lambda family: short_ones(
        family, lambda one: os.kill(one.pids[0], signal.SIGSTOP)
    ),
    "the same, one process killed": lambda family: short_ones(
        family, lambda one: os.kill(one.pids[0], signal.SIGKILL)
    ),
}


def main() -> int:
    """Print the table."""
    print("| connections | Postern | a shared socket alone |\n| --- | --- | --- |")
    for name, shape in SHAPES.items():
        print(f"| {name} | {measured(True, shape)} | {measured(False, shape)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
