"""What comes before SMTP on a connection: a proxy's header, and TLS from the first octet.

Both are done on the bare socket, before there is a session, so that a session always knows its
real client and never reads what is not SMTP. A connection is counted from the beginning: one
from a proxy among all of them until its header is read, then, and all others at once, among
those of its client's network.
"""

import asyncio
import logging
import socket
import ssl

from mail.reply import printable
from mta.connection import LAST_WORDS
from mta.envelope import Peer
from mta.proxy import BadProxyHeader, Source, missing, parse_proxy_header
from mta.session import SmtpSession
from mta.shared import Shared
from mta.tls import Certificate, why_failed

log = logging.getLogger("postern.mta")


class Entrance:
    """Leads the connections of one listening socket to their sessions.

    With `certificate` TLS comes first (RFC 8314 §3.3); without it SMTP, which may have STARTTLS.
    """

    def __init__(self, shared: Shared, certificate: Certificate | None = None) -> None:
        self._shared = shared
        self._certificate = certificate
        self._loop = asyncio.get_running_loop()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many connections are not sessions yet."""
        return len(self._under_way)

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Each ends when its connection has a session, or is gone."""
        return set(self._under_way)

    async def welcome(self, connected: socket.socket) -> None:
        """Take over a connection that was accepted just now; returns at once."""
        connected.setblocking(False)
        task = self._loop.create_task(self._enter(connected))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Send away those who have no session yet."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(tuple(self._under_way))

    async def _enter(self, connected: socket.socket) -> None:
        peer: Peer | None = None
        try:
            peer = await self._guest(connected)
        except OSError as error:  # a look whether we are there, which proxies take all the time
            log.debug("connection event=lost reason=%s", error.strerror or error)
        finally:
            if peer is None:
                connected.close()
                self._shared.place.leave()
        if peer is not None:
            await self._hand_over(connected, peer)

    async def _guest(self, connected: socket.socket) -> Peer | None:
        """Who may enter. Where TLS comes first, it is counted before that; else the session does
        it, which can say why it refuses."""
        peer = await self._identify(connected)
        if peer is None or self._certificate is None:
            return peer
        # There is nothing to say to who is not at SMTP yet.
        return peer if self._shared.limits.admit(peer.ip) is None else None

    async def _identify(self, connected: socket.socket) -> Peer | None:
        """Who is there; None for who has to go."""
        peer = Peer(self._loop, connected.getpeername())
        if not self._is_proxy(peer):
            return peer
        if self._shared.limits.hold() is not None:
            return None
        try:
            source = await self._read_header(connected)
        except (BadProxyHeader, TimeoutError) as error:
            reason = str(error) or f"none within {self._shared.settings.proxy_timeout:g} seconds"
            log.warning("connection client=%s event=bad-proxy-header reason=%s", peer.ip, reason)
            self._shared.meters.limit("proxy-header")
            return None
        finally:
            self._shared.limits.release(None)
        if source is None:
            return peer
        return Peer(self._loop, (str(source[0]), source[1]))

    def _is_proxy(self, peer: Peer) -> bool:
        networks = self._shared.settings.proxy_networks
        return peer.ip is not None and any(peer.ip in network for network in networks)

    async def _read_header(self, connected: socket.socket) -> Source | None:
        """Up to its last octet and no further. Raises BadProxyHeader, TimeoutError."""
        received = b""
        async with asyncio.timeout(self._shared.settings.proxy_timeout):
            while wanted := missing(received):
                octets = await self._loop.sock_recv(connected, wanted)
                if not received and not octets:
                    raise ConnectionAbortedError("nothing was said")
                if not octets:
                    raise BadProxyHeader(f"it ends after {printable(ascii(received))}")
                received += octets
        return parse_proxy_header(received)

    async def _hand_over(self, connected: socket.socket, peer: Peer) -> None:
        """To a session. From here on the socket is its transport's, which closes it."""
        certificate = self._certificate
        session = SmtpSession(self._shared, peer, admitted=certificate is not None)
        try:
            if certificate is None:
                await self._loop.connect_accepted_socket(lambda: session, connected)
            else:
                await self._handshake(connected, session, certificate.context())
        except (OSError, ssl.SSLError) as error:
            log.info("session client=%s event=tls-failed reason=%s", peer.ip, why_failed(error))
            self._shared.meters.tls_failures.add()
        finally:
            if not session.has_begun:
                self._shared.place.leave()
                if certificate is not None:
                    self._shared.limits.release(peer.ip)

    async def _handshake(
        self, connected: socket.socket, session: SmtpSession, context: ssl.SSLContext
    ) -> None:
        await self._loop.connect_accepted_socket(
            lambda: session,
            connected,
            ssl=context,
            ssl_handshake_timeout=self._shared.settings.handshake_timeout,
            ssl_shutdown_timeout=LAST_WORDS,
        )
