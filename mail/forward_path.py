"""Which path a forwarded message took, as far as that is proved.

Mail that DMARC fails may have come by a path that somebody here set up. A path is only what a
stranger cannot write for themselves: a MAIL FROM domain that SPF passed for, together with the
forwarder whom the rewritten sender names; or an ARC seal whose owner says that the author domain
had passed. Which paths are worth a rule is decided in `mail.forward_offer`.
"""

from dataclasses import dataclass

from mail.report import ArcWord, AuthReport, DmarcWord, SpfWord
from mail.trust import Known


@dataclass(frozen=True, slots=True)
class ForwardPath:
    """How one message came. `name` is the SPF domain or the sealer; `forwarder` the mailbox or
    domain that forwarded, empty for a seal, which does not tell."""

    known_by: Known
    name: str
    forwarder: str = ""


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
