"""One DNS question to one name server: UDP from a random port, TCP where it was cut off.

Every query has a socket of its own, connected to its server, so that the kernel picks a fresh
port and drops what comes from elsewhere; together with the random id that is what a forger has
to guess (RFC 5452 §4). A datagram that is not the reply to our question is ignored.
"""

import asyncio
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from verify.wire import build_query

RESOLV_CONF = Path("/etc/resolv.conf")
DNS_PORT = 53
_TRUNCATED = 0x02
_NO_EDNS = (dns.rcode.FORMERR, dns.rcode.NOTIMP)


class NotOurReply(Exception):
    """A message that does not answer our question: noise, or a forgery."""


class ServerTrouble(Exception):
    """The server could not be reached, or said something that is no DNS reply."""


@dataclass(frozen=True, slots=True)
class Server:
    """A name server's address."""

    host: str
    port: int = DNS_PORT

    def __str__(self) -> str:
        if self.port == DNS_PORT:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_server(text: str) -> Server:
    """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`.

    Raises ValueError with the reason: a name server needs an address, not a name.
    """
    host, port = text, str(DNS_PORT)
    if text.startswith("["):
        host, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ip_address(host))
    except ValueError as error:
        raise ValueError(f"{text!r} is not the address of a name server") from error
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{text!r} has no port between 1 and 65535")
    return Server(address, int(port))


def system_servers(path: Path = RESOLV_CONF) -> tuple[Server, ...]:
    """The name servers of resolv.conf(5); none if there is no such file."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    servers = []
    for words in map(str.split, lines):
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                servers.append(parse_server(words[1]))
            except ValueError:
                continue  # resolv.conf belongs to the system, which ignores such a line too
    return tuple(servers)


async def exchange(
    name: str, rdtype: str, server: Server
) -> tuple[dns.message.QueryMessage, dns.message.Message]:
    """The query that was answered, and its reply; without EDNS where the server knows none.

    Raises ServerTrouble. Has no time limit of its own.
    """
    query = build_query(name, rdtype)
    reply = await _ask(query, server)
    if reply.rcode() in _NO_EDNS:
        query = build_query(name, rdtype, edns=False)
        reply = await _ask(query, server)
    return query, reply


async def _ask(query: dns.message.QueryMessage, server: Server) -> dns.message.Message:
    try:
        reply = await _over_udp(query, server)
        return reply if reply is not None else await _over_tcp(query, server)
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise ServerTrouble(f"{type(error).__name__}: {error}") from error


class _Datagrams(asyncio.DatagramProtocol):
    """Waits for the datagram that is the reply to `query`; None stands for one that was cut."""

    def __init__(self, query: dns.message.QueryMessage) -> None:
        self._query = query
        self.reply: asyncio.Future[dns.message.Message | None] = (
            asyncio.get_running_loop().create_future()
        )

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self.reply.done() or data[:2] != struct.pack("!H", self._query.id):
            return
        try:
            cut = len(data) > 2 and data[2] & _TRUNCATED
            reply = None if cut else parse_reply(data, self._query)
        except NotOurReply:
            return
        except ServerTrouble as error:
            self.reply.set_exception(error)
            return
        self.reply.set_result(reply)

    def error_received(self, exc: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.reply.done():
            self.reply.set_exception(exc or ConnectionError("the socket was closed"))


async def _over_udp(query: dns.message.QueryMessage, server: Server) -> dns.message.Message | None:
    """The reply; None if it was cut off and is to be had over TCP (RFC 7766 §5)."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(query), remote_addr=(server.host, server.port)
    )
    try:
        transport.sendto(query.to_wire())
        return await protocol.reply
    finally:
        protocol.reply.cancel()
        transport.close()


async def _over_tcp(query: dns.message.QueryMessage, server: Server) -> dns.message.Message:
    """RFC 1035 §4.2.2: the same message behind its length in two octets."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        wire = query.to_wire()
        writer.write(struct.pack("!H", len(wire)) + wire)
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        return parse_reply(await reader.readexactly(size), query)
    except NotOurReply as error:
        raise ServerTrouble("a reply to another question") from error
    finally:
        writer.close()


def parse_reply(data: bytes, query: dns.message.QueryMessage) -> dns.message.Message:
    """The reply in `data`. Raises NotOurReply, or ServerTrouble if it cannot be read."""
    try:
        reply = dns.message.from_wire(data, ignore_trailing=True)
    except Exception as error:  # whatever a hostile server makes the parser do
        raise ServerTrouble(f"unreadable reply: {type(error).__name__}") from error
    if not query.is_response(reply):
        raise NotOurReply
    return reply
