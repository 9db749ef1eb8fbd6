"""One connection as lines and blocks: reading with patience, and replies sent together.

Replies wait until the input is used up, so that a client that pipelines gets one packet for
many commands (RFC 2920 §3.2). Waiting has a limit, which only waiting uses up: the time that we
need ourselves is not the peer's fault.
"""

import asyncio
from collections.abc import Callable

from mta.spool import Charge

BLOCK = 262_144
"""Octets read at a time."""

READ_AHEAD = 65_536
"""Octets that may wait unread (asyncio stops reading from the socket at twice as many)."""

READ_BEHIND = 16_384
"""Octets that are given at a time of what was read too far."""

REPLIES = 16_384
"""Octets of replies that may wait for the input to be used up; past them they are sent."""


class Wire:
    """The two streams of a connection. `on_timeout` is called when the peer waited too long."""

    __slots__ = (
        "_charge",
        "_deadline",
        "_end",
        "_held",
        "_loop",
        "_on_timeout",
        "_pending",
        "_replies",
        "_timer",
        "reader",
        "writer",
    )

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_timeout: Callable[[], None],
        session_timeout: float,
        charge: Charge,
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._loop = asyncio.get_running_loop()
        self._charge = charge
        self._held = 0
        self._pending = bytearray()
        self._replies = bytearray()
        self._on_timeout = on_timeout
        self._end = self._loop.time() + session_timeout
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def received(self, octets: int) -> bool:
        """So many have come from the network. False: it is too much, and must end."""
        self._held += octets
        if self._held <= self._charge.covered:
            return True
        self._charge.set(self._held)
        return not self._charge.is_too_much

    def cover(self, octets: int) -> None:
        """So much of what is read ahead is reserved elsewhere."""
        self._charge.covered = octets
        self._charge.set(self._held)

    def _count(self, unsent: int) -> None:
        """What lies in our buffers."""
        unread = len(self._pending) + len(self.reader._buffer)  # type: ignore[attr-defined]
        self._held = unread + unsent
        self._charge.set(self._held)

    async def read_line(self, limit: int, patience: float) -> bytes | None:
        """The next line with its LF; None when the peer has finished.

        A line of more than `limit` octets comes back cut to `limit` octets and without its LF.
        """
        if len(self._replies) > REPLIES:
            await self.flush(patience)
        kept: bytes | None = None
        scanned = 0
        while (end := self._pending.find(b"\n", scanned)) < 0:
            if kept is None and len(self._pending) > limit:
                kept = bytes(self._pending[:limit])
            if kept is not None:
                self._pending.clear()
            scanned = len(self._pending)
            block = await self._read(patience)
            if not block:
                return None
            self._pending += block
        line = kept if kept is not None else bytes(self._pending[: min(end + 1, limit)])
        del self._pending[: end + 1]
        return line

    async def read_block(self, patience: float, most: int = BLOCK) -> bytes:
        """What comes next, at most `most` octets; empty at the end.

        Of what was read ahead little is given at a time: many small messages sent at once would
        have their rest copied again and again.
        """
        if self._pending:
            most = min(most, READ_BEHIND)
            block = bytes(self._pending[:most])
            del self._pending[:most]
            return block
        block = await self._read(patience)
        if len(block) > most:
            self._pending += block[most:]
            return block[:most]
        return block

    async def drain_input(self, seconds: float) -> None:
        """Read and drop what comes until the peer has finished, for `seconds` in all."""
        self._pending.clear()
        self._end = self._loop.time() + seconds
        while await self._read(seconds):
            pass

    def unread(self, rest: bytes) -> None:
        """Give back what was read too far."""
        self._pending[:0] = rest

    @property
    def has_input(self) -> bool:
        """Whether the peer has sent more than was used."""
        return bool(self._pending) or bool(self.reader._buffer)  # type: ignore[attr-defined]

    @property
    def is_waiting(self) -> bool:
        """Whether it is the peer's turn."""
        return self._deadline is not None

    def send(self, reply: bytes) -> None:
        """Octets for the peer, together with those of other replies or at the next wait."""
        self._replies += reply

    async def flush(self, patience: float) -> None:
        """Send what waits. Waits itself where the peer does not read. Raises ConnectionError."""
        if self.writer.transport.is_closing():
            raise ConnectionAbortedError
        if self._replies:
            self.writer.write(bytes(self._replies))
            self._replies.clear()
        if unsent := self.writer.transport.get_write_buffer_size():
            self._count(unsent)
            self._wait(patience)
            try:
                await self.writer.drain()
            finally:
                self._deadline = None

    async def _read(self, patience: float) -> bytes:
        await self.flush(patience)
        self._count(0)
        self._wait(patience)
        try:
            return await self.reader.read(BLOCK)
        finally:
            self._deadline = None

    def close(self) -> None:
        """Stop the clock and drop what was not used."""
        self._pending.clear()
        self._held = self._charge.covered = 0
        self._charge.set(0)
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, patience: float) -> None:
        """From now on the peer is waited for. One timer serves many waits: setting it anew for
        each of them would cost more than the reading."""
        self._deadline = min(self._loop.time() + patience, self._end)
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._tick)
        else:
            self._deadline = None
            self._on_timeout()
