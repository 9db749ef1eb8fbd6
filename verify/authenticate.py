"""Is it who it says it is? Runs all checks of one message and returns one report.

SPF, DKIM, ARC, reverse DNS and the search for the DMARC record go out side by side; DMARC comes
last, because it is about what the others found. All of them ask through one recorder, so that
the report rests on one and the same view of the DNS, and carries it with it.

A check of ours that breaks harms the message that broke it, and no more: it becomes a temporary
error of that check, so that such mail is never refused for our fault.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, TypeVar

from mail.envelope import Door, Envelope
from mail.forward import forward_signs
from mail.message import Message
from mail.reason import ReasonCode, because
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.trust import Trust, sealers
from verify.arc.check import check_arc
from verify.dkim.check import check_dkim
from verify.dkim.work import Body, run_sized
from verify.dmarc.author import Author, find_author
from verify.dmarc.check import check_dmarc
from verify.dmarc.rfc7489 import Rfc7489, ask_rfc7489, check_rfc7489, draw_of
from verify.dmarc.suffixes import SuffixList
from verify.dmarc.walk import Walk, walk
from verify.iprev import check_iprev
from verify.relay import as_seen, see_through
from verify.resolver import RecordingResolver, Resolver
from verify.side_by_side import Begun, finish
from verify.spf.check import check_spf

log = logging.getLogger("postern.verify")

T = TypeVar("T")

_NO_CLIENT_CAUSE, _CAUSE = because(ReasonCode.NOT_SMTP), because(ReasonCode.OUR_FAULT)
_NO_CLIENT, _OUR_FAULT = str(_NO_CLIENT_CAUSE), str(_CAUSE)
_SPF_BROKE = SpfResult(SpfWord.TEMPERROR, "", "mailfrom", _OUR_FAULT, cause=_CAUSE)
_DKIM_BROKE = (DkimResult(DkimWord.TEMPERROR, "", "", "", _OUR_FAULT, cause=_CAUSE),)
_ARC_BROKE = ArcResult(ArcWord.FAIL, _OUR_FAULT, temporary=True, cause=_CAUSE)
_IPREV_BROKE = IprevResult(IprevWord.TEMPERROR, "", _OUR_FAULT)


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """`authserv_id` is our name in Authentication-Results (RFC 8601 §2.5).

    `trusted_sealers` are the domains whose ARC seals we take (`verify.arc`), and `trust` those
    that we take for some destination or some time only. `trusted_relays` are our own, which are
    seen through (`verify.relay`). `seconds` is the time that all DNS queries of a message may
    take together. With `suffixes` DMARC is that of RFC 7489.
    """

    authserv_id: str
    trusted_sealers: tuple[str, ...] = ()
    seconds: float = 30.0
    trust: tuple[Trust, ...] = ()
    trusted_relays: tuple[IPv4Network | IPv6Network, ...] = ()
    suffixes: SuffixList | None = None

    def for_message(self, envelope: Envelope) -> "VerifySettings":
        """The same, with the sealers that count for this envelope."""
        more = sealers(self.trust, envelope.rcpt_to, envelope.received_at)
        if not more:
            return self
        return replace(self, trusted_sealers=tuple(sorted({*self.trusted_sealers, *more})))


async def authenticate(
    envelope: Envelope,
    message: Message,
    resolver: Resolver,
    settings: VerifySettings,
    now: Callable[[], datetime],
    body: Body | None = None,
) -> AuthReport:
    """The report of one message. Never raises for what the message or the DNS is.

    Mail of other doors than SMTP has no client: SPF is none then, and iprev permerror. The time
    is asked once, so that all signatures are judged for one moment, which the report keeps.
    `body` is given where digests of it are known already: a stored message is decided again.
    """
    at, body, settings = now(), body or Body(message), settings.for_message(envelope)
    seen = see_through(envelope, message, settings.trusted_relays)
    author, signs = await run_sized(
        len(message.header_block), lambda: (find_author(message), forward_signs(envelope, message))
    )
    old = Rfc7489(settings.suffixes, draw_of(envelope.id)) if settings.suffixes else None
    judged = as_seen(envelope, seen)
    recorder = RecordingResolver(resolver, now, settings.seconds)
    by_spf = _begun(envelope, "spf", _spf(judged, recorder), _SPF_BROKE)
    by_dkim = _begun(envelope, "dkim", check_dkim(message, recorder, lambda: at, body), _DKIM_BROKE)
    by_arc = _begun(
        envelope, "arc", check_arc(message, recorder, settings, lambda: at, body), _ARC_BROKE
    )
    by_iprev = _begun(envelope, "iprev", _iprev(judged, recorder), _IPREV_BROKE)
    early = _begun(envelope, "dmarc", _ask_early(author, recorder, old), None)
    await finish(by_spf, by_dkim, by_arc, by_iprev, early)
    spf, dkim, arc, iprev = by_spf.result, by_dkim.result, by_arc.result, by_iprev.result
    if old is None:
        judging = check_dmarc(author, spf, dkim, recorder, early.result)
    else:
        judging = check_rfc7489(author, spf, dkim, recorder, old)
    dmarc = await _caught(envelope, "dmarc", judging, _dmarc_broke(author))
    if spf is _SPF_BROKE or dkim is _DKIM_BROKE:
        dmarc = _unsettled(dmarc)
    if arc.temporary and set(arc.sealers[-1:]) & set(settings.trusted_sealers):
        dmarc = _seal_awaited(dmarc)
    resting_on = recorder.evidence(), body.evidence(), at
    return AuthReport(spf, dkim, arc, dmarc, iprev, *resting_on, seen, signs)


def _begun(envelope: Envelope, check: str, work: Coroutine[Any, Any, T], instead: T) -> Begun[T]:
    return Begun(_caught(envelope, check, work, instead))


async def _caught(envelope: Envelope, check: str, work: Coroutine[Any, Any, T], instead: T) -> T:
    """The check's result, or `instead` where the check itself broke."""
    try:
        return await work
    except Exception:
        log.exception("check failed check=%s id=%s", check, envelope.id)
        return instead


async def _spf(envelope: Envelope, resolver: Resolver) -> SpfResult:
    if envelope.door is not Door.SMTP:
        return SpfResult(SpfWord.NONE, "", "mailfrom", _NO_CLIENT, cause=_NO_CLIENT_CAUSE)
    return await check_spf(envelope, resolver)


async def _iprev(envelope: Envelope, resolver: Resolver) -> IprevResult:
    if envelope.door is not Door.SMTP:
        return IprevResult(IprevWord.PERMERROR, "", _NO_CLIENT)
    return await check_iprev(envelope.client, resolver)


async def _ask_early(author: Author, resolver: Resolver, old: Rfc7489 | None) -> Walk | None:
    """Have the answers about the author domain at hand when DMARC's turn comes."""
    if author.domain is None:
        return None
    if old is None:
        return await walk(author.domain, resolver)
    await ask_rfc7489(author.domain, old, resolver)
    return None


def _dmarc_broke(author: Author) -> DmarcResult:
    domain = author.domain.ascii if author.domain else ""
    none = DmarcPolicy.NONE
    return DmarcResult(
        DmarcWord.TEMPERROR,
        domain,
        "",
        none,
        (),
        _OUR_FAULT,
        dns_trouble_matters=True,
        cause=_CAUSE,
    )


def _unsettled(dmarc: DmarcResult) -> DmarcResult:
    """A fail that rests on a check that broke here is not known to be one."""
    if dmarc.result is not DmarcWord.FAIL:
        return dmarc
    matters = dmarc.policy is not DmarcPolicy.NONE
    return replace(
        dmarc,
        result=DmarcWord.TEMPERROR,
        reason=_OUR_FAULT,
        dns_trouble_matters=matters,
        cause=_CAUSE,
    )


def _seal_awaited(dmarc: DmarcResult) -> DmarcResult:
    """A seal that we would trust, and whose key could not be had now, could override a fail."""
    could_change = dmarc.result is DmarcWord.FAIL and dmarc.policy is not DmarcPolicy.NONE
    return replace(dmarc, dns_trouble_matters=dmarc.dns_trouble_matters or could_change)
