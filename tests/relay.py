"""A network between two programs that can be slow, and can be cut: a relay of TCP on loopback."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_Chunk = tuple[float, bytes]


@dataclass
class Relay:
    """Passes octets to `target` on loopback and back, each `delay` seconds later.

    `flights` counts how often a client spoke after the server had: its round trips.
    """

    target: int
    delay: float = 0.0
    flights: int = 0
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """End all connections; new ones may be made."""
        while self._open:
            one = self._open.pop()
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        self.port = listener.getsockname()[1]
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            self._open += [client, server]
            spoke = ["server"]
            back = threading.Thread(
                target=self._pass, args=(server, client, "server", spoke), daemon=True
            )
            back.start()
            self._pass(client, server, "client", spoke)
            back.join()

    def _pass(self, source: socket.socket, to: socket.socket, who: str, spoke: list[str]) -> None:
        waiting: queue.SimpleQueue[_Chunk] = queue.SimpleQueue()
        sender = threading.Thread(target=_send_late, args=(waiting, to), daemon=True)
        sender.start()
        while True:
            try:
                octets = source.recv(65536)
            except OSError:
                octets = b""
            if who == "client" and octets and spoke[0] == "server":
                self.flights += 1
            spoke[0] = who
            waiting.put((time.monotonic() + self.delay, octets))
            if not octets:
                break
        sender.join()


def _send_late(waiting: "queue.SimpleQueue[_Chunk]", to: socket.socket) -> None:
    while True:
        at, octets = waiting.get()
        time.sleep(max(0.0, at - time.monotonic()))
        with contextlib.suppress(OSError):
            if not octets:
                to.shutdown(socket.SHUT_WR)
                return
            to.sendall(octets)


@contextmanager
def relaying(target: int, delay: float = 0.0) -> Iterator[Relay]:
    """A relay to a port of loopback; `delay` is one way, in seconds."""
    relay = Relay(target, delay)
    listener = socket.create_server(("127.0.0.1", 0))
    relay.port = listener.getsockname()[1]
    thread = threading.Thread(target=relay.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        relay.cut()
        thread.join()
