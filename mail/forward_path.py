"""Know your forwarder: which path a forwarded message took, as far as that is proved.

Mail that DMARC fails may have come by a path that somebody here set up. A path is only what a
stranger cannot write for themselves: a MAIL FROM domain that SPF passed for, together with the
forwarder whom the rewritten sender names; or an ARC seal whose owner says that the author domain
had passed. A reverse name is none, because all tenants of a provider share it. Messages of one path
to one destination are one offer, which a person may accept or leave.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mail.report import ArcWord, AuthReport, DmarcWord, SpfWord
from mail.trust import Known

EXAMPLES = 5
"""Transactions, and author domains, that an offer names."""


@dataclass(frozen=True, slots=True)
class ForwardPath:
    """How one message came. `name` is the SPF domain or the sealer; `forwarder` the mailbox or
    domain that forwarded, empty for a seal, which does not tell."""

    known_by: Known
    name: str
    forwarder: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One held or refused message that came by a path."""

    id: str
    at: datetime
    destination: str
    path: ForwardPath
    from_domain: str
    held: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Messages that look like one path to one destination. `id` is the same each time.

    `examples` are ids of transactions, newest first.
    """

    id: str
    destination: str
    path: ForwardPath
    held: int
    refused: int
    first_at: datetime
    last_at: datetime
    from_domains: tuple[str, ...]
    examples: tuple[str, ...]


def path_of(report: AuthReport) -> ForwardPath | None:
    """The path of a message that DMARC fails; None where nothing proves one."""
    if report.dmarc.result is not DmarcWord.FAIL:
        return None
    spf, signs = report.spf, report.forward
    if spf.result is SpfWord.PASS and spf.identity == "mailfrom" and signs.seen and signs.forwarder:
        return ForwardPath(Known.SPF, spf.domain, signs.forwarder)
    return ForwardPath(Known.SEAL, report.arc.sealers[-1]) if seal_vouches(report) else None


def seal_vouches(report: AuthReport) -> bool:
    """Whether the last sealer of a valid chain says that the author domain had passed.

    Its DMARC pass for that very domain, or a pass of SPF or DKIM for it. A seal alone only says
    who handled the message, not that it was good (RFC 8617 §7.2, §9.6).
    """
    arc, domain = report.arc, report.dmarc.domain
    return (
        arc.result is ArcWord.PASS
        and bool(domain)
        and any((method, "pass", domain) in arc.claims for method in ("dmarc", "dkim", "spf"))
    )


def group(attempts: Iterable[Attempt]) -> tuple[Offer, ...]:
    """One offer for each path and destination, the latest seen first."""
    groups: dict[tuple[str, ForwardPath], list[Attempt]] = {}
    for one in attempts:
        groups.setdefault((one.destination, one.path), []).append(one)
    offers = [_offer(*key, found) for key, found in groups.items()]
    return tuple(sorted(offers, key=lambda offer: (offer.last_at, offer.id), reverse=True))


def offer_id(destination: str, path: ForwardPath) -> str:
    """26 characters that name this path to this destination."""
    text = "\x00".join((destination, path.known_by, path.name, path.forwarder))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:26]


def _offer(destination: str, path: ForwardPath, found: list[Attempt]) -> Offer:
    newest = sorted(found, key=lambda one: one.id, reverse=True)
    held = sum(one.held for one in found)
    domains = dict.fromkeys(one.from_domain for one in newest if one.from_domain)
    return Offer(
        offer_id(destination, path),
        destination,
        path,
        held,
        len(found) - held,
        min(one.at for one in found),
        max(one.at for one in found),
        tuple(domains)[:EXAMPLES],
        tuple(one.id for one in newest[:EXAMPLES]),
    )
