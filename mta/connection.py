"""A connection from its first octet to its last: counted, greeted, listened to, closed.

This is the half of a session that knows no SMTP command; `mta.session` has those. It is built on
aiosmtpd's protocol class, which gives the streams, the session object and the names. What is
overridden, and why: it looks through all of its attributes by reflection at every connection
(`__init__`); it takes lines that end with LF alone and control characters (`_handle_client`); it
cancels its handler when a client half-closes (`eof_received`, `connection_lost`); it answers our
own faults with 500 and their text (`handle_exception`).
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP

from mail.errors import HouseProblem, MailProblem, TryLater
from mail.reply import Reply
from mta.commands import PATH_LINE_LIMIT, line_too_long, parse_command
from mta.conduct import Conduct
from mta.early import has_spoken
from mta.envelope import Peer
from mta.shared import Shared
from mta.spool import Charge
from mta.tls import tls_facts
from mta.verdicts import HOUSE_PROBLEM
from mta.wire import READ_AHEAD, Wire

log = logging.getLogger("postern.mta")

LAST_WORDS = 5.0
"""Seconds for a peer to take the reply that ends its session, before the connection is cut."""

TURN = 10
"""Commands that are obeyed in a row. A client may send tens of thousands at once, and all of them
can be answered without waiting for anything: then it is the turn of the others."""

TIMED_OUT = Reply(421, "4.4.2", "Timeout, closing the connection")
TOO_SLOW = Reply(421, "4.4.2", "The data come too slowly, closing the connection")
TOO_MUCH_AHEAD = Reply(421, "4.3.1", "Too much was sent at once, try again later")
_STOPPING = Reply(421, "4.3.2", "The server is stopping, try again later")

CommandMethod = Callable[[str], Awaitable[None]]


class Connection(SMTP):
    """One client, from its connection to its end. `_method` knows the commands.

    Where something came before SMTP (`mta.entrance`), `peer` is already known, and may have been
    `admitted`, which means counted, too.
    """

    def __init__(self, shared: Shared, peer: Peer | None = None, *, admitted: bool = False) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ_AHEAD, loop=loop)
        asyncio.StreamReaderProtocol.__init__(
            self, reader, client_connected_cb=self._cb_client_connected, loop=loop
        )
        self.loop = loop
        self.envelope = None
        self._shared = shared
        self._known_peer = peer
        self._admitted = admitted
        self.has_begun = False
        self._is_served = False
        self._doing = "greeting"
        self._if_late = TIMED_OUT
        self._over = False
        self._dismissed = False
        self._is_told = False
        self._draining = self._has_left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there: count it, and greet it or send it away."""
        asyncio.StreamReaderProtocol.connection_made(self, transport)
        self.transport = transport
        self.has_begun = True
        self._peer = self._known_peer or Peer(self.loop, transport.get_extra_info("peername"))
        self.session = self._peer
        connection = transport.get_extra_info("ssl_object")
        if connection is not None:
            self._peer.tls = tls_facts(connection)
        refusal = None if self._admitted else self._shared.limits.admit(self._peer.ip)
        if refusal is not None:
            self._writer.write(refusal.wire())
            self._close()
            return
        self._wire = Wire(
            self._reader,
            self._writer,
            self._timeout_cb,
            self._shared.settings.session_timeout,
            Charge(self._shared.spool.budget),
        )
        self._is_served = True
        self._start_counting()
        self._shared.sessions.add(self)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def _start_counting(self) -> None:
        shared, peer = self._shared, self._peer
        peer.allowance = shared.limits.rates.of(peer.ip)
        large = shared.limits.is_large(peer.ip)
        self._conduct = Conduct(shared.settings, shared.meters, peer.allowance, in_tarpit=not large)
        if peer.tls is not None:
            shared.meters.tls(peer.tls.version)

    @property
    def stage(self) -> str:
        """What it is doing, a word of `mta.meters.STAGES`."""
        return self._doing or ("command" if self.envelope is None else self._stage_of_transaction())

    def _stage_of_transaction(self) -> str:
        """Whether its data are coming in."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """What a client sends ahead of our answers costs memory, which is for all."""
        asyncio.StreamReaderProtocol.data_received(self, data)
        if self._is_served and not self._wire.received(len(data)):
            log.warning("session client=%s event=too-much-ahead", self._peer.ip)
            self._shared.meters.limit("memory")
            self._say_last(TOO_MUCH_AHEAD)
            self._over = True

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. The session notices when it next reads; what it does is not cut."""
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self._leave()

    def _leave(self) -> None:
        """Give the place back, once: a connection that breaks within a handshake of STARTTLS is
        never reported lost."""
        if not self._has_left:
            self._has_left = True
            self._shared.place.leave()

    def eof_received(self) -> bool | None:
        """The client has finished, and may still listen (not under TLS)."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return self._peer.tls is None

    def drain(self) -> None:
        """The server stops: no new transaction, and an idle client is told so at once."""
        self._draining = True
        if self._wire.is_waiting and self.envelope is None:
            self._say_last(_STOPPING)

    def cut(self) -> None:
        """The server cannot wait for the client any longer; for a commit it can."""
        if self._wire.is_waiting:
            self._say_last(_STOPPING)

    @property
    def conversation(self) -> asyncio.Task[None]:
        """Done when the session is over."""
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    def _timeout_cb(self) -> None:
        """The client is late. One that was sent away already and only stays is not."""
        if not self._over:
            limit = "time-out" if self._if_late is TIMED_OUT else "transfer-rate"
            self._shared.meters.limit(limit)
            self._log_end(limit)
        self._say_last(self._if_late)

    def _log_end(self, event: str) -> None:
        """Why there is no QUIT, and where the session stood."""
        sender = "" if self.envelope is None else f" mail_from=<{self._sender()}>"
        log.info("session client=%s event=%s stage=%s%s", self._peer.ip, event, self.stage, sender)

    def _sender(self) -> str:
        """Who the open transaction says that its mail is from, printable."""
        raise NotImplementedError

    def _say_last(self, reply: Reply) -> None:
        """End a session that waits for its client, unless the last word was said already. A
        client that does not even read what was said before is cut off."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        self._is_told = True
        if transport.get_write_buffer_size():
            transport.abort()
        elif not self._over:
            self._writer.write(reply.wire())
        self._close()

    def _close(self) -> None:
        """Close, and cut the connection soon if the peer does not take what was said."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        transport.close()
        if transport.get_write_buffer_size():
            self.loop.call_later(LAST_WORDS, transport.abort)

    async def _handle_client(self) -> None:
        try:
            if await self._greet():
                await self._converse()
            await self._wire.flush(LAST_WORDS)
            await self._linger()
        except (ConnectionError, TimeoutError, ssl.SSLError):
            pass  # there is nobody left to tell
        finally:
            self._is_served = False
            self._wire.close()
            if self.envelope is not None and not (self._over or self._is_told):
                self._log_end("lost")
            self._forget_transaction()
            self._shared.sessions.discard(self)
            self._shared.limits.release(self._peer.ip)
            self._save_refusals()
            self._close()
            self._leave()

    async def _linger(self) -> None:
        """Read what the peer still sends: closing over unread octets would make the kernel reset
        the connection, and the peer could lose the replies that are on their way to it."""
        transport = self._writer.transport
        expected = self._dismissed or self._wire.has_input
        if self._draining or not self._over or not expected or not transport.can_write_eof():
            return
        transport.write_eof()
        await self._wire.drain_input(LAST_WORDS)

    def _save_refusals(self) -> None:
        for row in self._peer.refusals.take():
            self._shared.spawn(self._shared.door.save_refusal(row))

    async def _greet(self) -> bool:
        """RFC 5321 §3.1. Whoever talks first is no mail server."""
        settings = self._shared.settings
        if settings.greet_delay:
            await asyncio.sleep(settings.greet_delay)
        if self._wire.has_input or has_spoken(self._writer.transport):
            log.info("session client=%s event=early-talker", self._peer.ip)
            self._shared.meters.limit("early-talker")
            self._end(Reply(554, "5.5.1", "You spoke before the greeting"))
            return False
        self._say(Reply(220, "", f"{settings.hostname} ESMTP Postern"))
        return True

    async def _converse(self) -> None:
        settings, conduct = self._shared.settings, self._conduct
        self._doing = ""
        obeyed = 0
        while not self._over:
            if self._draining and self.envelope is None:
                self._end(_STOPPING)
                return
            line = await self._wire.read_line(PATH_LINE_LIMIT, settings.command_timeout)
            if line is None:
                return
            if (last_word := conduct.command()) is not None:
                self._dismiss(last_word)
                return
            await self._obey(line)
            if (seconds := conduct.delay()) > 0:
                await self._delay(seconds)
            obeyed += 1
            if obeyed % TURN == 0:
                await asyncio.sleep(0)

    async def _delay(self, seconds: float) -> None:
        """The reply waits, and what was sent after the command lies unread: pipelining does not
        help. It costs us a timer."""
        self._doing = "tarpit"
        await asyncio.sleep(seconds)
        self._doing = ""

    async def _obey(self, line: bytes) -> None:
        try:
            if not line.endswith(b"\n"):
                raise MailProblem(line_too_long())
            if not line.endswith(b"\r\n"):
                raise MailProblem(Reply(500, "5.5.2", "Lines end with CR LF"))
            command = parse_command(line[:-2])
            self._conduct.verb(command.verb)
            await self._method(command.verb)(command.argument)
        except MailProblem as problem:
            self._complain(problem.reply)
        except TryLater as problem:
            self._say(problem.reply)
        except (ConnectionError, TimeoutError, ssl.SSLError):
            raise
        except Exception as error:
            await self.push(await self.handle_exception(error))

    def _method(self, verb: str) -> CommandMethod:
        """What obeys `verb`. Raises MailProblem if nothing does."""
        raise NotImplementedError

    def _forget_transaction(self) -> None:
        """The open transaction, if any, is void."""
        raise NotImplementedError

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault: the peer hears 451 and no more, the log has the traceback."""
        trace = None if isinstance(error, HouseProblem) else error
        log.error("session client=%s problem=%r", self._peer.ip, error, exc_info=trace)
        return str(HOUSE_PROBLEM.reply)

    async def push(self, status: str | bytes) -> None:
        """One reply line without its CRLF (aiosmtpd's way to answer)."""
        octets = status.encode("ascii") if isinstance(status, str) else status
        self._wire.send(octets + b"\r\n")

    def _say(self, reply: Reply) -> None:
        self._wire.send(reply.wire())

    def _complain(self, reply: Reply) -> None:
        """An answer that counts as an error of the client's."""
        self._conduct.error()
        self._say(reply)

    def _end(self, reply: Reply) -> None:
        """The last answer of a session that we end."""
        self._over = self._dismissed = True
        self._say(reply)

    def _dismiss(self, reply: Reply) -> None:
        """The same for a limit of the session, with a line of the log."""
        log.info("session client=%s event=dismissed reply=%s", self._peer.ip, reply)
        self._end(reply)
