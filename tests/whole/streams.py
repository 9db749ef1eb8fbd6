"""Mail without end, to see whether a server's changes are noticed from outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.wire import Wire

MAIL = b"From: v@open.test\r\nSubject: half way\r\n\r\nhello\r\n"

PAUSE = 0.03
"""Seconds between sessions: something is always under way, and processors are left for the rest."""


class Stream(threading.Thread):
    """Session after session with three messages each; every surprise is kept."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name)
        self.port = port
        self.acknowledged: list[str] = []
        self.surprises: list[str] = []
        self.finished = threading.Event()

    def run(self) -> None:
        while not self.finished.is_set():
            try:
                with Wire(self.port) as wire:
                    wire.say(f"EHLO {self.name}.open.test")
                    for _ in range(3):
                        self._one(wire)
                    wire.say("QUIT")
                self.finished.wait(PAUSE)
            except OSError as error:
                self.surprises.append(repr(error))

    def _one(self, wire: Wire) -> None:
        content = MAIL + f"{self.name} {len(self.acknowledged)}\r\n".encode()
        reply = wire.deliver(f"{self.name}@open.test", "sales@reply.test", content)
        if reply.startswith("250 2.0.0"):
            self.acknowledged.append(reply[-27:-1])
        else:
            self.surprises.append(reply)


@contextmanager
def streaming(port: int, count: int = 3) -> Iterator[list[Stream]]:
    """So many streams for the length of a test; all have ended after it."""
    streams = [Stream(port, f"stream{number}") for number in range(count)]
    for stream in streams:
        stream.start()
    try:
        yield streams
    finally:
        for stream in streams:
            stream.finished.set()
        for stream in streams:
            stream.join()


def acknowledged(streams: list[Stream]) -> list[str]:
    """The ids of all that was accepted."""
    return sorted(one for stream in streams for one in stream.acknowledged)


def surprises(streams: list[Stream]) -> list[str]:
    """Everything that was not 250."""
    return [one for stream in streams for one in stream.surprises]
