"""Every test of the door runs on asyncio's loop and on uvloop, and leaves no loose ends."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: Any, item: Any
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops that the server is used with."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def no_loose_ends() -> Iterator[None]:
    """What asyncio complains of (exceptions that nobody saw, writes to closed sockets) fails."""
    complaints: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(self.format(record))

    handler = Listening(logging.WARNING)
    logging.getLogger("asyncio").addHandler(handler)
    yield
    logging.getLogger("asyncio").removeHandler(handler)
    assert not complaints
