"""A slow line to a server of this machine: what a client says arrives late, or not at all."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Link:
    """A port that leads to another. `round_trip` (seconds) may be changed at any time; while
    `holds`, nothing comes through and nothing is lost."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.round_trip = 0.0
        self.holds = False
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def start(self) -> None:
        """Returns when it takes connections."""
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """Cuts all connections."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._carry(reader, back, slow=True), self._carry(there, writer))

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, slow: bool = False
    ) -> None:
        """All octets of one direction, each as late as the line is slow; the next do not wait
        for it, as on a long line."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(on_the_way, target))
        try:
            with suppress(OSError):
                while octets := await source.read(65536):
                    late = self.round_trip if slow else 0.0
                    on_the_way.put_nowait((self._loop.time() + late, octets))
            on_the_way.put_nowait((0.0, b""))
            await arriving
        finally:
            arriving.cancel()
            target.close()

    async def _arrive(
        self, on_the_way: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter
    ) -> None:
        while (one := await on_the_way.get())[1]:
            while self.holds or self._loop.time() < one[0]:
                await asyncio.sleep(max(0.001, min(0.02, one[0] - self._loop.time())))
            with suppress(OSError):
                target.write(one[1])
                await target.drain()


@contextmanager
def line_to(port: int) -> Iterator[Link]:
    """A line to that port for the length of a test."""
    link = Link(port)
    link.start()
    try:
        yield link
    finally:
        link.stop()
