"""What waiting clients cost: many connections that have said EHLO, and then say nothing."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.smtp.mails import HELO
from bench.smtp.processes import memory


@contextmanager
def idle_clients(port: int, count: int, *, tls: bool = False) -> Iterator[None]:
    """So many sessions after EHLO, and after STARTTLS and a second EHLO if `tls`."""
    clients: list[socket.socket] = []
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port), timeout=60)
            clients.append(client)
            _expect(client, b"220")
            _say(client, f"EHLO {HELO}", b"250")
            if tls:
                _say(client, "STARTTLS", b"220")
                clients[-1] = context.wrap_socket(client)
                _say(clients[-1], f"EHLO {HELO}", b"250")
        yield
    finally:
        for client in clients:
            with contextlib.suppress(OSError):
                client.close()


def octets_per_client(port: int, roots: Sequence[int], count: int, *, tls: bool = False) -> float:
    """How much more memory all processes have for each of them."""
    with idle_clients(port, 20, tls=tls):
        pass
    time.sleep(0.5)
    before = memory(roots)
    with idle_clients(port, count, tls=tls):
        time.sleep(0.5)
        after = memory(roots)
    return (after - before) / count


def _say(client: socket.socket, line: str, code: bytes) -> None:
    client.sendall(line.encode("ascii") + b"\r\n")
    _expect(client, code)


def _expect(client: socket.socket, code: bytes) -> None:
    received = b""
    while not received.endswith(b"\r\n") or b"\r\n" + code + b" " not in b"\r\n" + received:
        block = client.recv(4096)
        if not block:
            raise ConnectionError(f"closed after {received!r}")
        received += block
