"""What transcripts cannot say: time, the end of the server, faults of the house, two at once."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from mail.errors import StoreProblem
from tests.mta.serving import Client, Served, message, serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running


async def finish(client: Client, content: bytes = b"") -> str:
    return await client.say((content or message()) + b".\r\n")


async def wait_until_gone(served: Served) -> None:
    async with asyncio.timeout(60):
        while served.listener.connections:
            await asyncio.sleep(0.01)


async def wait_until_it_is_being_stored(served: Served) -> None:
    async with asyncio.timeout(60):
        while not served.counted('postern_smtp_sessions{stage="answer"}'):
            await asyncio.sleep(0.01)


# ---- the connection


async def test_who_talks_before_the_greeting_is_dropped() -> None:
    async with serving(greet_delay=1) as served:
        client = await served.connect()
        await client.send(b"EHLO client.example\r\n")
        assert (await client.reply())[0].startswith("554 5.5.1")
        assert await client.rest() == b""
        patient = await served.connect()
        assert (await patient.reply())[0].startswith("220 ")


async def test_a_flood_of_commands_lets_others_have_their_turn(served: Served) -> None:
    client = await served.greeted()
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count_turns())
    await client.send(b"NOOP\r\n" * 2000 + b"QUIT\r\n")
    assert (await client.rest()).count(b"250 2.0.0") == 2000
    counting.cancel()
    assert turns > 100  # it takes a handful where nobody else gets a turn


async def test_without_a_delay_octets_that_wait_at_the_greeting_are_early_too(
    served: Served,
) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as hasty:
        hasty.sendall(b"EHLO client.example\r\n")  # the server has had no turn yet
        hasty.setblocking(False)
        loop = asyncio.get_running_loop()
        found = await loop.sock_recv(hasty, 1000)
    assert found.startswith(b"554 5.5.1 ")


async def test_connections_past_the_limit_are_told_so_and_room_comes_back() -> None:
    async with serving(max_connections_per_client=2) as served:
        one, two = await served.greeted(), await served.greeted()
        three = await served.connect()
        assert (await three.reply())[0].startswith("421 4.7.0")
        assert await three.rest() == b""
        assert (await one.say(b"QUIT\r\n")).startswith("221")
        assert await one.rest() == b""
        await two.say(b"NOOP\r\n")
        while served.listener.connections > 1:
            await asyncio.sleep(0.01)
        four = await served.connect()
        assert (await four.reply())[0].startswith("220 ")


async def test_a_client_that_goes_away_leaves_nothing_behind(served: Served) -> None:
    for when in (b"", b"MAIL FROM:<alice@sender.example>\r\n", b"NOOP"):
        client = await served.greeted()
        await client.send(when)
        client.writer.transport.abort()
    await wait_until_gone(served)
    assert served.writer.messages == []


async def test_a_client_that_goes_away_within_data_leaves_no_file(served: Served) -> None:
    client = await served.greeted()
    await client.begin()
    await client.send(message(b"x" * 1_000_000))
    while not list(served.spool.iterdir()):
        await asyncio.sleep(0.01)
    client.writer.transport.abort()
    await wait_until_gone(served)
    assert list(served.spool.iterdir()) == []
    assert served.writer.messages == []


# ---- time


async def test_a_silent_client_is_told_that_time_is_over() -> None:
    async with serving(command_timeout=0.2) as served:
        client = await served.connect()
        assert b"\r\n421 4.4.2 " in await client.rest()


async def test_a_client_that_stops_within_data_is_cut_off_and_nothing_is_stored() -> None:
    async with serving(data_timeout=0.2) as served:
        client = await served.greeted()
        await client.begin()
        await client.send(message())
        assert (await client.rest()).startswith(b"421 4.4.2 ")
        await wait_until_gone(served)
        assert served.writer.messages == []


async def test_a_session_has_an_end_even_if_the_client_keeps_talking() -> None:
    async with serving(session_timeout=1, command_timeout=60) as served:
        client = await served.greeted()
        with contextlib.suppress(ConnectionError):
            while (reply := await client.say(b"NOOP\r\n")).startswith("250"):
                await asyncio.sleep(0.05)
        assert reply.startswith("421 4.4.2")


async def test_our_own_time_is_not_the_clients() -> None:
    async with serving(command_timeout=1, data_timeout=1) as served:
        served.writer.may_save.clear()
        client = await served.greeted()
        await client.begin()
        await client.send(message() + b".\r\n")
        await asyncio.sleep(1.5)
        served.writer.may_save.set()
        assert (await client.reply())[0].startswith("250 2.0.0 accepted")


async def test_a_client_that_reads_no_replies_is_cut_off() -> None:
    async with serving(command_timeout=0.3, send_buffer=8192) as served:
        client = await served.greeted()
        flood = b"EHLO client.example\r\n" * 5000
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(20):
                client.writer.transport.pause_reading()  # type: ignore[attr-defined]
                while served.listener.connections:
                    client.writer.write(flood)
                    await client.writer.drain()
        await wait_until_gone(served)


# ---- commits


async def test_a_half_close_after_the_dot_cancels_nothing(served: Served) -> None:
    served.writer.may_save.clear()
    client = await served.greeted()
    await client.begin()
    await client.send(message() + b".\r\nQUIT\r\n")
    client.writer.write_eof()
    await asyncio.sleep(0.1)
    served.writer.may_save.set()
    assert (await client.reply())[0].startswith("250 2.0.0 accepted")
    assert (await client.reply())[0].startswith("221 ")
    assert served.writer.accepted == [message()]


async def test_a_lost_connection_after_the_dot_cancels_nothing(served: Served) -> None:
    served.writer.may_save.clear()
    client = await served.greeted()
    await client.begin()
    await client.send(message(b"x" * 300_000 + b"\r\n") + b".\r\n")
    await wait_until_it_is_being_stored(served)
    client.writer.transport.abort()
    await asyncio.sleep(0.1)
    served.writer.may_save.set()
    await wait_until_gone(served)
    assert served.writer.accepted == [message(b"x" * 300_000 + b"\r\n")]
    assert list(served.spool.iterdir()) == []


async def test_sessions_do_not_disturb_each_other(served: Served) -> None:
    async def one(number: int) -> str:
        client = await served.greeted()
        for turn in range(5):
            await client.begin()
            reply = await finish(client, message(f"{number} {turn}\r\n".encode() * 3000))
        return reply

    replies = await asyncio.gather(*(one(number) for number in range(20)))
    assert all(reply.startswith("250 ") for reply in replies)
    expected = {
        message(f"{number} {turn}\r\n".encode() * 3000) for number in range(20) for turn in range(5)
    }
    assert set(served.writer.accepted) == expected
    assert len(served.writer.accepted) == 100


# ---- faults of the house


async def test_a_bug_of_ours_is_451_and_says_nothing_of_itself(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.writer.problem = ValueError("secret path /var/lib")
    client = await served.greeted()
    await client.begin()
    with caplog.at_level(logging.ERROR, "postern.mta"):
        reply = await finish(client)
    assert reply.startswith("451 4.3.0 ")
    assert "secret" not in reply
    assert "secret path /var/lib" in caplog.text
    served.writer.problem = None
    await client.begin()
    assert (await finish(client)).startswith("250 ")


async def test_a_store_that_is_gone_is_451_and_a_line_without_a_traceback(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.writer.problem = StoreProblem("the disk is gone")
    client = await served.greeted()
    await client.begin()
    with caplog.at_level(logging.ERROR, "postern.mta"):
        assert (await finish(client)).startswith("451 4.3.0 ")
    assert "the disk is gone" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_spool_that_is_gone_is_451_and_mail_is_read_to_its_end(
    served: Served,
) -> None:
    client = await served.greeted()
    await client.begin()
    served.spool.rmdir()
    assert (await finish(client, message(b"x" * 500_000 + b"\r\n"))).startswith("451 4.3.0 ")
    served.spool.mkdir()
    await client.begin()
    assert (await finish(client, message(b"x" * 500_000 + b"\r\n"))).startswith("250 ")


async def test_memory_for_all_is_limited_and_who_comes_too_late_is_told_to_wait() -> None:
    async with serving(memory_budget_bytes=600_000) as served:
        one, two, three = [await served.greeted() for _ in range(3)]
        await one.begin()
        await two.begin()
        await three.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await three.say(b"RCPT TO:<bob@reply.example>\r\n")
        assert (await three.say(b"DATA\r\n")).startswith("452 4.3.1 ")
        assert (await finish(one)).startswith("250 ")
        assert (await three.say(b"DATA\r\n")).startswith("354 ")
        assert (await finish(three)).startswith("250 ")
        assert (await finish(two)).startswith("250 ")


# ---- the end of the server


async def test_an_idle_client_hears_421_when_the_server_stops(served: Served) -> None:
    client = await served.greeted()
    await served.listener.stop(5)
    assert (await client.rest()).startswith(b"421 4.3.2 ")
    with pytest.raises(ConnectionError):
        await served.connect()


async def test_a_transaction_under_way_is_finished_when_the_server_stops(served: Served) -> None:
    client = await served.greeted()
    await client.begin()
    await client.send(message())
    stopping = asyncio.create_task(served.listener.stop(10))
    await asyncio.sleep(0.1)
    assert not stopping.done()
    assert (await client.say(b".\r\n")).startswith("250 2.0.0 accepted")
    assert (await client.reply())[0].startswith("421 4.3.2")
    await stopping
    assert served.writer.accepted == [message()]


async def test_after_the_grace_a_slow_client_is_cut_and_a_commit_is_not(served: Served) -> None:
    slow, waiting = await served.greeted(), await served.greeted()
    await slow.begin()
    served.writer.may_save.clear()
    await waiting.begin()
    await waiting.send(message() + b".\r\n")
    await wait_until_it_is_being_stored(served)
    stopping = asyncio.create_task(served.listener.stop(0.2))
    assert (await slow.rest()).startswith(b"421 4.3.2 ")
    served.writer.may_save.set()
    assert (await waiting.reply())[0].startswith("250 2.0.0 accepted")
    await stopping
    assert served.writer.accepted == [message()]


# ---- what is remembered


async def test_a_flood_of_refused_recipients_is_one_row() -> None:
    async with serving(max_errors=10_000) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        lines = [f"RCPT TO:<nobody{n}@elsewhere.example>\r\n".encode() for n in range(5000)]
        sending = asyncio.create_task(client.send(b"".join(lines) + b"QUIT\r\n"))
        found = await client.rest()
        await sending
        assert found.count(b"550 5.7.1") == 5000
    (row,) = served.writer.refusals
    assert (row.recipients, len(row.envelope.rcpt_to)) == (5000, 100)


async def test_a_message_is_remembered_with_what_was_said_on_the_wire(served: Served) -> None:
    client = await served.greeted()
    await client.say(b"MAIL FROM:<alice@sender.example> BODY=8BITMIME SMTPUTF8 SIZE=10\r\n")
    await client.say(b"RCPT TO:<bob@reply.example>\r\n")
    await client.say(b"DATA\r\n")
    reply = await finish(client)
    (received,) = served.writer.messages
    envelope = received.envelope
    assert reply.endswith(f"[{envelope.id}]")
    assert (envelope.client.helo, envelope.client.extended) == ("client.example", True)
    assert (envelope.body, envelope.smtputf8) == ("8BITMIME", True)
    assert envelope.mailboxes == ("reply.example",)
    assert str(envelope.client.ip) == "127.0.0.1"


async def test_each_transaction_leaves_one_line_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "postern.mta"):
        client = await served.greeted()
        await client.begin()
        await finish(client)
    lines = [record.getMessage() for record in caplog.records if record.name == "postern.mta"]
    (line,) = lines
    assert line.startswith(
        f"transaction id={served.writer.messages[0].envelope.id} client=127.0.0.1"
    )
    assert "mail_from=<alice@sender.example>" in line
    assert "action=accept code=250 rule=accepted" in line
