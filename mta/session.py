"""The SMTP commands: what may be said when, and what is answered (RFC 5321 §4.1).

aiosmtpd's own `smtp_*` methods are all overridden: they answer without enhanced codes, take loose
addresses, announce what we do not do, and read data line by line, refusing long ones.
"""

import asyncio
import logging
import re
import ssl
from typing import NoReturn, cast

from mail.errors import MailProblem, TryLater
from mail.reply import Reply, printable
from mta.commands import parse_bdat, parse_mail, parse_rcpt
from mta.connection import LAST_WORDS, TIMED_OUT, TOO_SLOW, CommandMethod, Connection
from mta.data import DataDecoder
from mta.envelope import Transaction
from mta.intake import Intake
from mta.settings import SmtpSettings
from mta.tls import tls_facts, why_failed
from mta.transfer import TransferRate
from mta.wire import BLOCK, READ_AHEAD

log = logging.getLogger("postern.mta")

HTTP_VERBS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT"))
"""A browser or a script that was made to send its request here; its body is not ours to obey."""

SKIPPED_CHUNK = 4
"""How many times the largest message a chunk may be that is read only to be thrown away."""

_VERBS = frozenset(
    (
        *("HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT"),
        *("VRFY", "EXPN", "HELP", "STARTTLS", "AUTH"),
    )
)
_HELO = re.compile(r"[\x21-\x7e]{1,255}")
_OK = Reply(250, "2.0.0", "OK")
_GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")


class SmtpSession(Connection):
    """The conversation with one client."""

    _transactions = 0

    def _stage_of_transaction(self) -> str:
        return "transaction" if cast(Transaction, self.envelope).intake is None else "data"

    def _sender(self) -> str:
        return printable(str(cast(Transaction, self.envelope).command.mail_from or ""))

    def _method(self, verb: str) -> CommandMethod:
        if verb in _VERBS:
            method: CommandMethod = getattr(self, f"smtp_{verb}")
            return method
        if verb in HTTP_VERBS:
            return self._send_away
        raise MailProblem(Reply(500, "5.5.2", "Command not recognized"))

    async def _send_away(self, _: str) -> None:
        log.info("session client=%s event=http", self._peer.ip)
        self._shared.meters.limit("http")
        self._end(Reply(554, "5.5.1", "This is a mail server"))

    # ---- who is there, and small talk

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
        self._forget_transaction()
        self._peer.host_name = hostname
        self._peer.extended_smtp = extended

    def _extensions(self) -> list[str]:
        settings = self._shared.settings
        offered = [
            "PIPELINING",
            f"SIZE {settings.max_message_bytes}",
            "8BITMIME",
            "BINARYMIME",
            "CHUNKING",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            limits_line(settings),
        ]
        if self._peer.tls is not None:
            offered.append("REQUIRETLS")
        elif self._shared.certificate is not None:
            offered.append("STARTTLS")
        return offered

    async def smtp_NOOP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.9; the argument is ignored."""
        self._say(_OK)

    async def smtp_RSET(self, arg: str) -> None:
        """RFC 5321 §4.1.1.5."""
        _no_argument(arg, "RSET")
        self._forget_transaction()
        self._say(_OK)

    async def smtp_QUIT(self, arg: str) -> None:
        """RFC 5321 §4.1.1.10. What was sent after it is not read."""
        _no_argument(arg, "QUIT")
        self._over = True
        self._say(Reply(221, "2.0.0", "Bye"))

    async def smtp_VRFY(self, arg: str) -> None:
        """RFC 5321 §3.5.3: neither yes nor no; mail tells."""
        if not arg:
            raise MailProblem(Reply(501, "5.5.4", "Syntax: VRFY address"))
        self._say(Reply(252, "2.0.0", "Cannot verify, but try to deliver"))

    async def smtp_EXPN(self, arg: str) -> None:
        """RFC 5321 §3.5.2: there are no lists here."""
        raise MailProblem(Reply(502, "5.5.1", "EXPN is not offered"))

    async def smtp_HELP(self, arg: str) -> None:
        """RFC 5321 §4.1.1.8."""
        self._say(Reply(214, "2.0.0", "See RFC 5321"))

    async def smtp_AUTH(self, arg: str) -> None:
        """Mail servers bring mail to an MX without a password; nobody sends through it."""
        raise MailProblem(Reply(503, "5.5.1", "AUTH is not offered: this is not a relay"))

    # ---- TLS

    async def smtp_STARTTLS(self, arg: str) -> None:
        """RFC 3207. What came in the clear after it could be an attacker's: the session ends."""
        _no_argument(arg, "STARTTLS")
        if self._shared.certificate is None:
            raise MailProblem(Reply(502, "5.5.1", "STARTTLS is not offered"))
        if self._peer.tls is not None:
            raise MailProblem(Reply(503, "5.5.1", "TLS is in use already"))
        if self._is_injected():
            self._end(Reply(554, "5.5.1", "Nothing may be sent with STARTTLS"))
            return
        self._say(Reply(220, "2.0.0", "Ready to start TLS"))
        await self._wire.flush(self._shared.settings.command_timeout)
        if self._is_injected():  # it came while a slow reader let us wait with our 220
            raise ConnectionAbortedError
        await self._start_tls(self._shared.certificate.context())

    def _is_injected(self) -> bool:
        """Whether something came in the clear that would be obeyed under TLS."""
        if self._wire.has_input:
            log.warning("session client=%s event=starttls-injection", self._peer.ip)
            self._shared.meters.limit("starttls-injection")
            return True
        return False

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        """`loop.start_tls` rather than aiosmtpd's way: a fifth of the memory under uvloop."""
        self._peer.tls = tls_facts(None)  # its end may come along with that of the handshake
        try:
            transport = await self.loop.start_tls(
                self._writer.transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._shared.settings.handshake_timeout,
                ssl_shutdown_timeout=LAST_WORDS,
            )
        except (OSError, ssl.SSLError) as error:
            log.info(
                "session client=%s event=tls-failed reason=%s", self._peer.ip, why_failed(error)
            )
            self._shared.meters.tls_failures.add()
            raise ConnectionAbortedError from error
        if transport is None:
            raise ConnectionAbortedError
        self.transport = transport
        self._reader._transport = transport  # type: ignore[attr-defined]
        self._writer._transport = transport  # type: ignore[attr-defined]
        self._peer.tls = tls_facts(transport.get_extra_info("ssl_object"))
        self._shared.meters.tls(self._peer.tls.version)
        # RFC 3207 §4.2: everything that was said before is forgotten.
        self._peer.host_name = None
        self._peer.extended_smtp = False
        self._forget_transaction()

    # ---- a transaction

    def _transaction(self) -> Transaction:
        """The open one. Raises MailProblem 503 5.5.1."""
        if self.envelope is None:
            raise MailProblem(Reply(503, "5.5.1", "Send MAIL first"))
        return cast(Transaction, self.envelope)

    def _without_content(self) -> Transaction:
        """The open one, before any BDAT. Raises MailProblem 503 5.5.1."""
        transaction = self._transaction()
        if transaction.intake is not None:
            raise MailProblem(Reply(503, "5.5.1", "Chunks are coming in; go on, or RSET"))
        return transaction

    def _forget_transaction(self) -> None:
        if self.envelope is not None:
            intake = cast(Transaction, self.envelope).intake
            if intake is not None:
                intake.close()
                self._wire.cover(0)
            self.envelope = None

    async def smtp_MAIL(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.2."""
        if self._peer.host_name is None:
            raise MailProblem(Reply(503, "5.5.1", "Send EHLO or HELO first"))
        if self.envelope is not None:
            raise MailProblem(Reply(503, "5.5.1", "A transaction is open already; RSET ends it"))
        secure = self._peer.tls is not None
        try:
            command = parse_mail(arg or "", extended=self._peer.extended_smtp, secure=secure)
        except MailProblem as problem:
            self._shared.door.note_unreadable(self._peer, None, problem.reply)
            raise
        most = self._shared.settings.max_transactions
        if most and self._transactions >= most:
            self._shared.meters.limit("transactions")
            self._dismiss(Reply(421, "4.7.0", f"Too many messages in one session, {most} at most"))
            return
        self._transactions += 1
        self.envelope, reply = self._shared.door.handle_MAIL(self._peer, command)
        self._answer(reply)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.3."""
        transaction = self._without_content()
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
        await self._shared.door.look_up(self._peer)
        self._answer(self._shared.door.handle_RCPT(self._peer, transaction, address))

    def _answer(self, reply: Reply) -> None:
        """Refusals for good count as errors; those for now say nothing about the client."""
        if reply.code >= 500:
            self._complain(reply)
        else:
            self._say(reply)

    def _open_intake(self, transaction: Transaction) -> Intake:
        """Raises MailProblem without recipients, TryLater without memory."""
        if not transaction.recipients:
            raise MailProblem(Reply(554, "5.5.1", "No valid recipients"))
        if transaction.intake is None:
            binary = transaction.command.body == "BINARYMIME"
            try:
                transaction.intake = Intake(
                    self._shared.settings, self._shared.spool, binary=binary
                )
            except TryLater:
                self._shared.meters.limit("memory")
                raise
            self._wire.cover(BLOCK + 2 * READ_AHEAD)
        return transaction.intake

    async def smtp_DATA(self, arg: str) -> None:
        """RFC 5321 §4.1.1.4, up to the final reply."""
        _no_argument(arg, "DATA")
        transaction = self._without_content()
        if transaction.command.body == "BINARYMIME":  # RFC 3030 §3
            raise MailProblem(Reply(503, "5.5.1", "BINARYMIME is sent with BDAT"))
        intake = self._open_intake(transaction)
        self._say(_GO_AHEAD)
        decoder = DataDecoder()
        while not decoder.done:
            intake.add(decoder.feed(await self._block(intake.rate)))
        self._wire.unread(decoder.rest)
        await self._finish(transaction, intake)

    async def smtp_BDAT(self, arg: str) -> None:
        """RFC 3030 §2: a chunk of known length, which is read whatever is said to it."""
        try:
            chunk = parse_bdat(arg)
        except MailProblem as problem:  # what follows could be a chunk: it is not obeyed
            self._end(problem.reply)
            return
        try:
            transaction = self._transaction()
            intake = self._open_intake(transaction)
        except Exception:
            await self._skip(chunk.size)
            raise
        if not intake.rate.go_on(self.loop.time()):
            self._cut_slow()
        await self._take_chunk(intake, chunk.size)
        if chunk.last or intake.refusal is not None:
            await self._finish(transaction, intake)
        else:
            intake.rate.pause(self.loop.time())
            self._say(Reply(250, "2.0.0", f"{chunk.size} octets received"))

    async def _take_chunk(self, intake: Intake, size: int) -> None:
        if size > SKIPPED_CHUNK * self._shared.settings.max_message_bytes:
            intake.refuse_size()
            self._over = self._dismissed = True
            return
        while size:
            block = await self._block(intake.rate, size)
            intake.add(block)
            size -= len(block)

    async def _skip(self, size: int) -> None:
        """Read a chunk that is not wanted. One without measure ends the session instead."""
        if size > SKIPPED_CHUNK * self._shared.settings.max_message_bytes:
            self._over = self._dismissed = True
            return
        rate = TransferRate(self._shared.settings)
        while size:
            size -= len(await self._block(rate, size))

    async def _block(self, rate: TransferRate, most: int = BLOCK) -> bytes:
        """What comes next of the content. Raises ConnectionAbortedError if the client stops, or
        is too slow."""
        longest = self._shared.settings.data_timeout
        patience = rate.patience(longest)
        self._if_late = TOO_SLOW if patience < longest else TIMED_OUT
        began = self.loop.time()
        block = await self._wire.read_block(patience, most)
        self._if_late = TIMED_OUT
        if not block:
            raise ConnectionAbortedError
        if not rate.came(len(block), self.loop.time() - began):
            self._cut_slow()
        return block

    def _cut_slow(self) -> NoReturn:
        """Its data come too slowly."""
        self._if_late = TOO_SLOW
        self._timeout_cb()
        raise ConnectionAbortedError

    async def _finish(self, transaction: Transaction, intake: Intake) -> None:
        """The final reply, by work that nothing which happens to the connection can cancel."""
        self.envelope = None
        self._doing = "answer"
        work = self._shared.spawn(self._shared.door.handle_DATA(transaction, intake))
        reply = await asyncio.shield(work)
        self._doing = ""
        self._wire.cover(0)
        self._save_refusals()
        if reply.code < 300:
            self._conduct.forgive()
        elif reply.code >= 500:
            self._conduct.refusal()
        self._say(reply)


def limits_line(settings: SmtpSettings) -> str:
    """The limits that a client can keep to if it knows them (RFC 9422 §4)."""
    mail = f" MAILMAX={settings.max_transactions}" if settings.max_transactions else ""
    return f"LIMITS{mail} RCPTMAX={settings.max_recipients}"


def _no_argument(argument: str, verb: str) -> None:
    if argument:
        raise MailProblem(Reply(501, "5.5.4", f"{verb} has no argument"))
