"""A listener that has a successor: newcomers are the other's, who is here may stay."""

import asyncio
from ipaddress import ip_network

import pytest

from tests.mta.serving import message, serving

FOR_EVER = 600.0


async def test_who_is_here_goes_on_as_if_nothing_had_happened() -> None:
    async with serving() as served:
        client = await served.greeted()
        retiring = asyncio.create_task(served.listener.retire(FOR_EVER, asyncio.Event()))
        with pytest.raises(ConnectionError):
            while True:
                (await served.connect()).writer.close()
        await client.begin()
        assert (await client.say(message() + b".\r\n")).startswith("250 2.0.0 accepted")
        await client.begin()
        assert (await client.say(message() + b".\r\n")).startswith("250 2.0.0 accepted")
        assert not retiring.done()
        assert (await client.say(b"QUIT\r\n")).startswith("221")
        await retiring
        assert len(served.writer.accepted) == 2


async def test_who_was_accepted_and_has_no_session_yet_gets_one() -> None:
    async with serving(proxy_networks=(ip_network("127.0.0.0/8"),)) as served:
        client = await served.connect()
        while not served.listener.waiting:
            await asyncio.sleep(0.01)
        retiring = asyncio.create_task(served.listener.retire(FOR_EVER, asyncio.Event()))
        await asyncio.sleep(0)
        await client.send(b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 25\r\n")
        assert (await client.reply())[0].startswith("220 ")
        assert (await client.say(b"QUIT\r\n")).startswith("221")
        await retiring


@pytest.mark.parametrize("patience", [0.05, FOR_EVER])
async def test_retirement_ends_with_its_time_or_when_all_is_to_stop(patience: float) -> None:
    async with serving() as served:
        client = await served.greeted()
        stop = asyncio.Event()
        retiring = asyncio.create_task(served.listener.retire(patience, stop))
        if patience == FOR_EVER:
            stop.set()
        await retiring
        await served.listener.stop(5)
        assert (await client.rest()).startswith(b"421 4.3.2 ")


async def test_who_is_in_a_hurry_waits_for_no_client() -> None:
    async with serving() as served:
        client = await served.greeted()
        await client.begin()
        hurry = asyncio.Event()
        stopping = asyncio.create_task(served.listener.stop(FOR_EVER, hurry))
        await asyncio.sleep(0.1)
        assert not stopping.done()
        hurry.set()
        assert (await client.rest()).startswith(b"421 4.3.2 ")
        await stopping
