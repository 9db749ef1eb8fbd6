"""What is decided at each step of an SMTP transaction: the early no, and the message's path.

The hooks are named as aiosmtpd names them. They answer with a `Reply` and know nothing of lines
and sockets; those are `mta.session`'s.
"""

import logging
import time
from dataclasses import replace
from typing import Protocol

from bounce_rules.decide import decide
from bounce_rules.facts import RecipientState, gather_facts
from bounce_rules.scope import scope_of
from mail.address import Address
from mail.dns_list import NOT_LISTED
from mail.envelope import Door as Doors
from mail.envelope import Envelope
from mail.errors import HouseProblem, StoreFull, TryLater
from mail.identifier import new_id
from mail.message import parse_message
from mail.raw import RawMessage
from mail.received import RefusedEnvelope, StoredMessage
from mail.reply import Reply, printable
from mail.verdict import Verdict
from mta.commands import MailCommand
from mta.envelope import Peer, Transaction, freeze_envelope
from mta.intake import Intake
from mta.meters import Meters
from mta.rates import Kind
from mta.receive import Tools, receive
from mta.settings import SmtpSettings
from mta.verdicts import (
    HOUSE_PROBLEM,
    MESSAGE_RATE,
    NO_SPACE,
    RECIPIENT_RATE,
    RELAYING_DENIED,
    TLS_REQUIRED,
    bad_syntax,
    too_large,
    too_many_hops,
    try_later,
)

log = logging.getLogger("postern.mta")


class Route(Protocol):
    """Where a recipient of a domain of ours leads."""

    @property
    def mailbox(self) -> str:
        """The mailbox's id."""

    @property
    def known(self) -> bool:
        """Whether the domain has somebody of that name."""

    @property
    def full(self) -> bool:
        """Whether the mailbox may hold no more, and its recipients shall come again later."""


class Directory(Protocol):
    """Who is served here."""

    def route(self, address: Address) -> Route | None:
        """Where `address` leads; None where its domain is not ours."""


_SEPARATELY = Reply(452, "4.5.3", "Another policy applies to this recipient, send it separately")


class Door:
    """The decisions of one listener."""

    def __init__(
        self, settings: SmtpSettings, tools: Tools, directory: Directory, meters: Meters
    ) -> None:
        self._settings = settings
        self._meters = meters
        self._tools = tools
        self._directory = directory

    def handle_MAIL(self, peer: Peer, command: MailCommand) -> tuple[Transaction | None, Reply]:
        """A new transaction and what is said to it; or None and why not."""
        envelope = self._opening(peer, command)
        if peer.tls is None and self._needs_tls(peer):
            verdict = TLS_REQUIRED
        elif command.size is not None and command.size > self._settings.max_message_bytes:
            verdict = too_large(self._settings.max_message_bytes)
        elif peer.allowance is not None and not peer.allowance.take(Kind.MESSAGES):
            verdict = MESSAGE_RATE
        else:
            facts = gather_facts(envelope, None, None, self._tools.policy)
            verdict = decide(facts, self._tools.rules)
        if verdict.keeps_message:
            return Transaction(envelope, command), verdict.reply
        peer.refusals.add(envelope, verdict, "mail", command.size)
        return None, verdict.reply

    def _needs_tls(self, peer: Peer) -> bool:
        required = self._settings.require_tls
        if isinstance(required, bool):
            return required
        return peer.ip is not None and any(peer.ip in network for network in required)

    def _opening(self, peer: Peer, command: MailCommand) -> Envelope:
        """A new transaction, as it is known at its MAIL."""
        now = self._tools.now()
        return Envelope(
            id=new_id(now),
            door=Doors.SMTP,
            client=peer.client(),
            mail_from=command.mail_from,
            rcpt_to=(),
            received_at=now,
            body=command.body,
            smtputf8=command.smtputf8,
        )

    async def look_up(self, peer: Peer) -> None:
        """Ask the DNS lists about the client, once in its session."""
        lists = self._tools.dns_lists
        if lists is not None and peer.listings is None:
            peer.listings = await lists.look_up(peer.ip)
            self._meters.listings(peer.listings)

    def handle_RCPT(self, peer: Peer, transaction: Transaction, address: Address) -> Reply:
        """Take `address` into the transaction if it is one of ours; a duplicate counts once."""
        if address in transaction.recipients:
            return Reply(250, "2.1.5", "Recipient ok")
        if len(transaction.recipients) >= self._settings.max_recipients:
            self._meters.limit("recipients")
            return Reply(452, "4.5.3", "Too many recipients, send the others separately")
        if peer.allowance is not None and not peer.allowance.take(Kind.RECIPIENTS):
            self._note_refused(peer, transaction, RECIPIENT_RATE, (address,))
            return RECIPIENT_RATE.reply
        route, policy = self._directory.route(address), self._tools.current().policy
        facts = gather_facts(
            transaction.opening,
            None,
            None,
            policy,
            recipient=address,
            recipient_state=_state(route),
            listings=peer.listings or NOT_LISTED,
        )
        verdict = decide(facts, self._tools.rules)
        if verdict.keeps_message and route is not None:
            scope = scope_of(address, policy, transaction.opening.received_at)
            if transaction.recipients and transaction.scope != scope:
                return _SEPARATELY
            transaction.recipients[address], transaction.scope = route.mailbox, scope
            transaction.listings = peer.listings or NOT_LISTED
            return verdict.reply
        if verdict.keeps_message:  # no rule can make a relay of us
            verdict = RELAYING_DENIED
        self._note_refused(peer, transaction, verdict, (address,))
        return verdict.reply

    def _note_refused(
        self, peer: Peer, transaction: Transaction, verdict: Verdict, rcpt_to: tuple[Address, ...]
    ) -> None:
        """A refused recipient has a row of its own, and so an id."""
        now = self._tools.now()
        envelope = replace(transaction.opening, id=new_id(now), rcpt_to=rcpt_to, received_at=now)
        peer.refusals.add(envelope, verdict, "rcpt")

    def note_unreadable(self, peer: Peer, transaction: Transaction | None, reply: Reply) -> None:
        """Keep a MAIL or RCPT whose argument could not be read; its reply says why."""
        if transaction is not None:
            self._note_refused(peer, transaction, bad_syntax(reply), ())
        else:
            envelope = self._opening(peer, MailCommand(None))
            peer.refusals.add(envelope, bad_syntax(reply), "mail")

    async def handle_DATA(self, transaction: Transaction, intake: Intake) -> Reply:
        """Freeze, receive, answer. The reply is final and bears the transaction's id."""
        began = time.perf_counter()
        envelope = freeze_envelope(transaction, self._tools.now())
        try:
            raw = intake.finish()
            if raw is None:
                raise _Refused(intake.refusal or HOUSE_PROBLEM)
            if loops(raw, self._settings.max_hops):
                raise _Refused(too_many_hops(self._settings.max_hops))
            stored = await receive(envelope, raw, self._tools, transaction.listings.evidence)
        except _Refused as refused:
            return await self._refuse_data(envelope, intake.size, refused.verdict)
        except TryLater as problem:
            return await self._refuse_data(envelope, intake.size, try_later(problem.reply))
        except StoreFull as problem:
            _log_problem(envelope, problem)
            return await self._refuse_data(envelope, intake.size, NO_SPACE)
        except Exception as error:
            _log_problem(envelope, error)
            return await self._refuse_data(envelope, intake.size, HOUSE_PROBLEM)
        finally:
            intake.close()
        seconds = time.perf_counter() - began
        self._meters.message(stored.verdict, stored.size, seconds)
        _log_message(envelope, stored, seconds)
        return stored.verdict.reply.with_id(stored.id)

    async def _refuse_data(self, envelope: Envelope, size: int, verdict: Verdict) -> Reply:
        """Leave a row for data that were not taken; the final reply."""
        await self.save_refusal(RefusedEnvelope(envelope, verdict, "data", 1, size))
        return verdict.reply.with_id(envelope.id)

    async def save_refusal(self, refused: RefusedEnvelope) -> None:
        """Keep the row of a refusal. A store that cannot keep it changes no reply."""
        _log_refusal(refused)
        self._meters.refusal(refused.verdict, refused.stage, refused.recipients)
        try:
            await self._tools.writer.save_refusal(refused)
        except Exception as error:
            log.error(  # noqa: TRY400 the reason is in the line
                "refusal id=%s not saved: %s", refused.envelope.id, error
            )


class _Refused(Exception):
    """The data are not taken, for `verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


def _state(route: Route | None) -> RecipientState:
    if route is None:
        return RecipientState.FOREIGN
    if not route.known:
        return RecipientState.UNKNOWN
    return RecipientState.FULL if route.full else RecipientState.KNOWN


def loops(raw: RawMessage, most: int) -> bool:
    """Whether there are more than `most` Received fields (RFC 5321 §6.3).

    Each hop adds its field on top, so the first block tells whether it is worth counting.
    """
    first = next(raw.blocks(), b"")
    if first.lower().count(b"received:") <= most:
        return False
    return sum(1 for _ in parse_message(raw).all("received")) > most


def _log_problem(envelope: Envelope, error: Exception) -> None:
    """A traceback only where nobody foresaw it."""
    trace = None if isinstance(error, HouseProblem) else error
    log.error("transaction id=%s problem=%s", envelope.id, error, exc_info=trace)


def _log_message(envelope: Envelope, stored: StoredMessage, seconds: float) -> None:
    verdict = stored.verdict
    log.info(
        "transaction id=%s client=%s helo=%s mail_from=<%s> rcpt=%d size=%d action=%s code=%d "
        "rule=%s ms=%.1f",
        envelope.id,
        envelope.client.ip,
        printable(envelope.client.helo),
        printable(str(envelope.mail_from or "")),
        len(envelope.rcpt_to),
        stored.size,
        verdict.action,
        verdict.reply.code,
        verdict.rule,
        seconds * 1000,
    )


def _log_refusal(refused: RefusedEnvelope) -> None:
    envelope, verdict = refused.envelope, refused.verdict
    log.info(
        "transaction id=%s client=%s helo=%s mail_from=<%s> rcpt=%d stage=%s action=%s code=%d "
        "rule=%s",
        envelope.id,
        envelope.client.ip,
        printable(envelope.client.helo),
        printable(str(envelope.mail_from or "")),
        refused.recipients,
        refused.stage,
        verdict.action,
        verdict.reply.code,
        verdict.rule,
    )
