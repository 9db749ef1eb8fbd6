"""PostgreSQL itself is killed while mail comes in, and started again."""

import asyncio
import random
from pathlib import Path

import pytest

from mail.errors import StoreProblem
from store.database import Database, StoreSettings, migrate, open_database
from store.domains import add_domain
from store.messages import MessageFilter, find_messages, open_raw
from store.writer import Writer
from tests.postgres import Cluster, running
from tests.store.samples import NOON, envelope, received

pytestmark = pytest.mark.postgresql_only

_SENDERS, _CRASHES = 8, 4


class Load:
    """Clients that send numbered messages without end; each is sent until it is taken."""

    def __init__(self, writer: Writer, mailbox: str) -> None:
        self.known: dict[int, str] = {}
        self.refusals = 0
        self.stopped = False
        self._writer, self._mailbox, self._next = writer, mailbox, 0

    async def run(self) -> None:
        """Return once it was stopped and everything that was begun is acknowledged."""
        await asyncio.gather(*(self._client() for _ in range(_SENDERS)))

    async def until(self, number: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.known) + number
        while len(self.known) < wanted:
            await asyncio.sleep(0.01)

    async def _client(self) -> None:
        while not self.stopped:
            number, self._next = self._next, self._next + 1
            while number not in self.known:
                letter = envelope(mailboxes=[self._mailbox])
                try:
                    stored = await self._writer.save_message(
                        received(content(number), letter=letter)
                    )
                except StoreProblem:
                    self.refusals += 1
                    await asyncio.sleep(0.05)
                else:
                    self.known[number] = stored.duplicate_of or stored.id


def content(number: int) -> bytes:
    """The bytes of message n."""
    return b"Subject: number %d\r\n\r\n" % number + b"body %d\r\n" % number * 100


async def crash(cluster: Cluster, load: Load) -> None:
    """Kill the server while it has much to do, and start it again."""
    await load.until(random.Random(len(load.known)).randint(20, 120))
    cluster.stop(9)
    refusals = load.refusals
    while load.refusals == refusals:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(cluster.start)


def stored(database: Database) -> dict[int, list[str]]:
    """The ids of the messages that are there, by their number; each is read and compared."""
    found: dict[int, list[str]] = {}
    cursor: str | None = None
    while True:
        page = find_messages(database, MessageFilter(), 500, cursor)
        for row in page.items:
            number = int(row.subject.removeprefix("number "))
            assert open_raw(database, row.id).read() == content(number)
            found.setdefault(number, []).append(row.id)
        cursor = page.next
        if cursor is None:
            return found


async def test_a_killed_server_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with running(durable=True) as cluster:
        settings = StoreSettings(cluster.url(cluster.make_database()), tmp_path)
        migrate(settings)
        database = open_database(settings)
        writer = Writer(database, lambda: NOON)
        writer.start()
        load = Load(writer, add_domain(database, "reply.example", "all", "cli", NOON).mailbox)
        sending = asyncio.create_task(load.run())
        for _ in range(_CRASHES):
            await crash(cluster, load)
        await load.until(50)
        load.stopped = True
        await sending
        await asyncio.to_thread(writer.close)
        database.close()
        again = open_database(settings)
        assert stored(again) == {number: [one] for number, one in load.known.items()}
        again.close()
