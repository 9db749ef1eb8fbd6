"""A small real name server on loopback, over UDP and TCP, whose every reply a test can shape."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.services import free_port

Shape = Callable[[dns.message.Message, str], list[bytes]]
"""From the query and "udp" or "tcp" to the messages that are sent back."""


class NameServer:
    """Answers from `shapes` by (name, type); NXDOMAIN with a SOA for all else."""

    def __init__(self) -> None:
        self.port = 0
        self.shapes: dict[tuple[str, str], Shape] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.source_ports: list[int] = []
        self.ids: list[int] = []
        self.held: list[Callable[[], None]] = []
        self.holding = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, name: str, rdtype: str, *texts: str, ttl: int = 300, owner: str = "") -> None:
        """Answer with these records; `owner` puts another name on them."""
        rrset = dns.rrset.from_text(f"{owner or name}.", ttl, "IN", rdtype, *texts)
        self.shapes[name, rdtype] = lambda query, _: [answer(query, rrset)]

    def shape(self, name: str, rdtype: str, shape: Shape) -> None:
        self.shapes[name, rdtype] = shape

    def let_go(self) -> None:
        """Send what was held back while `holding` was set."""
        held, self.held = self.held, []
        for send in held:
            send()

    def replies(self, data: bytes, over: str) -> list[bytes]:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, rdtype, over))
        self.ids.append(query.id)
        return self.shapes.get((name, rdtype), nxdomain)(query, over)


def answer(query: dns.message.Message, *rrsets: dns.rrset.RRset) -> bytes:
    response = dns.message.make_response(query)
    response.answer.extend(rrsets)
    return response.to_wire(max_size=65535)


def failure(rcode: dns.rcode.Rcode) -> Shape:
    def shape(query: dns.message.Message, over: str) -> list[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return [response.to_wire()]

    return shape


def negative(rcode: dns.rcode.Rcode, minimum: int = 60) -> Shape:
    def shape(query: dns.message.Message, over: str) -> list[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        soa = f"ns.test. host.test. 1 2 3 4 {minimum}"
        response.authority.append(dns.rrset.from_text("test.", 3600, "IN", "SOA", soa))
        return [response.to_wire()]

    return shape


nxdomain = negative(dns.rcode.NXDOMAIN)


def silence(query: dns.message.Message, over: str) -> list[bytes]:
    return []


def cut_off(whole: bytes) -> bytes:
    """The reply as a server cuts it: the header with TC, and half of the rest."""
    return whole[:2] + bytes([whole[2] | 0x02]) + whole[3 : len(whole) // 2]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._server.source_ports.append(addr[1])
        replies = self._server.replies(data, "udp")
        if self._server.holding:
            self._server.held.append(lambda: self._send(replies, addr))
        else:
            self._send(replies, addr)

    def _send(self, replies: list[bytes], addr: tuple[str, int]) -> None:
        for reply in replies:
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """A server that listens on one free port of 127.0.0.1 for both transports."""
    server = NameServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        for reply in server.replies(await reader.readexactly(size), "tcp"):
            writer.write(struct.pack("!H", len(reply)) + reply)
        await writer.drain()
        writer.close()

    # Not any port that is free for TCP: somebody's question may be on its way from there by UDP.
    server.port = free_port()
    tcp = await asyncio.start_server(serve, "127.0.0.1", server.port)
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(server), local_addr=("127.0.0.1", server.port)
    )
    try:
        yield server
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()
