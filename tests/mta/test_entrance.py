"""Behind a proxy and with TLS first: the session knows its real client, and who does not get as
far as a session costs little and leaves nothing behind."""

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import make_certificate
from tests.mta.serving import Client, Served, message, serving

HERE = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("198.51.100.0/24"),)
HEADER = b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 25\r\n"
BINARY = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x2d"
    + socket.inet_pton(socket.AF_INET6, "2001:db8:5::7") * 2
    + struct.pack("!HH", 4711, 25)
    + b"\x04\0\x06QUIT\r\n"
)


@asynccontextmanager
async def behind_proxy(**changed: Any) -> AsyncIterator[Served]:
    async with serving(**{"proxy_networks": HERE, **changed}) as served:
        yield served


@asynccontextmanager
async def with_tls(folder: Path, **changed: Any) -> AsyncIterator[Served]:
    made = make_certificate(folder)
    files = {"tls_certificate": made.certificate, "tls_key": made.key}
    async with serving(**files, **changed) as served:
        served.tls = ssl.create_default_context(cafile=str(made.authority))
        yield served


async def nobody_is_left(served: Served) -> None:
    """Everybody is gone from every count."""
    while served.listener.connections or served.listener.waiting or served.place.open:
        await asyncio.sleep(0.01)


async def deliver(client: Client) -> str:
    await client.say(b"EHLO mx.example.com\r\n")
    await client.begin("alice@example.com")
    return await client.say(message(author="alice@example.com") + b".\r\n")


# ---- a proxy's header


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize(("header", "ip"), [(HEADER, "192.0.2.1"), (BINARY, "2001:db8:5::7")])
async def test_the_client_is_the_one_that_the_proxy_names(
    header: bytes, ip: str, size: int
) -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        for at in range(0, len(header), size):
            await client.send(header[at : at + size])
            await asyncio.sleep(0)
        assert (await client.reply())[0].startswith("220 ")
        await deliver(client)
    (received,) = served.writer.messages
    assert str(received.envelope.client.ip) == ip
    assert received.envelope.client.port == 4711
    assert ip.encode() in received.trace.received
    assert b"127.0.0.1" not in received.trace.received


async def test_spf_and_the_reverse_name_are_judged_on_the_client_behind_the_proxy() -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        await client.send(HEADER)
        await client.reply()
        assert (await deliver(client)).startswith("250 ")
    (received,) = served.writer.messages
    assert received.report.spf.result == "pass"
    assert received.report.iprev.name == "mx.example.com"


@pytest.mark.parametrize(
    "header",
    [b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", b"PROXY UNKNOWN 1 2 3 4\r\n"],
)
async def test_a_proxy_may_speak_for_itself(header: bytes) -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        await client.send(header)
        await client.reply()
        await deliver(client)
    (received,) = served.writer.messages
    assert str(received.envelope.client.ip) == "127.0.0.1"


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO client.example\r\n",
        b"PROXY TCP4 mx.example 127.0.0.1 1 25\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(500),
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12),
    ],
)
async def test_without_a_header_a_proxy_is_not_talked_to(
    octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        with caplog.at_level(logging.WARNING, "postern.mta"):
            await client.send(octets)
            assert await _closed(client)
        await nobody_is_left(served)
    assert "client=127.0.0.1 event=bad-proxy-header" in caplog.text


async def _closed(client: Client) -> bool:
    """Whether the server says nothing and goes."""
    try:
        return await client.rest() == b""
    except ConnectionError:  # what was sent too much was not read
        return True


@pytest.mark.parametrize("octets", [b"", b"PROXY TCP4 192.0.2.1 ", BINARY[:-1]])
async def test_a_header_that_does_not_come_is_not_waited_for_long(
    octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with behind_proxy(proxy_timeout=0.2) as served:
        client = await served.connect()
        await client.send(octets)
        assert await _closed(client)
        await nobody_is_left(served)
    assert "reason=none within 0.2 seconds" in caplog.text


@pytest.mark.parametrize("octets", [b"", b"PROXY TCP4 192.0.2.1 "])
async def test_a_proxy_that_looks_and_goes_is_nothing(octets: bytes) -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        await client.send(octets)
        client.writer.write_eof()
        assert await _closed(client)
        await nobody_is_left(served)


async def test_from_all_others_no_header_is_read() -> None:
    async with serving(proxy_networks=ELSEWHERE) as served:
        client = await served.connect()
        await client.reply()
        assert (await client.say(HEADER)).startswith("500 5.5.2 ")
        await client.say(b"EHLO client.example\r\n")
        await client.begin()
        assert (await client.say(message() + b".\r\n")).startswith("250 ")
    assert {str(one.envelope.client.ip) for one in served.writer.messages} == {"127.0.0.1"}


async def test_limits_are_those_of_the_client_and_not_of_the_proxy() -> None:
    async with behind_proxy(max_connections_per_client=1) as served:
        for number, code in (("1", "220 "), ("2", "421 4.7.0 "), ("254", "421 ")):
            client = await served.connect()
            await client.send(HEADER.replace(b"192.0.2.1", b"192.0.2." + number.encode()))
            assert (await client.reply())[0].startswith(code)
        other = await served.connect()
        await other.send(HEADER.replace(b"192.0.2.1", b"192.0.3.1"))
        assert (await other.reply())[0].startswith("220 ")


async def test_connections_of_a_proxy_that_says_nothing_have_a_limit_too() -> None:
    async with behind_proxy(max_connections=2) as served:
        silent = [await served.connect() for _ in range(2)]
        while served.listener.connections < 2:
            await asyncio.sleep(0.01)
        assert await _closed(await served.connect())
        for client in silent:
            await client.close()
        await nobody_is_left(served)
        client = await served.connect()
        await client.send(HEADER)
        assert (await client.reply())[0].startswith("220 ")


async def test_who_talks_along_with_the_header_talks_before_the_greeting() -> None:
    async with behind_proxy() as served:
        client = await served.connect()
        await client.send(HEADER + b"EHLO client.example\r\n")
        assert (await client.reply())[0].startswith("554 5.5.1 ")


async def test_starttls_works_behind_a_proxy(tmp_path: Path) -> None:
    async with with_tls(tmp_path, proxy_networks=HERE) as served:
        client = await served.connect()
        await client.send(HEADER)
        await client.reply()
        await client.say(b"EHLO client.example\r\n")
        await client.say(b"STARTTLS\r\n")
        assert served.tls is not None
        await client.writer.start_tls(served.tls, server_hostname="localhost")
        assert (await deliver(client)).startswith("250 ")
    (received,) = served.writer.messages
    assert str(received.envelope.client.ip) == "192.0.2.1"
    assert received.envelope.client.tls is not None


# ---- TLS from the first octet


async def test_a_message_where_tls_comes_first(tmp_path: Path) -> None:
    async with with_tls(tmp_path) as served:
        assert served.tls is not None
        client = await served.connect_under_tls(served.tls)
        assert (await client.reply())[0].startswith("220 ")
        await client.send(b"EHLO client.example\r\n")
        offered = await client.reply()
        assert "250-STARTTLS" not in offered
        assert offered[-1] == "250 REQUIRETLS"
        await client.begin()
        assert (await client.say(message() + b".\r\n")).startswith("250 ")
        assert (await client.say(b"STARTTLS\r\n")).startswith("503 5.5.1 ")
    (received,) = served.writer.messages
    tls = received.envelope.client.tls
    assert tls is not None
    assert tls.version == "TLSv1.3"
    assert b"with ESMTPS (TLSv1.3" in b" ".join(received.trace.received.split())


@pytest.mark.parametrize("header", [HEADER, BINARY])
async def test_tls_comes_first_behind_a_proxy(tmp_path: Path, header: bytes) -> None:
    async with with_tls(tmp_path, proxy_networks=HERE) as served:
        client = await served.connect_to_tls_in_the_clear()
        await client.send(header)
        assert served.tls is not None
        await client.writer.start_tls(served.tls, server_hostname="localhost")
        assert (await client.reply())[0].startswith("220 ")
        await deliver(client)
    (received,) = served.writer.messages
    assert str(received.envelope.client.ip) in ("192.0.2.1", "2001:db8:5::7")
    assert received.envelope.client.tls is not None


async def test_header_and_handshake_may_come_in_one_packet(tmp_path: Path) -> None:
    """Not an octet of the handshake is lost to whoever reads the header."""
    async with with_tls(tmp_path, proxy_networks=HERE) as served:
        assert served.tls is not None
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = served.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        client = await served.connect_to_tls_in_the_clear()
        await client.send(HEADER + outgoing.read())
        while True:
            incoming.write(await client.reader.read(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
        await client.send(outgoing.read())
        assert await _read_tls(tls, incoming, client) == b"220 "


async def _read_tls(tls: ssl.SSLObject, incoming: ssl.MemoryBIO, client: Client) -> bytes:
    while True:
        try:
            return tls.read(4)
        except ssl.SSLWantReadError:
            incoming.write(await client.reader.read(65536))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"EHLO client.example\r\n",
        b"\r\n",
        bytes(2000),
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x",
    ],
)
async def test_what_is_no_handshake_ends_the_connection_and_no_other(
    tmp_path: Path, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with with_tls(tmp_path) as served:
        assert served.tls is not None
        other = await served.connect_under_tls(served.tls)
        await other.reply()
        client = await served.connect_to_tls_in_the_clear()
        with caplog.at_level(logging.INFO, "postern.mta"):
            await client.send(octets)
            client.writer.write_eof()
            await _gone(client)
        assert (await other.say(b"NOOP\r\n")).startswith("250 ")
        await other.close()
        await nobody_is_left(served)
    (line,) = (one for one in caplog.messages if "event=tls-failed" in one)
    assert not line.endswith("reason=")


async def _gone(client: Client) -> None:
    """The server may say goodbye as TLS has it, and never a word of SMTP."""
    with suppress(ConnectionError):
        assert b"220" not in await client.rest()


@pytest.mark.parametrize("octets", [b"", b"\x16\x03\x01"])
async def test_a_handshake_that_does_not_come_is_not_waited_for_long(
    tmp_path: Path, octets: bytes
) -> None:
    async with with_tls(tmp_path, handshake_timeout=0.2) as served:
        client = await served.connect_to_tls_in_the_clear()
        await client.send(octets)
        await _gone(client)
        await nobody_is_left(served)


async def test_a_handshake_under_way_is_counted(tmp_path: Path) -> None:
    async with with_tls(tmp_path, max_connections_per_client=1) as served:
        assert served.tls is not None
        silent = await served.connect_to_tls_in_the_clear()
        while not served.listener.connections:
            await asyncio.sleep(0.01)
        with pytest.raises((OSError, ssl.SSLError)):
            await served.connect_under_tls(served.tls)
        await silent.close()
        await nobody_is_left(served)
        client = await served.connect_under_tls(served.tls)
        assert (await client.reply())[0].startswith("220 ")


async def test_the_server_stops_though_a_handshake_and_a_header_are_awaited(
    tmp_path: Path,
) -> None:
    async with with_tls(tmp_path, proxy_networks=HERE) as served:
        waiting = [await served.connect(), await served.connect_to_tls_in_the_clear()]
        await waiting[1].send(HEADER)
        while served.listener.waiting < 2:
            await asyncio.sleep(0.01)
        await served.listener.stop(30)
        for client in waiting:
            assert await _closed(client)
        await nobody_is_left(served)


# ---- of whom TLS is required


@pytest.mark.parametrize(("networks", "code"), [(HERE, "530 5.7.0 "), (ELSEWHERE, "250 ")])
async def test_tls_is_required_of_the_networks_that_are_named(
    tmp_path: Path, networks: Any, code: str
) -> None:
    async with with_tls(tmp_path, require_tls=networks) as served:
        client = await served.greeted()
        assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith(code)
        assert served.tls is not None
        client = await served.connect_under_tls(served.tls)
        await client.reply()
        await client.say(b"EHLO client.example\r\n")
        assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith("250 ")
