"""A listener on a free port with a memory instead of a store, for tests of the door."""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from mail.address import Address, Domain
from mail.errors import StoreProblem
from mail.received import ReceivedMessage, RefusedEnvelope, StoredMessage
from mta.listener import Listener, SmtpSettings
from mta.receive import Tools
from mta.spread import Place, Places
from store.database import Database, StoreSettings, open_database
from store.domains import Directory, add_domain
from store.metrics import Metrics
from store.writer import Writer
from tests.fakes import ready_zone
from tests.stores import new_store
from verify.authenticate import VerifySettings

HOSTNAME = Domain("mx.postern.example")

ZONE: dict[str, list[Any]] = {
    "sender.example": [{"TXT": "v=spf1 ip4:127.0.0.1 -all"}],
    "refused.example": [{"TXT": "v=spf1 -all"}],
    "_dmarc.refused.example": [{"TXT": "v=DMARC1; p=reject"}],
}
"""A sender whose mail from this machine is fine, and one whose mail is not."""


class MemoryWriter:
    """Keeps what it is given, and the message's bytes. `problem`, if set, is raised instead."""

    def __init__(self) -> None:
        self.messages: list[ReceivedMessage] = []
        self.raw: list[bytes] = []
        self.refusals: list[RefusedEnvelope] = []
        self.problem: Exception | None = None
        self.may_save = asyncio.Event()
        self.may_save.set()

    async def save_message(self, received: ReceivedMessage) -> StoredMessage:
        await self.may_save.wait()
        if self.problem is not None:
            raise self.problem
        raw = received.message.raw
        self.messages.append(received)
        self.raw.append(raw.read())
        envelope = received.envelope
        return StoredMessage(
            envelope.id, received.verdict, raw.size, raw.sha256, envelope.received_at
        )

    async def save_refusal(self, refused: RefusedEnvelope) -> None:
        if isinstance(self.problem, StoreProblem):
            raise self.problem
        self.refusals.append(refused)

    @property
    def accepted(self) -> list[bytes]:
        """The bytes of the messages that were not refused."""
        return [
            raw
            for raw, one in zip(self.raw, self.messages, strict=True)
            if one.verdict.keeps_message
        ]


@dataclass(frozen=True, slots=True)
class Lead:
    mailbox: str
    known: bool
    full: bool = False


class OneDomain:
    """`reply.example` takes mail for everybody but `nobody`, and later for `full`."""

    def route(self, address: Address) -> Lead | None:
        if address.domain == HOSTNAME and address.is_postmaster:
            return Lead("reply.example", known=True)
        if address.domain.ascii != "reply.example":
            return None
        local = address.local
        return Lead("reply.example", known=local != "nobody", full=local == "full")


@dataclass(slots=True)
class Served:
    """A listener at work; on `tls_port`, which there is with a certificate, TLS comes first."""

    port: int
    writer: MemoryWriter
    listener: Listener
    spool: Path
    place: Place = field(default_factory=lambda: Places(1).place(0))
    tls_port: int = 0
    tls: ssl.SSLContext | None = None
    clients: list["Client"] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    def counted(self, series: str) -> float:
        """The number of a series of the metrics; 0 where nothing was counted."""
        self.metrics.sample()
        return dict(self.metrics.samples()).get(series, 0)

    def met(self, limit: str) -> float:
        """How often clients met this limit."""
        return self.counted(f'postern_smtp_limits_total{{limit="{limit}"}}')

    async def connect_from(self, ip: str) -> "Client":
        """A client at another address, if this machine is a proxy for it."""
        client = await self.connect()
        family = "TCP6" if ":" in ip else "TCP4"
        await client.send(f"PROXY {family} {ip} {ip} 1025 25\r\n".encode("ascii"))
        return client

    async def connect(self) -> "Client":
        """A client that has not read the greeting yet."""
        return self._remember(*await asyncio.open_connection("127.0.0.1", self.port))

    async def connect_under_tls(self, context: ssl.SSLContext, name: str = "localhost") -> "Client":
        """The same where TLS comes first."""
        opened = asyncio.open_connection(
            "127.0.0.1", self.tls_port, ssl=context, server_hostname=name
        )
        return self._remember(*await opened)

    async def connect_to_tls_in_the_clear(self) -> "Client":
        """A client of the port where TLS comes first that has not begun with it."""
        return self._remember(*await asyncio.open_connection("127.0.0.1", self.tls_port))

    def _remember(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> "Client":
        client = Client(reader, writer)
        self.clients.append(client)
        return client

    async def greeted(self) -> "Client":
        """A client that was greeted and said EHLO."""
        client = await self.connect()
        await client.reply()
        await client.say(b"EHLO client.example\r\n")
        return client


class Client:
    """A raw SMTP client that knows nothing but lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def reply(self) -> list[str]:
        """The lines of one reply; [] if the connection is closed."""
        lines = []
        while line := await self.reader.readline():
            assert len(line) <= 512, line  # RFC 5321 §4.5.3.1.5
            assert line.endswith(b"\r\n"), line
            lines.append(line.decode("ascii").removesuffix("\r\n"))
            if line[3:4] == b" ":
                break
        return lines

    async def say(self, octets: bytes) -> str:
        """Send, and the last line of the reply."""
        await self.send(octets)
        lines = await self.reply()
        return lines[-1] if lines else ""

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return await self.reader.read()

    async def begin(self, mail_from: str = "alice@sender.example") -> None:
        """As far as DATA and its 354."""
        assert (await self.say(f"MAIL FROM:<{mail_from}>\r\n".encode())).startswith("250")
        assert (await self.say(b"RCPT TO:<bob@reply.example>\r\n")).startswith("250")
        assert (await self.say(b"DATA\r\n")).startswith("354")

    async def close(self) -> None:
        self.writer.close()


def message(body: bytes = b"Hello.\r\n", author: str = "alice@sender.example") -> bytes:
    """A small message as it goes over the wire, but for the dots."""
    return f"From: <{author}>\r\nSubject: a test\r\n\r\n".encode() + body


def listening_socket(send_buffer: int = 0) -> socket.socket:
    """A free port of this machine; with IPPROTO_TCP, so that asyncio sets TCP_NODELAY.

    `send_buffer`, if not 0: the octets that the system keeps of what a client does not read,
    instead of some megabytes.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if send_buffer:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    bound.bind(("127.0.0.1", 0))
    bound.listen(256)
    bound.setblocking(False)
    return bound


def make_tools(writer: Any, zone: dict[str, Any] | None = None) -> Tools:
    """Real rooms, but for what `writer` is."""
    return Tools(
        resolver=ready_zone({**ZONE, **(zone or {})}),
        verify=VerifySettings(authserv_id=HOSTNAME.ascii),
        policy=Policy(),
        rules=load_rules(),
        writer=writer,
        hostname=HOSTNAME,
        now=lambda: datetime.now(UTC),
    )


@dataclass(frozen=True, slots=True)
class House:
    """A listener with everything behind it that it has in earnest."""

    port: int
    database: Database


@asynccontextmanager
async def house(
    folder: Path, zone: dict[str, Any] | None = None, patience: float = 120, **changed: Any
) -> AsyncIterator[House]:
    """Listener, checks and rules over a real store that takes all mail for reply.example."""
    settings = StoreSettings("", folder)
    if not settings.path.exists():
        new_store(folder)
    with closing(open_database(settings)) as database:
        add_domain(database, "reply.example", "all", "cli", datetime.now(UTC))
        writer = Writer(database, lambda: datetime.now(UTC), patience)
        writer.start()
        smtp = replace(SmtpSettings(HOSTNAME, folder / "spool"), **changed)
        listener = Listener(smtp, make_tools(writer, zone), Directory(database, HOSTNAME))
        bound = listening_socket()
        await listener.start([bound])
        try:
            yield House(bound.getsockname()[1], database)
        finally:
            await listener.stop(5)
            await asyncio.to_thread(writer.close)


@asynccontextmanager
async def serving(**changed: Any) -> AsyncIterator[Served]:
    """A listener with these settings changed; stopped at the end. `zone` is more of its DNS,
    `dns_lists` are asked about clients; `policy` is the operator's, `send_buffer` the socket's."""
    zone, dns_lists = changed.pop("zone", None), changed.pop("dns_lists", None)
    bound = listening_socket(changed.pop("send_buffer", 0))
    policy = changed.pop("policy", Policy())
    writer = MemoryWriter()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(SmtpSettings(HOSTNAME, Path(folder)), **changed)
        place = Places(1).place(0)
        tools = replace(make_tools(writer, zone), dns_lists=dns_lists, policy=policy)
        listener = Listener(settings, tools, OneDomain(), place)
        port, tls_port, under_tls = bound.getsockname()[1], 0, []
        if settings.tls_certificate is not None:
            under_tls = [listening_socket()]
            tls_port = under_tls[0].getsockname()[1]
        await listener.start([bound], under_tls)
        served = Served(port, writer, listener, Path(folder), place, tls_port)
        served.metrics = tools.metrics
        try:
            yield served
        finally:
            for client in served.clients:
                await client.close()
            await listener.stop(5)


def cuts(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All ways to cut `octets` in two."""
    return ((octets[:at], octets[at:]) for at in range(len(octets) + 1))
