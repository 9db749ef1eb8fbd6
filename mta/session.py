"""One SMTP session: what may be said when, on aiosmtpd's protocol class.

aiosmtpd gives the protocol, its session and envelope objects and the names of its methods. What
is overridden, and why: it looks through all of its attributes by reflection at every connection
(`__init__`); it takes lines that end with LF alone, control characters and loose addresses
(`_handle_client`, `smtp_*`); it reads data line by line and refuses long lines (`smtp_DATA`); it
cancels the handler when a client half-closes (`eof_received`, `connection_lost`); it answers our
own faults with 500 and their text (`handle_exception`).
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from aiosmtpd.smtp import SMTP

from mail.errors import HouseProblem, MailProblem, TryLater
from mail.reply import Reply
from mail.verdict import Verdict
from mta.commands import PATH_LINE_LIMIT, line_too_long, parse_command, parse_mail, parse_rcpt
from mta.data import DataDecoder
from mta.door import HOUSE_PROBLEM, Door
from mta.early import has_spoken
from mta.envelope import Peer, Transaction
from mta.limits import ConnectionLimits
from mta.settings import SmtpSettings
from mta.spool import Incoming, Spool
from mta.tls import Certificate, tls_facts
from mta.wire import BLOCK, READ_AHEAD, Wire

log = logging.getLogger("postern.mta")

HTTP_VERBS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT"))
"""A browser or a script that was made to send its request here; its body is not ours to obey."""

HANDSHAKE_TIMEOUT = 60.0
"""Seconds for a TLS handshake."""

LAST_WORDS = 5.0
"""Seconds for a peer to take the reply that ends its session, before the connection is cut."""

_HELO = re.compile(r"[\x21-\x7e]{1,255}")
_VERBS = (
    "HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY EXPN HELP STARTTLS AUTH".split()  # noqa: SIM905
)
_READY = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions of one listener have in common."""

    settings: SmtpSettings
    door: Door
    limits: ConnectionLimits
    spool: Spool
    certificate: Certificate | None
    sessions: "set[SmtpSession]" = field(default_factory=set)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Work that outlives its session: a lost connection must not cancel a commit."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


class SmtpSession(SMTP):
    """The conversation with one client, from the greeting to the end."""

    def __init__(self, shared: Shared) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ_AHEAD, loop=loop)
        asyncio.StreamReaderProtocol.__init__(
            self, reader, client_connected_cb=self._cb_client_connected, loop=loop
        )
        self.loop = loop
        self.envelope = None
        self._shared = shared
        self._errors = 0
        self._over = False
        self._dismissed = False
        self._draining = False

    # ---- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there: count it, and greet it or send it away."""
        asyncio.StreamReaderProtocol.connection_made(self, transport)
        self.transport = transport
        self._peer = Peer(self.loop, transport.get_extra_info("peername"))
        self.session = self._peer
        refusal = self._shared.limits.admit(self._peer.ip)
        if refusal is not None:
            log.warning("connection client=%s refused: %s", self._peer.ip, refusal)
            self._writer.write(refusal.wire())
            self._close()
            return
        self._wire = Wire(
            self._reader, self._writer, self._timeout_cb, self._shared.settings.session_timeout
        )
        self._shared.sessions.add(self)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. The session notices when it next reads; what it does is not cut."""
        asyncio.StreamReaderProtocol.connection_lost(self, error)

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
        self._say_last(Reply(421, "4.4.2", "Timeout, closing the connection"))

    def _say_last(self, reply: Reply) -> None:
        """End a session that waits for its client, unless the last word was said already. A
        client that does not even read what was said before is cut off."""
        transport = self._writer.transport
        if transport.is_closing():
            return
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
            self._wire.close()
            self._shared.sessions.discard(self)
            self._shared.limits.release(self._peer.ip)
            self._save_refusals()
            self._close()

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
            self._end(Reply(554, "5.5.1", "You spoke before the greeting"))
            return False
        self._say(Reply(220, "", f"{settings.hostname} ESMTP Postern"))
        return True

    async def _converse(self) -> None:
        settings = self._shared.settings
        while not self._over:
            if self._draining and self.envelope is None:
                self._end(_STOPPING)
                return
            line = await self._wire.read_line(PATH_LINE_LIMIT, settings.command_timeout)
            if line is None:
                return
            if self._errors >= settings.max_errors:
                self._end(Reply(421, "4.7.0", "Too many errors, closing the connection"))
                return
            await self._obey(line)

    async def _obey(self, line: bytes) -> None:
        try:
            if not line.endswith(b"\n"):
                raise MailProblem(line_too_long())
            if not line.endswith(b"\r\n"):
                raise MailProblem(Reply(500, "5.5.2", "Lines end with CR LF"))
            command = parse_command(line[:-2])
            await self._method(command.verb)(self, command.argument)
        except MailProblem as problem:
            self._complain(problem.reply)
        except TryLater as problem:
            self._say(problem.reply)
        except (ConnectionError, TimeoutError, ssl.SSLError):
            raise
        except Exception as error:
            await self.push(await self.handle_exception(error))

    def _method(self, verb: str) -> "Callable[[SmtpSession, str], Awaitable[None]]":
        method = _METHODS.get(verb)
        if method is not None:
            return method
        if verb in HTTP_VERBS:
            log.info("session client=%s event=http", self._peer.ip)
            return SmtpSession._send_away
        raise MailProblem(Reply(500, "5.5.2", "Command not recognized"))

    async def _send_away(self, _: str) -> None:
        self._end(Reply(554, "5.5.1", "This is a mail server"))

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault: the peer hears 451 and no more, the log has the traceback."""
        trace = None if isinstance(error, HouseProblem) else error
        log.error("session client=%s problem=%r", self._peer.ip, error, exc_info=trace)
        return str(HOUSE_PROBLEM)

    async def push(self, status: str | bytes) -> None:
        """One reply line without its CRLF (aiosmtpd's way to answer)."""
        octets = status.encode("ascii") if isinstance(status, str) else status
        self._wire.send(octets + b"\r\n")

    def _say(self, reply: Reply) -> None:
        self._wire.send(reply.wire())

    def _complain(self, reply: Reply) -> None:
        """An answer that counts as an error of the client's."""
        self._errors += 1
        self._say(reply)

    def _end(self, reply: Reply) -> None:
        """The last answer of a session that we end."""
        self._over = self._dismissed = True
        self._say(reply)

    # ---- commands without a transaction

    async def smtp_HELO(self, hostname: str) -> None:
        """RFC 5321 §4.1.1.1."""
        self._meet(hostname, extended=False)
        self._say(Reply(250, "", str(self._shared.settings.hostname)))

    async def smtp_EHLO(self, hostname: str) -> None:
        """RFC 5321 §4.1.1.1: our name, and what works here."""
        self._meet(hostname, extended=True)
        lines = [str(self._shared.settings.hostname), *self._extensions()]
        for line in lines[:-1]:
            self._wire.send(f"250-{line}\r\n".encode("ascii"))
        self._wire.send(f"250 {lines[-1]}\r\n".encode("ascii"))

    def _meet(self, hostname: str, *, extended: bool) -> None:
        """A name that is no domain is taken all the same (RFC 5321 §4.1.4), a sentence is not."""
        if _HELO.fullmatch(hostname) is None:
            raise MailProblem(Reply(501, "5.5.4", "Syntax: EHLO or HELO and your host name"))
        self.envelope = None
        self._peer.host_name = hostname
        self._peer.extended_smtp = extended

    def _extensions(self) -> list[str]:
        settings = self._shared.settings
        offered = [
            "PIPELINING",
            f"SIZE {settings.max_message_bytes}",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            f"LIMITS RCPTMAX={settings.max_recipients}",
        ]
        if self._shared.certificate is not None and self._peer.tls is None:
            offered.append("STARTTLS")
        return offered

    async def smtp_NOOP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.9; the argument is ignored."""
        self._say(Reply(250, "2.0.0", "OK"))

    async def smtp_RSET(self, arg: str) -> None:
        """RFC 5321 §4.1.1.5."""
        _no_argument(arg, "RSET")
        self.envelope = None
        self._say(Reply(250, "2.0.0", "OK"))

    async def smtp_QUIT(self, arg: str) -> None:
        """RFC 5321 §4.1.1.10. What was sent after it is not read."""
        _no_argument(arg, "QUIT")
        self._over = True
        self._say(Reply(221, "2.0.0", "Bye"))

    async def smtp_VRFY(self, arg: str) -> None:
        """RFC 5321 §3.5.3: neither yes nor no; mail tells."""
        if not arg:
            raise MailProblem(Reply(501, "5.5.4", "Syntax: VRFY address"))
        self._say(Reply(252, "2.5.2", "Cannot verify, but try to deliver"))

    async def smtp_EXPN(self, arg: str) -> None:
        """RFC 5321 §3.5.2: there are no lists here."""
        raise MailProblem(Reply(502, "5.5.1", "EXPN is not offered"))

    async def smtp_HELP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.8."""
        self._say(Reply(214, "2.0.0", "See RFC 5321"))

    async def smtp_AUTH(self, arg: str) -> None:
        """Mail servers bring mail to an MX without a password; nobody sends through it."""
        raise MailProblem(Reply(503, "5.5.1", "AUTH is not offered: this is not a relay"))

    async def smtp_STARTTLS(self, arg: str) -> None:
        """RFC 3207. What came in the clear after it could be an attacker's: the session ends."""
        _no_argument(arg, "STARTTLS")
        if self._shared.certificate is None:
            raise MailProblem(Reply(502, "5.5.1", "STARTTLS is not offered"))
        if self._peer.tls is not None:
            raise MailProblem(Reply(503, "5.5.1", "TLS is in use already"))
        if self._wire.has_input:
            log.warning("session client=%s event=starttls-injection", self._peer.ip)
            self._end(Reply(554, "5.5.1", "Nothing may be sent with STARTTLS"))
            return
        self._say(Reply(220, "2.0.0", "Ready to start TLS"))
        await self._wire.flush(self._shared.settings.command_timeout)
        await self._start_tls(self._shared.certificate.context())

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        """`loop.start_tls` rather than aiosmtpd's way: a fifth of the memory under uvloop."""
        try:
            transport = await self.loop.start_tls(
                self._writer.transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
                ssl_shutdown_timeout=LAST_WORDS,
            )
        except (OSError, ssl.SSLError) as error:
            log.info("session client=%s event=tls-failed reason=%s", self._peer.ip, error)
            raise ConnectionAbortedError from error
        if transport is None:
            raise ConnectionAbortedError
        self.transport = transport
        self._reader._transport = transport  # type: ignore[attr-defined]
        self._writer._transport = transport  # type: ignore[attr-defined]
        self._peer.tls = tls_facts(transport.get_extra_info("ssl_object"))
        # RFC 3207 §4.2: everything that was said before is forgotten.
        self._peer.host_name = None
        self._peer.extended_smtp = False
        self.envelope = None

    # ---- a transaction

    def _transaction(self) -> Transaction:
        """The open one. Raises MailProblem 503 5.5.1."""
        if self.envelope is None:
            raise MailProblem(Reply(503, "5.5.1", "Send MAIL first"))
        return cast(Transaction, self.envelope)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.2."""
        if self._peer.host_name is None:
            raise MailProblem(Reply(503, "5.5.1", "Send EHLO or HELO first"))
        if self.envelope is not None:
            raise MailProblem(Reply(503, "5.5.1", "A transaction is open already; RSET ends it"))
        try:
            command = parse_mail(arg or "", extended=self._peer.extended_smtp)
        except MailProblem as problem:
            self._shared.door.note_unreadable(self._peer, None, problem.reply)
            raise
        self.envelope, reply = self._shared.door.handle_MAIL(self._peer, command)
        self._answer(reply)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.3."""
        transaction = self._transaction()
        try:
            address = parse_rcpt(
                arg or "",
                extended=self._peer.extended_smtp,
                smtputf8=transaction.command.smtputf8,
                hostname=self._shared.settings.hostname,
            )
        except MailProblem as problem:
            self._shared.door.note_unreadable(self._peer, transaction, problem.reply)
            raise
        self._answer(self._shared.door.handle_RCPT(self._peer, transaction, address))

    def _answer(self, reply: Reply) -> None:
        """Refusals for good count as errors; those for now say nothing about the client."""
        if reply.code >= 500:
            self._complain(reply)
        else:
            self._say(reply)

    async def smtp_DATA(self, arg: str) -> None:
        """RFC 5321 §4.1.1.4, up to the final reply."""
        _no_argument(arg, "DATA")
        transaction = self._transaction()
        if not transaction.recipients:
            raise MailProblem(Reply(554, "5.5.1", "No valid recipients"))
        budget = self._shared.spool.budget
        if not budget.take(BLOCK):
            raise TryLater(Reply(452, "4.3.1", "Too much mail at once, try again later"))
        incoming = self._shared.spool.incoming()
        try:
            refusal = await self._read_data(incoming)
        except BaseException:
            incoming.close()
            raise
        finally:
            budget.give_back(BLOCK)
        self.envelope = None
        self._say(await self._finish(transaction, incoming, refusal))

    async def _read_data(self, incoming: Incoming) -> Verdict | None:
        """Everything up to the final dot, kept in `incoming`; or read to the end without keeping,
        and why. Raises ConnectionAbortedError if the client stops before it."""
        decoder, refusal = DataDecoder(), None
        self._say(_READY)
        while not decoder.done:
            block = await self._wire.read_block(self._shared.settings.data_timeout)
            if not block:
                raise ConnectionAbortedError
            content = decoder.feed(block)
            if refusal is None:
                refusal = self._keep(incoming, content, bare_newlines=decoder.bare_newlines)
        self._wire.unread(decoder.rest)
        return refusal

    def _keep(self, incoming: Incoming, content: bytes, *, bare_newlines: bool) -> Verdict | None:
        """Write `content`; or the reason not to keep this message."""
        settings, door = self._shared.settings, self._shared.door
        if bare_newlines and settings.bare_newlines == "refuse":
            return door.bare_newlines()
        if incoming.size + len(content) > settings.max_message_bytes:
            return door.too_large()
        try:
            incoming.write(content)
        except OSError as error:
            log.error("spool event=failed reason=%s", error.strerror)  # noqa: TRY400
            return door.no_space()
        return None

    async def _finish(
        self, transaction: Transaction, incoming: Incoming, refusal: Verdict | None
    ) -> Reply:
        """The final reply, by work that nothing which happens to the connection can cancel."""
        work = self._shared.spawn(self._settle(transaction, incoming, refusal))
        reply = await asyncio.shield(work)
        self._save_refusals()
        if reply.code < 300:
            self._errors = 0
        return reply

    async def _settle(
        self, transaction: Transaction, incoming: Incoming, refusal: Verdict | None
    ) -> Reply:
        door = self._shared.door
        try:
            if refusal is not None:
                envelope = door.freeze(self._peer, transaction)
                return await door.refuse_data(envelope, incoming.size, refusal)
            return await door.handle_DATA(self._peer, transaction, incoming.finish())
        finally:
            incoming.close()


_STOPPING = Reply(421, "4.3.2", "The server is stopping, try again later")
_METHODS: dict[str, Callable[[SmtpSession, str], Awaitable[None]]] = {
    verb: getattr(SmtpSession, f"smtp_{verb}") for verb in _VERBS
}


def _no_argument(argument: str, verb: str) -> None:
    if argument:
        raise MailProblem(Reply(501, "5.5.4", f"{verb} has no argument"))
