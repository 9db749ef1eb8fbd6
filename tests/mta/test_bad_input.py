"""Floods and cuts that no transcript could hold: they are answered or cut off, cost no memory
worth the name, leave nothing behind, and do not keep others waiting."""

import asyncio
import re
import resource
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import make_certificate
from tests.mta.serving import Client, Served, message, serving

MEGABYTE = 1024 * 1024


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as found:
        yield found


def peak() -> int:
    """The most memory that this process, client and server both, ever had, in octets."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def stream(client: Client, block: bytes, times: int) -> None:
    for _ in range(times):
        await client.send(block)


async def is_there_for_others(served: Served) -> bool:
    other = await served.greeted()
    await other.begin()
    return (await other.say(message() + b".\r\n")).startswith("250 ")


async def nobody_is_left(served: Served) -> None:
    while served.listener.connections:
        await asyncio.sleep(0.01)
    assert not list(served.spool.iterdir())


# ---- floods


async def test_a_line_of_64_megabytes_is_not_kept(served: Served) -> None:
    client = await served.greeted()
    before = peak()
    await stream(client, b"x" * MEGABYTE, 64)
    assert (await client.say(b"\r\n")).startswith("500 5.5.2 ")
    assert (await client.say(b"NOOP\r\n")).startswith("250 ")
    assert peak() - before < 24 * MEGABYTE


async def test_a_line_of_64_megabytes_in_data_goes_to_the_spool() -> None:
    async with serving(max_message_bytes=65 * MEGABYTE) as served:
        client = await served.greeted()
        await client.begin()
        await client.send(message(b""))
        await stream(client, b"x" * MEGABYTE, 64)
        assert (await client.say(b"\r\n.\r\n")).startswith("250 2.0.0 accepted")
        (kept,) = served.writer.accepted
        assert len(kept) == 64 * MEGABYTE + len(message(b"")) + 2


async def test_endless_headers_are_read_on_to_their_end_and_not_kept() -> None:
    async with serving(max_message_bytes=MEGABYTE) as served:
        client = await served.greeted()
        await client.begin()
        before = peak()
        await stream(client, b"X-More: and more\r\n" * 58_254, 64)
        assert (await client.say(b"\r\n.\r\n")).startswith("552 5.3.4 ")
        assert peak() - before < 24 * MEGABYTE
        await client.close()
        await nobody_is_left(served)


async def test_a_header_of_fifty_thousand_fields_is_a_message() -> None:
    async with serving() as served:
        client = await served.greeted()
        await client.begin()
        await client.send(message(b"")[:-2] + b"X-More: and more\r\n" * 50_000)
        assert (await client.say(b"\r\n.\r\n")).startswith("250 2.0.0 accepted")


async def test_a_hundred_thousand_recipients_are_a_thousand() -> None:
    async with serving(max_commands=1_000_000) as served:
        client = await served.greeted()
        assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith("250 ")
        codes: dict[bytes, int] = {}
        before = peak()
        for block in range(100):
            numbers = range(block * 1000, block * 1000 + 1000)
            await client.send(b"".join(b"RCPT TO:<r%d@reply.example>\r\n" % one for one in numbers))
            for _ in range(1000):
                reply = await client.reader.readuntil(b"\r\n")
                codes[reply[:9]] = codes.get(reply[:9], 0) + 1
        assert codes == {b"250 2.1.5": 1000, b"452 4.5.3": 99_000}
        assert peak() - before < 24 * MEGABYTE
        assert (await client.say(b"DATA\r\n")).startswith("354 ")
        assert (await client.say(message() + b".\r\n")).startswith("250 ")
        (received,) = served.writer.messages
        assert len(received.envelope.rcpt_to) == 1000


@pytest.mark.parametrize(
    "command", [b"EHLO client.example", b"VRFY bob", b"HELP", b"RSET", b"NOOP"]
)
async def test_a_thousand_commands_that_lead_nowhere_are_answered(
    served: Served, command: bytes
) -> None:
    client = await served.greeted()
    await client.send((command + b"\r\n") * 1000)
    for _ in range(1000):
        assert (await client.reply())[-1][0] == "2"
    assert (await client.say(b"QUIT\r\n")).startswith("221 ")


async def test_a_flood_of_what_is_not_offered_has_an_end() -> None:
    async with serving(tarpit_seconds=0) as served:
        client = await served.greeted()
        await client.send(b"EXPN staff\r\n" * 1000)
        said = (await client.rest()).split(b"\r\n")
        assert len(said) < 30
        assert said[-2].startswith(b"421 4.7.0 ")
        assert await is_there_for_others(served)


async def test_hundreds_of_transactions_that_are_begun_and_dropped_leave_nothing(
    served: Served,
) -> None:
    client = await served.greeted()
    begun = b"MAIL FROM:<alice@sender.example>\r\nRCPT TO:<bob@reply.example>\r\n"
    await client.send((begun + b"BDAT 7\r\nhello\r\nRSET\r\n") * 300 + b"QUIT\r\n")
    said = await client.rest()
    assert said.count(b"250 2.0.0 7 octets received") == 300
    assert served.writer.accepted == []
    await nobody_is_left(served)


# ---- cuts


PHASES = {
    "greeting": b"",
    "command": b"EHLO cli",
    "after EHLO": b"EHLO client.example\r\n",
    "transaction": b"EHLO c\r\nMAIL FROM:<alice@sender.example>\r\nRCPT TO:<bob@reply.example>\r\n",
}
IN_DATA = PHASES["transaction"] + b"DATA\r\n" + message(b"x" * 300_000)
IN_CHUNK = PHASES["transaction"] + b"BDAT 600000 LAST\r\n" + message(b"x" * 300_000)


@pytest.mark.parametrize("octets", [*PHASES.values(), IN_DATA, IN_CHUNK, IN_DATA + b"\r\n."])
async def test_a_reset_anywhere_leaves_nothing_behind(served: Served, octets: bytes) -> None:
    client = await served.connect()
    await client.reply()
    await client.send(octets)
    while client.writer.transport.get_write_buffer_size():
        await asyncio.sleep(0.01)
    reset(client)
    await nobody_is_left(served)
    assert served.writer.accepted == []
    assert await is_there_for_others(served)


def reset(client: Client) -> None:
    """RST instead of FIN: with nothing to linger for, the kernel drops the connection."""
    raw = client.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()


@pytest.mark.parametrize("at", range(1, 12))
async def test_the_end_of_data_may_be_cut_anywhere(served: Served, at: int) -> None:
    """Two packets, with all the time in the world between them."""
    content = message(b"..\r\n.x\r\n")
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    wire = stuffed + b".\r\nQUIT\r\n"
    client = await served.greeted()
    await client.begin()
    await client.send(wire[:-at])
    await asyncio.sleep(0.01)
    await client.send(wire[-at:])
    said = await client.rest()
    assert said.startswith(b"250 2.0.0 accepted")
    assert b"\r\n221 " in said
    assert served.writer.accepted == [content]


async def test_silence_in_the_handshake_of_starttls_is_cut_off(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    files: dict[str, Any] = {"tls_certificate": made.certificate, "tls_key": made.key}
    async with serving(handshake_timeout=0.2, **files) as served:
        client = await served.greeted()
        assert (await client.say(b"STARTTLS\r\n")).startswith("220 ")
        await client.send(b"\x16\x03\x01\x02")
        assert await client.rest() == b""
        await nobody_is_left(served)
