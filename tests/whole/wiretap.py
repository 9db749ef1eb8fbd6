"""A relay of TCP between a client and our server that remembers what the client sent."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LINE = re.compile(rb"[^\r\n]*\r\n")


class Wiretap:
    """Listens on `port` and relays to `target`; `heard` has what each client sent, in the blocks
    that it came in."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.heard: list[list[bytes]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def serve(self) -> None:
        """Until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def close(self) -> None:
        # A thread that waits in accept() is not woken by close() alone.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def commands(self) -> list[bytes]:
        """All command lines of all clients that spoke in the clear."""
        return [line for heard in self.heard for line in conversation(b"".join(heard))[0]]

    def messages(self) -> list[bytes]:
        """The messages of all clients that spoke in the clear, as RFC 5321 and 3030 read them."""
        return [one for heard in self.heard for one in conversation(b"".join(heard))[1]]

    def pipelined(self) -> bool:
        """Whether a client sent several commands at once."""
        blocks = [block for heard in self.heard for block in heard]
        return any(b"MAIL FROM" in block and b"\r\nRCPT TO" in block for block in blocks)

    def _relay(self, client: socket.socket) -> None:
        heard: list[bytes] = []
        self.heard.append(heard)
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=_pump, args=(server, client, []), daemon=True)
            back.start()
            _pump(client, server, heard)
            back.join()


def _pump(source: socket.socket, sink: socket.socket, heard: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            heard.append(block)
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


def conversation(octets: bytes) -> tuple[list[bytes], list[bytes]]:
    """The command lines, and the messages, of a client whose commands all succeeded."""
    commands: list[bytes] = []
    messages: list[bytes] = []
    chunks = b""
    at = 0
    while match := _LINE.match(octets, at):
        line, at = match[0].rstrip(), match.end()
        commands.append(line)
        words = line.upper().split()
        if words[:1] == [b"DATA"]:
            end = at if octets.startswith(b".\r\n", at) else octets.index(b"\r\n.\r\n", at) + 2
            messages.append((b"\r\n" + octets[at:end]).replace(b"\r\n.", b"\r\n")[2:])
            at = end + 3
        elif words[:1] == [b"BDAT"]:
            size = int(words[1])
            chunks, at = chunks + octets[at : at + size], at + size
            if words[2:] == [b"LAST"]:
                messages.append(chunks)
                chunks = b""
        elif words[:1] == [b"STARTTLS"]:
            break
    return commands, messages


@contextmanager
def tapping(target: int) -> Iterator[Wiretap]:
    """A relay to `target`, for the length of a test."""
    wiretap = Wiretap(target)
    thread = threading.Thread(target=wiretap.serve, daemon=True)
    thread.start()
    try:
        yield wiretap
    finally:
        wiretap.close()
        thread.join()
