"""STARTTLS: what works under it, what must not survive it, and a certificate that changes."""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from mail.errors import SettingsProblem
from mta.tls import Certificate
from tests.certificates import make_certificate
from tests.mta.serving import Client, Served, message, serving


@dataclass(frozen=True, slots=True)
class Secured:
    served: Served
    folder: Path
    context: ssl.SSLContext

    async def under_tls(self) -> Client:
        """A client that has made the handshake and said nothing since."""
        client = await self.served.greeted()
        assert (await client.say(b"STARTTLS\r\n")).startswith("220 2.0.0")
        await client.writer.start_tls(self.context, server_hostname="localhost")
        return client


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


@pytest.fixture
async def secured(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Secured]:
    changed: dict[str, Any] = getattr(request, "param", {})
    made = make_certificate(tmp_path)
    files = {"tls_certificate": made.certificate, "tls_key": made.key}
    async with serving(**files, **changed) as served:
        yield Secured(served, tmp_path, trusting(made.authority))


async def test_a_message_under_tls_is_remembered_as_such(secured: Secured) -> None:
    client = await secured.under_tls()
    assert (await client.say(b"EHLO client.example\r\n")).startswith("250 ")
    await client.begin()
    assert (await client.say(message() + b".\r\n")).startswith("250 2.0.0 accepted")
    assert (await client.say(b"QUIT\r\n")).startswith("221 ")
    (received,) = secured.served.writer.messages
    tls = received.envelope.client.tls
    assert tls is not None
    assert tls.version == "TLSv1.3"
    assert tls.cipher.startswith("TLS_")
    field = " ".join(received.trace.received.decode().split())
    assert f"with ESMTPS (TLSv1.3 {tls.cipher}) id" in field


async def test_a_large_message_comes_through_tls_whole(secured: Secured) -> None:
    content = message(os.urandom(1).hex().encode() * 1_500_000 + b"\r\n")
    client = await secured.under_tls()
    await client.say(b"EHLO client.example\r\n")
    await client.begin()
    assert (await client.say(content + b".\r\n")).startswith("250 ")
    assert secured.served.writer.accepted == [content]


async def test_starttls_is_offered_before_it_and_not_after(secured: Secured) -> None:
    client = await secured.served.connect()
    await client.reply()
    await client.send(b"EHLO client.example\r\n")
    assert "250 STARTTLS" in await client.reply()
    await client.say(b"STARTTLS\r\n")
    await client.writer.start_tls(secured.context, server_hostname="localhost")
    await client.send(b"EHLO client.example\r\n")
    assert not [line for line in await client.reply() if "STARTTLS" in line]
    assert (await client.say(b"STARTTLS\r\n")).startswith("503 5.5.1")


async def test_requiretls_is_offered_under_tls_only(secured: Secured) -> None:
    """RFC 8689 section 2: we are the last hop, so there is nothing more to require."""
    client = await secured.served.greeted()
    wanted = b"MAIL FROM:<alice@sender.example> REQUIRETLS\r\n"
    assert (await client.say(wanted)).startswith("555 5.5.4")
    client = await secured.under_tls()
    await client.send(b"EHLO client.example\r\n")
    assert (await client.reply())[-1] == "250 REQUIRETLS"
    assert (await client.say(wanted)).startswith("250 2.1.0")


async def test_everything_said_before_the_handshake_is_forgotten(secured: Secured) -> None:
    client = await secured.served.greeted()
    await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
    await client.say(b"STARTTLS\r\n")
    await client.writer.start_tls(secured.context, server_hostname="localhost")
    assert (await client.say(b"RCPT TO:<bob@reply.example>\r\n")).startswith("503 5.5.1")
    assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith("503 5.5.1")


@pytest.mark.parametrize(
    "injected", [b"EHLO attacker.example\r\n", b"x", b"MAIL FROM:<a@b.example>\r\nRCPT", b"\r\n"]
)
async def test_commands_sent_along_with_starttls_end_the_session(
    secured: Secured, injected: bytes
) -> None:
    client = await secured.served.greeted()
    await client.send(b"STARTTLS\r\n" + injected)
    assert (await client.reply())[0].startswith("554 5.5.1 ")
    client.writer.write_eof()
    assert await client.rest() == b""


async def test_commands_that_arrive_after_220_in_the_clear_are_never_obeyed(
    secured: Secured,
) -> None:
    client = await secured.served.greeted()
    await client.say(b"STARTTLS\r\n")
    await client.send(b"EHLO attacker.example\r\nMAIL FROM:<a@sender.example>\r\nQUIT\r\n")
    assert b"250" not in await client.rest()


async def test_a_handshake_that_fails_ends_the_session_and_no_other(secured: Secured) -> None:
    other = await secured.served.greeted()
    client = await secured.served.greeted()
    await client.say(b"STARTTLS\r\n")
    client.writer.transport.abort()
    assert (await other.say(b"NOOP\r\n")).startswith("250 ")
    while secured.served.listener.connections > 1:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("secured", [{"handshake_timeout": 0.2}], indirect=True)
@pytest.mark.parametrize("is_reset", [True, False])
async def test_a_handshake_that_never_ends_leaves_nothing_behind(
    secured: Secured, *, is_reset: bool
) -> None:
    client = await secured.served.greeted()
    assert (await client.say(b"STARTTLS\r\n")).startswith("220 2.0.0")
    if is_reset:
        plain = client.writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.writer.transport.abort()
    async with asyncio.timeout(60):
        while secured.served.listener.connections:
            await asyncio.sleep(0.01)
    assert secured.served.place.open == 0


async def test_nothing_older_than_tls_1_2(secured: Secured) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    client = await secured.served.greeted()
    await client.say(b"STARTTLS\r\n")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await client.writer.start_tls(old)


@pytest.mark.parametrize("secured", [{"require_tls": True}], indirect=True)
async def test_where_tls_is_required_there_is_no_mail_without_it(secured: Secured) -> None:
    client = await secured.served.greeted()
    reply = await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
    assert reply.startswith("530 5.7.0 ")
    client = await secured.under_tls()
    await client.say(b"EHLO client.example\r\n")
    assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith("250 ")


async def test_a_renewed_certificate_is_used_without_a_restart(secured: Secured) -> None:
    await secured.under_tls()
    renewed = make_certificate(secured.folder)  # the same files, by a new authority
    client = await secured.served.greeted()
    await client.say(b"STARTTLS\r\n")
    await client.writer.start_tls(trusting(renewed.authority), server_hostname="localhost")
    assert (await client.say(b"EHLO client.example\r\n")).startswith("250 ")


@pytest.mark.parametrize("file", ["server.pem", "server.key"])
@pytest.mark.parametrize("content", ["half a file", "", None])
async def test_a_certificate_that_breaks_later_leaves_the_old_one(
    secured: Secured, file: str, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        (secured.folder / file).unlink()
    else:
        (secured.folder / file).write_text(content)
    for _ in range(3):
        client = await secured.under_tls()
        assert (await client.say(b"EHLO client.example\r\n")).startswith("250 ")
    assert caplog.text.count("certificate event=unusable") == 1


async def test_a_pair_that_is_half_written_is_used_once_it_is_whole(
    secured: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    new = make_certificate(secured.folder / "new")
    (secured.folder / "server.pem").write_bytes(new.certificate.read_bytes())
    client = await secured.under_tls()  # who trusts the old one still can
    assert (await client.say(b"EHLO client.example\r\n")).startswith("250 ")
    assert "the key does not belong to the certificate" in caplog.text
    (secured.folder / "server.key").write_bytes(new.key.read_bytes())
    under_the_new = replace(secured, context=trusting(new.authority))
    client = await under_the_new.under_tls()
    assert (await client.say(b"EHLO client.example\r\n")).startswith("250 ")


async def test_a_renewed_certificate_is_used_where_tls_comes_first(secured: Secured) -> None:
    await secured.served.connect_under_tls(secured.context)
    renewed = make_certificate(secured.folder)
    client = await secured.served.connect_under_tls(trusting(renewed.authority))
    assert (await client.reply())[0].startswith("220 ")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_session_that_is_resumed_brings_nothing_along(
    secured: Secured, version: ssl.TLSVersion
) -> None:
    """What is resumed are keys; who said EHLO before has to say it again."""
    secured.context.maximum_version = version
    port, loop = secured.served.tls_port, asyncio.get_running_loop()
    first = await loop.run_in_executor(None, _talk, port, secured.context, None)
    again = await loop.run_in_executor(None, _talk, port, secured.context, first.session)
    assert again.session_reused
    assert again.mail_reply.startswith("503 5.5.1 ")


class _Talk:
    """One connection where TLS comes first: MAIL is all that it says."""

    def __init__(self, tls: ssl.SSLSocket) -> None:
        tls.recv(1024)
        tls.sendall(b"MAIL FROM:<alice@sender.example>\r\n")
        self.mail_reply = tls.recv(1024).decode()
        self.session_reused = tls.session_reused
        self.session = tls.session
        tls.sendall(b"QUIT\r\n")


def _talk(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None) -> _Talk:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as tls,
    ):
        return _Talk(tls)


async def test_an_end_that_comes_along_with_the_handshake_is_an_end(secured: Secured) -> None:
    """Scanners shake hands and go."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = secured.context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    client = await secured.served.greeted()
    await client.say(b"STARTTLS\r\n")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    await client.send(outgoing.read())
    while True:
        incoming.write(await client.reader.read(65536))
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            pass
    with suppress(ssl.SSLWantReadError):
        tls.unwrap()
    await client.send(outgoing.read())
    client.writer.write_eof()
    while secured.served.listener.connections:
        await asyncio.sleep(0.01)


def test_a_certificate_that_cannot_be_read_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match=r"smtp\.tls_certificate: cannot use .*missing"):
        Certificate(tmp_path / "missing.pem", None)


def test_a_key_with_a_password_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    key = load_pem_private_key(made.key.read_bytes(), None)
    sealed = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"not for the server")
    )
    made.key.write_bytes(sealed)
    with pytest.raises(SettingsProblem, match="protected by a password"):
        Certificate(made.certificate, made.key)


@pytest.mark.parametrize(
    "secured", [{"max_idle_commands": 1_000_000, "max_commands": 1_000_000}], indirect=True
)
async def test_nothing_sent_in_the_clear_while_the_220_waits_is_obeyed_under_tls(
    secured: Secured,
) -> None:
    """Who sits between may keep the replies back until the server waits, and add commands."""
    loop = asyncio.get_running_loop()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.setblocking(False)
        await loop.sock_connect(slow, ("127.0.0.1", secured.served.port))
        await loop.sock_recv(slow, 1)
        shared = secured.served.listener._shared
        assert shared is not None
        (session,) = shared.sessions
        transport = session._writer.transport
        while transport.get_write_buffer_size() < 60_000:  # it waits past 64 KB
            await loop.sock_sendall(slow, b"EHLO client.example\r\n" * 50)
            await asyncio.sleep(0.01)
        await loop.sock_sendall(slow, b"EHLO client.example\r\n" * 60 + b"STARTTLS\r\n")
        await asyncio.sleep(0.2)
        await loop.sock_sendall(slow, b"EHLO injected.example\r\n")
        await asyncio.sleep(0.2)
        said = b""
        async with asyncio.timeout(60):
            while not said.endswith(b"220 2.0.0 Ready to start TLS\r\n"):
                said += await loop.sock_recv(slow, 65_536)
            assert await loop.sock_recv(slow, 65_536) == b""  # and the connection is closed
