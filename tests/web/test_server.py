"""The server: it says when it answers, and finishes what it began before it stops."""

import asyncio
import signal
import socket

import httpx
from fastapi import FastAPI

from web.server import serve


def app(entered: asyncio.Event, go: asyncio.Event) -> FastAPI:
    found = FastAPI()

    @found.get("/slow")
    async def slow() -> str:
        entered.set()
        await go.wait()
        return "finished"

    return found


async def test_an_answer_under_way_is_finished_before_the_server_stops() -> None:
    stop, ready, entered, go = (asyncio.Event() for _ in range(4))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = asyncio.create_task(serve(app(entered, go), [listening], stop, ready.set))
    await asyncio.wait_for(ready.wait(), 60)
    async with httpx.AsyncClient(timeout=60) as client:
        asking = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow"))
        await asyncio.wait_for(entered.wait(), 60)
        stop.set()
        await asyncio.sleep(0)
        assert not server.done()
        go.set()
        answer = await asyncio.wait_for(asking, 60)
    assert answer.json() == "finished"
    await asyncio.wait_for(server, 60)


async def test_signals_belong_to_the_program() -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    listening = socket.create_server(("127.0.0.1", 0))
    server = asyncio.create_task(serve(FastAPI(), [listening], stop, ready.set))
    await asyncio.wait_for(ready.wait(), 60)
    during = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    stop.set()
    await asyncio.wait_for(server, 60)
    assert during == before
