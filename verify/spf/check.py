"""SPF of one envelope: asks the resolver until check_host() can decide (RFC 7208 §2.3 to §2.6).

The MAIL FROM identity is checked; for the null sender it is postmaster at the HELO name (§2.4).
"""

import asyncio

from mail.address import parse_domain
from mail.envelope import Envelope
from mail.reason import Reason, because
from mail.reason import ReasonCode as Code
from mail.reply import printable
from mail.report import SpfResult, SpfWord
from verify.answer import Resolver, plain_name
from verify.client import plain_ip
from verify.side_by_side import in_own_task
from verify.spf.evaluate import Decision, Subject, evaluate
from verify.spf.view import MissingAnswer, View

SECONDS = 25.0
"""RFC 7208 §4.6.4: at least 20 s, then temperror."""

ROUNDS = 60
"""Evaluations of one check. Each asks at least one term's names: ten terms and what surrounds
them need no more, whatever the records say."""


async def check_spf(envelope: Envelope, resolver: Resolver) -> SpfResult:
    """What the sender's domain says about the client; never raises for what the DNS did."""
    identity, local, domain = _identity(envelope)
    ip = envelope.client.ip
    if ip is None:
        decision = Decision(SpfWord.NONE, because(Code.SPF_NO_CLIENT))
    elif cause := _no_domain(identity, domain):
        decision = Decision(SpfWord.NONE, cause)
    else:
        at = int(envelope.received_at.timestamp())
        subject = Subject(plain_ip(ip), plain_name(domain), local, envelope.client.helo, at)
        decision = await check_host(subject, resolver)
    named = printable(domain, 253)
    reason = printable(str(decision.cause), 300)
    return SpfResult(
        decision.word, named, identity, reason, decision.explanation, cause=decision.cause
    )


async def check_host(subject: Subject, resolver: Resolver) -> Decision:
    """RFC 7208 §4: the evaluation, repeated until no answer is missing."""
    view = View(resolver)
    try:
        return evaluate(subject, view)
    except MissingAnswer:
        await in_own_task()
    try:
        async with asyncio.timeout(SECONDS):
            return await _replay(subject, view)
    except TimeoutError:
        return Decision(SpfWord.TEMPERROR, because(Code.SPF_SLOW, f"{SECONDS:.0f}"))


async def _replay(subject: Subject, view: View) -> Decision:
    for _ in range(ROUNDS):
        await _fetch(view)
        try:
            return evaluate(subject, view)
        except MissingAnswer:
            continue
    return Decision(SpfWord.PERMERROR, because(Code.SPF_ASKS_MORE))


async def _fetch(view: View) -> None:
    """Ask all that is missing, and what is likely to be needed next, side by side."""
    keys = list(view.missing | view.guesses)
    answers = await asyncio.gather(*(view.resolver.query(*key) for key in keys))
    view.answers.update(zip(keys, answers, strict=True))
    view.missing.clear()
    view.guesses.clear()


def _identity(envelope: Envelope) -> tuple[str, str, str]:
    """Which identity is checked, its local part and its domain (RFC 7208 §2.4, §4.3)."""
    if envelope.mail_from is not None:
        sender = envelope.mail_from
        return "mailfrom", sender.local or "postmaster", sender.domain.ascii
    helo = envelope.client.helo
    try:
        return "helo", "postmaster", parse_domain(helo).ascii
    except ValueError:
        return "helo", "postmaster", helo


def _no_domain(identity: str, domain: str) -> Reason | None:
    """Why nothing can be asked for it: no name of several labels (RFC 7208 §4.3), or None."""
    try:
        name = parse_domain(domain)
    except ValueError:
        return because(Code.SPF_NOT_A_NAME, identity, repr(domain))
    if name.is_literal:
        return because(Code.SPF_LITERAL, identity, domain)
    return None if "." in name.ascii else because(Code.SPF_SINGLE_LABEL, identity, domain)
