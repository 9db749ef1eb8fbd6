"""Serves the app over HTTP on sockets that are already bound.

Signals belong to the program that calls us; we stop when its event is set, after the answers
under way are finished.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp

GRACE = 10
"""Seconds that answers under way may take after we were asked to stop."""

KEEP_ALIVE = 30
"""Seconds that a quiet connection stays open."""

CONCURRENCY = 500
"""Connections and requests at one time; the one more gets 503."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own; it says when it answers, and when it takes no
    connection more."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], closed: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._closed = closed

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for one in self.servers:
            one.close()
        self._closed()
        await super().shutdown(sockets)


async def serve(
    app: ASGIApp,
    sockets: Sequence[socket.socket],
    stop: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
    closed: Callable[[], None] = lambda: None,
) -> None:
    """Answer on `sockets` until `stop` is set; `ready` is called once when we do, `closed` when
    no new connection is accepted any more and the answers under way are left.

    The sockets are bound by the caller and closed here.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONCURRENCY,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config, ready, closed)
    watch = asyncio.create_task(_stop_when_set(stop, server))
    try:
        await server.serve(sockets=list(sockets))
    finally:
        watch.cancel()


async def _stop_when_set(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True
