"""What the log says of sessions that end otherwise than by QUIT, so that nobody has to guess."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from tests.mta.serving import Served, serving

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])


@pytest.fixture(autouse=True)
def _all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "postern.mta")


def ends(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines about sessions, without those of transactions."""
    lines = (record.getMessage() for record in caplog.records)
    return [line for line in lines if line.startswith("session ")]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


async def all_gone(served: Served) -> None:
    await until(lambda: served.listener.connections == 0)


async def test_data_that_stop_coming_leave_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(data_timeout=0.2) as served:
        client = await served.greeted()
        await client.begin()
        assert (await client.say(b"Subject: half")).startswith("421 4.4.2")
        await all_gone(served)
    assert ends(caplog) == [
        "session client=127.0.0.1 event=time-out stage=data mail_from=<alice@sender.example>"
    ]


async def test_data_that_come_too_slowly_leave_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(min_transfer_rate=1000, transfer_window=0.2) as served:
        client = await served.greeted()
        await client.begin()
        assert (await client.say(b"Subject: half")).startswith("421 4.4.2 The data come")
        await all_gone(served)
    assert ends(caplog) == [
        "session client=127.0.0.1 event=transfer-rate stage=data mail_from=<alice@sender.example>"
    ]


async def test_a_client_that_says_nothing_leaves_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(command_timeout=0.2) as served:
        client = await served.greeted()
        await client.rest()
        await all_gone(served)
    assert ends(caplog) == ["session client=127.0.0.1 event=time-out stage=command"]


@pytest.mark.parametrize("is_reset", [False, True])
async def test_a_client_that_goes_within_a_message_leaves_a_line(
    caplog: pytest.LogCaptureFixture, is_reset: bool
) -> None:
    async with serving() as served:
        client = await served.greeted()
        await client.begin()
        await client.send(b"Subject: half")
        if is_reset:
            client.writer.transport.abort()
        await client.close()
        await all_gone(served)
    assert ends(caplog) == [
        "session client=127.0.0.1 event=lost stage=data mail_from=<alice@sender.example>"
    ]


async def test_a_client_that_goes_between_messages_leaves_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as served:
        for last in (b"", b"QUIT\r\n", b"MAIL FROM:<alice@sender.example>\r\nQUIT\r\n"):
            client = await served.greeted()
            await client.send(last)
            await client.close()
            await all_gone(served)
    assert ends(caplog) == []


async def test_one_message_too_many_leaves_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(max_transactions=1) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await client.say(b"RSET\r\n")
        last = await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await client.close()
        await all_gone(served)
    assert ends(caplog) == [f"session client=127.0.0.1 event=dismissed reply={last}"]


async def test_who_was_sent_away_and_stays_is_no_time_out() -> None:
    async with serving() as served:
        client = await served.connect()
        await client.reply()
        assert (await client.say(b"GET / HTTP/1.1\r\n")).startswith("554")
        await all_gone(served)
        assert served.met("time-out") == 0
