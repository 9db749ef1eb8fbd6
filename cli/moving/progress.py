"""How far a long command is, for a person: one line that changes on a terminal, else a line now
and then. Always on standard error, so that standard output is the data alone."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

EVERY = 10.0
"""Seconds between two lines in a log; a terminal hears it twice a second."""

_TERMINAL_EVERY = 0.5


class Progress:
    """`done` counts; `say` is shown in between; `end` is the last line."""

    def __init__(
        self,
        what: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._last = clock()
        self._open = False

    def tell(self, text: str) -> None:
        """Show where it is, if it is time to."""
        now = self._clock()
        if now - self._last < (_TERMINAL_EVERY if self._terminal else EVERY):
            return
        self._last = now
        line = f"{self._what}: {text}"
        self._stream.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
        self._open = self._terminal

    def say(self, text: str) -> None:
        """A line of its own that stays, such as a message that was passed by."""
        self._stream.write(("\r\x1b[K" if self._open else "") + f"postern: {text}\n")
        self._stream.flush()
        self._open = False

    def end(self, text: str) -> None:
        """The last line."""
        self._stream.write(("\r\x1b[K" if self._open else "") + f"{self._what}: {text}\n")
        self._stream.flush()
        self._open = False


def octets(number: int) -> str:
    """A size for a person: 12 MB."""
    size, unit = float(number), "octets"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "octets" or size >= 10 else f"{size:.1f} {unit}"
