"""Sisters on one listening socket: each takes its share, and none waits for one that is gone."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from mta.spread import Acceptor, Place, Places, making

PATIENCE = 60.0


class Guest(asyncio.Protocol):
    """A connection that is counted, and lasts until the client goes."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def connection_lost(self, error: Exception | None) -> None:
        self._place.leave()


class House:
    """Sisters in one process, each with its own descriptor of the same listening socket."""

    def __init__(self, count: int, is_alive: Callable[[int], bool]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.places = Places(count, is_alive)
        self.sisters = [self.places.place(number) for number in range(count)]
        self.clients: list[socket.socket] = []
        self._acceptors: list[Acceptor] = []

    def open_door(self, number: int) -> Acceptor:
        place = self.sisters[number]
        acceptor = Acceptor([(self.socket.dup(), making(lambda: Guest(place)))], place)
        self._acceptors.append(acceptor)
        acceptor.start()
        return acceptor

    def visit(self, count: int) -> None:
        for _ in range(count):
            self.clients.append(socket.create_connection(self.socket.getsockname()))

    @property
    def counts(self) -> list[int]:
        return [place.open for place in self.sisters]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        for acceptor in self._acceptors:
            await acceptor.close()
        for client in self.clients:
            client.close()
        with contextlib.suppress(TimeoutError):
            await self.until(lambda: sum(self.counts) == 0)
        self.socket.close()


@pytest.fixture
async def two() -> AsyncIterator[House]:
    house = House(2, lambda number: True)
    yield house
    await house.close()


async def test_a_burst_of_long_connections_is_shared_evenly(two: House) -> None:
    two.visit(40)
    two.open_door(0)
    two.open_door(1)
    await two.until(lambda: sum(two.counts) == 40)
    assert two.counts == [20, 20]


async def test_connections_one_by_one_are_shared_evenly(two: House) -> None:
    two.open_door(0)
    two.open_door(1)
    for number in range(1, 21):
        two.visit(1)
        await two.until(lambda expected=number: sum(two.counts) == expected)  # type: ignore[misc]
    assert two.counts == [10, 10]


async def test_who_has_lost_connections_gets_the_next(two: House) -> None:
    doors = [two.open_door(0), two.open_door(1)]
    two.visit(10)
    await two.until(lambda: sum(two.counts) == 10)
    assert len(doors) == 2
    two.sisters[0].leave()
    two.sisters[0].leave()
    two.visit(2)
    await two.until(lambda: sum(two.counts) == 10)
    assert two.counts == [5, 5]
    two.sisters[0].enter()
    two.sisters[0].enter()


async def test_a_sister_that_does_not_come_keeps_nobody_waiting(two: House) -> None:
    """It has a pulse, and is busy: what it would have taken goes to the other."""
    two.open_door(0)
    two.visit(10)
    await two.until(lambda: sum(two.counts) == 10)
    assert two.counts == [10, 0]


async def test_a_sister_without_a_pulse_does_not_count() -> None:
    house = House(2, lambda number: False)
    house.open_door(0)
    house.visit(10)
    await house.until(lambda: sum(house.counts) == 10)
    assert not house.sisters[0].is_ahead()
    await house.close()


async def test_what_nobody_took_is_left_for_the_sister(two: House) -> None:
    first = two.open_door(0)
    await first.close()
    two.visit(5)
    two.open_door(1)
    await two.until(lambda: sum(two.counts) == 5)
    assert two.counts == [0, 5]


async def test_a_new_process_begins_with_an_empty_place(two: House) -> None:
    two.sisters[0].enter()
    assert two.places.place(0).open == 0


async def test_connections_do_not_wait_to_be_filled_up(two: House) -> None:
    """Nagle's algorithm is off, whoever made the listening socket."""
    seen = []

    class Looks(Guest):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            mine = transport.get_extra_info("socket")
            seen.append(mine.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    acceptor = Acceptor([(two.socket.dup(), making(lambda: Looks(two.sisters[0])))], two.sisters[0])
    acceptor.start()
    two.visit(1)
    await two.until(lambda: bool(seen))
    await acceptor.close()
    assert seen == [1]


class Exhausted:
    """A listening socket of a process that has no descriptor left, for the first two tries."""

    family = socket.AF_UNIX

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.failures = 2

    def accept(self) -> tuple[socket.socket, object]:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._real.accept()

    def fileno(self) -> int:
        return self._real.fileno()

    def setblocking(self, flag: bool) -> None:
        self._real.setblocking(flag)

    def close(self) -> None:
        self._real.close()


async def test_who_runs_out_of_descriptors_says_so_and_goes_on(
    two: House, caplog: pytest.LogCaptureFixture
) -> None:
    exhausted = Exhausted(two.socket.dup())
    place = two.sisters[0]
    acceptor = Acceptor([(exhausted, making(lambda: Guest(place)))], place)  # type: ignore[list-item]
    acceptor.start()
    two.visit(3)
    await two.until(lambda: place.open == 3)
    await acceptor.close()
    assert caplog.text.count("event=cannot-accept reason=Too many open files") == 2


def test_connections_of_a_network_are_counted_by_all_sisters_and_forgotten_with_one() -> None:
    places = Places(2)
    one, two = places.place(0), places.place(1)
    for place in (one, one, two):
        place.enter_of(b"net")
    one.leave_of(b"net")
    assert one.open_of(b"net") == two.open_of(b"net") == 2
    assert places.place(0).open_of(b"net") == 1
    two.leave_of(b"net")
    assert one.open_of(b"net") == 0
