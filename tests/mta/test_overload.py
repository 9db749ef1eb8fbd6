"""A store that does not keep up: first mail waits, then clients are told to come again, and what
was acknowledged is there."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mta.wire import BLOCK
from store.turnstile import Turnstile
from tests.mta.serving import House, house
from tests.mta.test_full_disk import NO_SPACE, content, marks
from tests.wire import Wire

CLIENTS = 20
ROOM = 8
"""So many messages at a time have a place in memory."""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """One for each client."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield pool


def send(port: int, mark: str) -> str:
    """One message; the beginning of the reply that ended it."""
    with Wire(port) as wire:
        wire.say("EHLO client.example")
        return wire.deliver("alice@sender.example", "bob@reply.example", content(2000, mark))[:10]


def send_all(served: House, threads: ThreadPoolExecutor) -> dict[str, Future[str]]:
    """A message from each client, all at once, by their marks."""
    return {f"m{n}": threads.submit(send, served.port, f"m{n}") for n in range(CLIENTS)}


async def answered(sent: dict[str, Future[str]], number: int) -> None:
    """Wait until so many have their reply."""
    while sum(one.done() for one in sent.values()) < number:
        await asyncio.sleep(0.01)


async def test_who_finds_no_room_is_told_to_come_again_and_all_others_are_stored(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    async with house(tmp_path, memory_budget_bytes=ROOM * BLOCK) as served:
        with Turnstile(served.database.settings.path).held():
            sent = send_all(served, threads)
            await answered(sent, CLIENTS - ROOM)
            assert {one.result() for one in sent.values() if one.done()} == {NO_SPACE}
        await answered(sent, CLIENTS)
        taken = {mark for mark, one in sent.items() if one.result() == "250 2.0.0 "}
        assert 0 < len(taken) <= ROOM
        assert sorted(marks(served.database)) == sorted(taken)


async def test_with_room_for_all_they_wait_and_are_stored_once_each(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    async with house(tmp_path) as served:
        with Turnstile(served.database.settings.path).held():
            sent = send_all(served, threads)
            await asyncio.sleep(0.5)
            assert not any(one.done() for one in sent.values())
        await answered(sent, CLIENTS)
        assert {one.result() for one in sent.values()} == {"250 2.0.0 "}
        assert sorted(marks(served.database)) == sorted(sent)


async def test_a_store_that_stands_still_for_too_long_defers(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    async with house(tmp_path, patience=2) as served:
        with Turnstile(served.database.settings.path).held():
            sent = send_all(served, threads)
            await answered(sent, CLIENTS)
        assert {one.result() for one in sent.values()} == {"451 4.3.0 "}
        assert await asyncio.wrap_future(threads.submit(send, served.port, "later")) == "250 2.0.0 "
        assert marks(served.database) == ["later"]
