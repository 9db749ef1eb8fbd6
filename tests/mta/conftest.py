"""Every test of the door runs on asyncio's loop and on uvloop."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import uvloop


def pytest_asyncio_loop_factories(
    config: Any, item: Any
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops that the server is used with."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
