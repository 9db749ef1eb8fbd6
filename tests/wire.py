"""A client on a raw socket: it sends what it is told and nothing else, and reads replies."""

import re
import socket
from types import TracebackType

_LAST_LINE = re.compile(rb"^\d{3}(?: [^\n]*)?\r?\n", re.MULTILINE)


class Wire:
    """One SMTP connection; `say` sends a line and returns the whole reply. `before` is sent before
    the greeting, as a proxy does."""

    def __init__(self, port: int, *, timeout: float = 60, before: bytes = b"") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._received = b""
        try:
            self.send(before)
            self.greeting = self.reply()
        except OSError:
            self.socket.close()
            raise

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, content: bytes) -> None:
        """Exactly these octets."""
        self.socket.sendall(content)

    def reply(self) -> str:
        """The next reply, all its lines, without the final CRLF."""
        while (match := _LAST_LINE.search(self._received)) is None:
            block = self.socket.recv(65536)
            if not block:
                raise ConnectionError(f"closed after {self._received!r}")
            self._received += block
        reply, self._received = self._received[: match.end()], self._received[match.end() :]
        return reply.decode("ascii").rstrip("\r\n")

    def say(self, line: str) -> str:
        """One command line and its reply."""
        self.send(line.encode("utf-8") + b"\r\n")
        return self.reply()

    def deliver(self, mail_from: str, rcpt_to: str, content: bytes) -> str:
        """One whole transaction; the reply that ended it. `content` ends with CRLF."""
        reply = self.say(f"MAIL FROM:<{mail_from}> BODY=8BITMIME")
        if reply.startswith("250"):
            reply = self.say(f"RCPT TO:<{rcpt_to}>")
        if reply.startswith("250"):
            reply = self.say("DATA")
        if reply.startswith("354"):
            self.send(stuffed(content) + b".\r\n")
            reply = self.reply()
        else:
            self.say("RSET")
        return reply


def stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a dot in front of every line that begins with one."""
    content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content
