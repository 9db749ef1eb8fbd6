"""The flat list of everything that a rule can ask about.

Facts are words and yes/no, never objects: a rule file can name each of them, the log can show
them, and two equal lists of facts always lead to the same verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from mail.address import Address
from mail.dns_list import NOT_LISTED, Listings
from mail.envelope import Envelope
from mail.forward_path import seal_vouches
from mail.message import Defect, Message
from mail.reply import printable
from mail.reply_address import ReplyKey, read
from mail.report import ArcWord, AuthorWord, AuthReport, DkimWord, DmarcWord, IprevWord, SpfWord
from mail.trust import Known, Trust


class Enforce(StrEnum):
    """What is done with mail that is not authenticated (the setting `verify.enforce`)."""

    DMARC = "dmarc"
    """The author domain's DMARC policy decides."""
    AUTHENTICATED = "authenticated"
    """And mail of domains without a DMARC record needs a pass of SPF or DKIM."""
    MONITOR = "monitor"
    """Nothing is refused; what would have been is recorded."""


class RecipientState(StrEnum):
    """What the directory says about a recipient."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    """The domain is ours, and nobody of that name is in it."""
    FULL = "full"
    """The domain is ours, its mailbox holds no more, and the operator wants that to be said."""
    FOREIGN = "foreign"
    """The domain is not ours."""


POLICY_UNKNOWN = "unknown"
"""The fact `dmarc_policy` where the DNS owes the record itself."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decided.

    `enforce` is a word of `Enforce`; raises ValueError for any other. `dmarc_reply` is the
    enhanced code of a DMARC refusal (X.7.26 of RFC 7372, or a code that some platform matches
    on). `trusted_forwarders` are domains whose forwards are taken although they break DMARC; a
    client is one of them by its confirmed reverse name or by SPF, never by HELO. `trust` are
    forwarders and sealers that are taken for some destination or some time only. `reply_keys` are
    those that sign our reply addresses.
    """

    enforce: str = Enforce.DMARC.value
    dmarc_reply: str = "5.7.26"
    trusted_forwarders: tuple[str, ...] = ()
    trust: tuple[Trust, ...] = ()
    reply_keys: Sequence[ReplyKey] = ()

    def __post_init__(self) -> None:
        if self.enforce not in set(Enforce):
            raise ValueError(f"enforce is {self.enforce!r}; allowed: {', '.join(Enforce)}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a decision is asked for. Facts that are not known yet are empty.

    `stage` is mail, rcpt or data. `author` is a word of `AuthorWord`. `spf`, `arc`, `dmarc` and
    `iprev` are result words; `dkim` is the best of all signatures' words. `authenticated` is
    whether SPF or any DKIM signature passed, for whatever domain; `auth_unclear` whether neither
    did, but the DNS owes an answer. `dmarc_policy` is the policy that applies, or unknown.
    `dns_trouble_matters` is about DMARC (`mail.report`). `trusted_arc` is a chain that
    validates, sealed last by a sealer whom we trust and who says that the author domain had
    passed. `trusted_relay` is whether a relay of ours brought it. `signed_reply` is whether all
    recipients are reply addresses that we signed. `postmaster` is whether a recipient is a
    postmaster. `forwarded` is whether there are signs of forwarding, `forward_rewriting` how the
    sender was rewritten (`mail.forward`).
    `trusted_path` is the id of the learned path by which it is trusted; no rule asks about it, nor
    about `reasons`, the checks' own lines for a person. `dns_listed` is whether a DNS list has the
    client; then `client` is its address, `dns_list` the list, `dns_list_cure` how to get off it.
    """

    stage: str
    door: str = "smtp"
    enforce: str = "dmarc"
    dmarc_reply: str = "5.7.26"
    mail_from: str = ""
    null_sender: bool = False
    recipient: str = ""
    recipient_domain: str = ""
    recipient_state: str = ""
    postmaster: bool = False
    header_oversized: bool = False
    author: str = "one"
    author_problem: str = ""
    from_domain: str = ""
    spf: str = "none"
    dkim: str = "none"
    authenticated: bool = False
    auth_unclear: bool = False
    arc: str = "none"
    trusted_arc: bool = False
    dmarc: str = "none"
    dmarc_policy: str = "none"
    dns_trouble_matters: bool = False
    iprev: str = "permerror"
    trusted_forwarder: bool = False
    trusted_relay: bool = False
    signed_reply: bool = False
    forwarded: bool = False
    forward_rewriting: str = "none"
    trusted_path: str = ""
    client: str = ""
    dns_listed: bool = False
    dns_list: str = ""
    dns_list_cure: str = ""
    reasons: tuple[str, ...] = ()


def gather_facts(
    envelope: Envelope,
    message: Message | None,
    report: AuthReport | None,
    policy: Policy,
    *,
    recipient: Address | None = None,
    recipient_state: RecipientState | None = None,
    listings: Listings = NOT_LISTED,
) -> Facts:
    """The facts of a transaction as far as it got.

    With a message and its report the stage is data; with `recipient` and what the directory says
    of it, rcpt; with neither, mail.
    """
    if message is not None and report is not None:
        return _with_message(envelope, message, report, policy)
    if recipient is None:
        return Facts("mail", **_known(envelope, policy))
    return Facts(
        "rcpt",
        **_known(envelope, policy),
        recipient=str(recipient),
        recipient_domain=recipient.domain.ascii,
        recipient_state=(recipient_state or RecipientState.FOREIGN).value,
        signed_reply=_signed((recipient,), policy),
        postmaster=recipient.is_postmaster,
        **_listed_facts(envelope, listings),
    )


class _ListFacts(TypedDict, total=False):
    """What DNS lists say."""

    client: str
    dns_listed: bool
    dns_list: str
    dns_list_cure: str
    reasons: tuple[str, ...]


def _listed_facts(envelope: Envelope, listings: Listings) -> _ListFacts:
    """The first list counts; the reasons name all."""
    if not listings.found:
        return {}
    first = listings.found[0]
    return {
        "client": str(envelope.client.ip),
        "dns_listed": True,
        "dns_list": first.zone,
        "dns_list_cure": first.cure or "ask those who keep it",
        "reasons": tuple(
            printable(f"dns-list={one.zone} answer={','.join(one.codes)}: {one.text}", 500)
            for one in listings.found
        ),
    }


class _Known(TypedDict):
    """What is known at every stage."""

    door: str
    enforce: str
    dmarc_reply: str
    mail_from: str
    null_sender: bool


def _known(envelope: Envelope, policy: Policy) -> _Known:
    return {
        "door": envelope.door.value,
        "enforce": policy.enforce,
        "dmarc_reply": policy.dmarc_reply,
        "mail_from": str(envelope.mail_from or ""),
        "null_sender": envelope.mail_from is None,
    }


def _with_message(
    envelope: Envelope, message: Message, report: AuthReport, policy: Policy
) -> Facts:
    dmarc = report.dmarc
    author_bad = dmarc.author is not AuthorWord.ONE
    authenticated, forwarder = _authenticated(report), _trusted_forwarder(report, envelope, policy)
    return Facts(
        "data",
        **_known(envelope, policy),
        postmaster=any(recipient.is_postmaster for recipient in envelope.rcpt_to),
        header_oversized=Defect.OVERSIZED in message.defects,
        author=dmarc.author.value,
        author_problem=dmarc.reason if author_bad else "",
        from_domain=dmarc.domain,
        spf=report.spf.result.value,
        dkim=best_dkim(report).value,
        authenticated=authenticated,
        auth_unclear=not authenticated and _owed(report),
        arc=report.arc.result.value,
        trusted_arc=vouched_by_seal(report),
        dmarc=dmarc.result.value,
        dmarc_policy=POLICY_UNKNOWN if _policy_owed(report) else dmarc.policy.value,
        dns_trouble_matters=dmarc.dns_trouble_matters,
        iprev=report.iprev.result.value,
        trusted_forwarder=_listed(report, policy) or forwarder is not None,
        trusted_relay=report.seen_through is not None,
        signed_reply=_signed(envelope.rcpt_to, policy),
        forwarded=report.forward.seen,
        forward_rewriting=report.forward.rewriting.value,
        trusted_path=_path(report, envelope, policy, forwarder),
        reasons=tuple(_reasons(report)),
    )


def _signed(recipients: Sequence[Address], policy: Policy) -> bool:
    keys = policy.reply_keys
    return bool(recipients and keys) and all(read(keys, one) is not None for one in recipients)


def _policy_owed(report: AuthReport) -> bool:
    return report.dmarc.result is DmarcWord.TEMPERROR and not report.dmarc.record


_BEST_FIRST = (
    DkimWord.PASS,
    DkimWord.TEMPERROR,
    DkimWord.POLICY,
    DkimWord.FAIL,
    DkimWord.NEUTRAL,
    DkimWord.PERMERROR,
    DkimWord.NONE,
)


def best_dkim(report: AuthReport) -> DkimWord:
    """One word for all signatures: the one that says most for the message."""
    words = {signature.result for signature in report.dkim}
    return next((word for word in _BEST_FIRST if word in words), DkimWord.NONE)


def _authenticated(report: AuthReport) -> bool:
    return report.spf.result is SpfWord.PASS or best_dkim(report) is DkimWord.PASS


def _owed(report: AuthReport) -> bool:
    return report.spf.result is SpfWord.TEMPERROR or best_dkim(report) is DkimWord.TEMPERROR


def vouched_by_seal(report: AuthReport) -> bool:
    """Whether a trusted last sealer of a valid chain says that the author domain had passed."""
    return report.arc.trusted and seal_vouches(report)


def _listed(report: AuthReport, policy: Policy) -> bool:
    """Whether the client is a forwarder who is trusted for all destinations."""
    return any(_is_client(report, one) for one in policy.trusted_forwarders)


def _is_client(report: AuthReport, listed: str) -> bool:
    """By the client's confirmed name or the domain that SPF authenticated, or names below it."""
    names = [_spf_domain(report)]
    if report.iprev.result is IprevWord.PASS:
        names.append(report.iprev.name.lower().rstrip("."))
    return any(name == listed or name.endswith("." + listed) for name in names if name)


def _spf_domain(report: AuthReport) -> str:
    """The MAIL FROM domain that SPF passed for, or empty."""
    passed = report.spf.result is SpfWord.PASS and report.spf.identity == "mailfrom"
    return report.spf.domain if passed else ""


def _trusted_forwarder(report: AuthReport, envelope: Envelope, policy: Policy) -> Trust | None:
    """The first trust that knows the client and holds for all recipients at this time."""
    holding = (one for one in policy.trust if one.holds(envelope.rcpt_to, envelope.received_at))
    return next((one for one in holding if _knows(one, report)), None)


def _knows(trust: Trust, report: AuthReport) -> bool:
    """A learned path must be the very same: that forwarder's mailbox, and that domain by SPF or
    by the client's name."""
    same = report.forward.forwarder == trust.forwarder
    if trust.known_by is Known.CLIENT:
        return _is_client(report, trust.name) and (same or not trust.forwarder)
    return trust.known_by is Known.SPF and same and _spf_domain(report) == trust.name


def _path(report: AuthReport, envelope: Envelope, policy: Policy, forwarder: Trust | None) -> str:
    """The learned path that counts: the seal's, whose rule comes first, else the forwarder's."""
    if not vouched_by_seal(report):
        return forwarder.path if forwarder else ""
    sealing = (one for one in policy.trust if one.known_by is Known.SEAL)
    holding = (one for one in sealing if one.holds(envelope.rcpt_to, envelope.received_at))
    return next((one.path for one in holding if one.name == report.arc.sealers[-1]), "")


def _reasons(report: AuthReport) -> Iterator[str]:
    """What each check found, one line each."""
    spf, dmarc = report.spf, report.dmarc
    yield printable(f"dmarc={dmarc.result} policy={dmarc.policy}: {dmarc.reason}", 500)
    yield printable(f"spf={spf.result} {spf.identity}={spf.domain}: {spf.reason}", 500)
    for one in report.dkim:
        line = f"dkim={one.result} d={one.domain} s={one.selector}: {one.reason}"
        yield printable(line, 500)
    if report.arc.result is not ArcWord.NONE:
        yield printable(f"arc={report.arc.result}: {report.arc.reason}", 500)
