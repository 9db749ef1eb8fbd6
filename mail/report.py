"""What the four checks found: result words with their meaning, and one report of them all.

The words are those of RFC 8601 §2.7 and the protocols' own documents. A result is never empty
of a reason; reasons are one line of printable text, written by us, with strangers' words only
through `mail.reply.printable`. `cause` is the same for programs; None where it was not kept.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mail.envelope import IPAddress
from mail.forward import NO_SIGNS, ForwardSigns
from mail.reason import Reason


class SpfWord(StrEnum):
    """RFC 7208 §2.6."""

    PASS = "pass"
    """The client may send for the domain."""
    FAIL = "fail"
    """The domain says that the client may not."""
    SOFTFAIL = "softfail"
    """The domain believes that the client may not."""
    NEUTRAL = "neutral"
    """The domain says nothing about this client."""
    NONE = "none"
    """No record, or no domain to ask."""
    TEMPERROR = "temperror"
    """The DNS did not answer; another time it may."""
    PERMERROR = "permerror"
    """The record cannot be understood."""


class DkimWord(StrEnum):
    """RFC 8601 §2.7.1."""

    PASS = "pass"
    """The signature verifies, and it is one that we accept."""
    FAIL = "fail"
    """The signature does not verify."""
    NEUTRAL = "neutral"
    """The signature has errors that keep it from being evaluated."""
    POLICY = "policy"
    """It verifies, but we do not accept it (a weak key, a partial body, …)."""
    TEMPERROR = "temperror"
    """The key could not be fetched now."""
    PERMERROR = "permerror"
    """It can never be verified: no such key, a malformed key, a missing tag."""
    NONE = "none"
    """Not signed."""


class ArcWord(StrEnum):
    """RFC 8617 §4.4."""

    NONE = "none"
    """No chain."""
    PASS = "pass"
    """The whole chain validates."""
    FAIL = "fail"
    """It does not."""


class DmarcWord(StrEnum):
    """RFC 9989 §5.4; RFC 8601 §2.7 words."""

    PASS = "pass"
    """The author's domain was authenticated."""
    FAIL = "fail"
    """It has a policy, and was not authenticated."""
    NONE = "none"
    """It has no policy."""
    TEMPERROR = "temperror"
    """The DNS did not answer where the answer matters."""
    PERMERROR = "permerror"
    """There is no single author domain to ask about."""


class DmarcPolicy(StrEnum):
    """RFC 9989 §4.7, tags p, sp, np."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class AuthorWord(StrEnum):
    """What the From fields say about whose mail this is (RFC 9989 §4.2, §5.3.1)."""

    ONE = "one"
    """One author domain, and it is what a person would read."""
    MISSING = "missing"
    """No From field, or one that names nobody."""
    SEVERAL = "several"
    """Several From fields, or authors of different domains."""
    MALFORMED = "malformed"
    """It can be read in more than one way, or in none."""


class IprevWord(StrEnum):
    """RFC 8601 §2.7.3: forward-confirmed reverse DNS."""

    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"
    """The address has no name."""


@dataclass(frozen=True, slots=True)
class SpfResult:
    """`domain` is what was asked (A-labels), `identity` is `mailfrom` or `helo` (RFC 7208 §2.3-4).

    `explanation` is the domain's own words for a fail (RFC 7208 §6.2), made printable.
    """

    result: SpfWord
    domain: str
    identity: str
    reason: str
    explanation: str = ""
    cause: Reason | None = None


@dataclass(frozen=True, slots=True)
class DkimResult:
    """One signature (RFC 6376 §3.9). `domain` is d=, `selector` s=, `identity` i= as it stands.

    `body_hash` is what we computed over the body (base64), kept for diagnosis; `testing` is the
    key's t=y, which changes nothing (RFC 6376 §3.6.1). `signature` is the first characters of b=
    (RFC 6008: enough to tell signatures of one domain apart).
    """

    result: DkimWord
    domain: str
    selector: str
    algorithm: str
    reason: str
    identity: str = ""
    body_hash: str = ""
    testing: bool = False
    signature: str = ""
    cause: Reason | None = None


@dataclass(frozen=True, slots=True)
class ArcResult:
    """The chain as a whole (RFC 8617 §5.2). `sealers` are the d= of the seals, first to last.

    `trusted` says that the last sealer is one whose word we take; `claims` are the last sealer's
    own results of the author domain, as (method, result, domain). `temporary` marks a `fail`
    that only means that a key could not be fetched now (RFC 8617 has no word for it).
    """

    result: ArcWord
    reason: str
    sealers: tuple[str, ...] = ()
    trusted: bool = False
    claims: tuple[tuple[str, str, str], ...] = ()
    temporary: bool = False
    cause: Reason | None = None


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`domain` is the author domain, `policy_domain` where the record was found (RFC 9989 §4.10).

    `policy` is the one that applies to this author domain (p, sp or np, lowered by t=y);
    `published_policy` is what stands in the record before t=y. `aligned` names the methods that
    passed with an aligned identifier. `dns_trouble_matters` says that an answer that did not
    come could change what is done with the message. `author` says what kind of permerror it is
    where the message has no single author domain.
    """

    result: DmarcWord
    domain: str
    policy_domain: str
    policy: DmarcPolicy
    aligned: tuple[str, ...]
    reason: str
    record: str = ""
    published_policy: DmarcPolicy = DmarcPolicy.NONE
    dns_trouble_matters: bool = False
    author: AuthorWord = AuthorWord.ONE
    cause: Reason | None = None


@dataclass(frozen=True, slots=True)
class IprevResult:
    """`name` is the client's confirmed name (RFC 8601 §2.7.3), or empty."""

    result: IprevWord
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DnsEvidence:
    """One DNS answer that the report rests on.

    `status` is ok, nodata, nxdomain, servfail or timeout; `records` are presentation-like
    strings in the zone-file form of the contract, one each; `ttl` in seconds as received;
    `server` is where it came from ("zone" for a zone file, "cache" adds nothing: the server that
    first gave it); `at` when it was received.
    """

    name: str
    rdtype: str
    status: str
    records: tuple[str, ...]
    ttl: int
    server: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BodyEvidence:
    """One digest of the body: the body canonicalization, l= (None: all of it), the SHA-256 of
    what it covers (base64), and how many octets the whole canonical body has.

    With it and the header block every signature of a message can be judged again without its
    body: nothing else of the body enters a signature (RFC 6376 §3.7).
    """

    form: str
    length: int | None
    sha256: str
    octets: int


@dataclass(frozen=True, slots=True)
class SeenThrough:
    """A relay of ours brought the message. `relay` is its address; `ip` and `helo` are the client
    that it names in its own Received field, None and empty where that cannot be read for sure."""

    relay: str
    ip: IPAddress | None
    helo: str


@dataclass(frozen=True, slots=True)
class AuthReport:
    """Everything that was found out about who a message is from.

    `bodies` and `evidence` are what it rests on besides the envelope and the header block; `at`
    is the one moment for which signatures were judged (x=, t=). `seen_through` is set where SPF
    and iprev are about the client of a relay of ours; `forward` are signs of forwarding.
    """

    spf: SpfResult
    dkim: tuple[DkimResult, ...]
    arc: ArcResult
    dmarc: DmarcResult
    iprev: IprevResult
    evidence: tuple[DnsEvidence, ...] = ()
    bodies: tuple[BodyEvidence, ...] = ()
    at: datetime | None = None
    seen_through: SeenThrough | None = None
    forward: ForwardSigns = NO_SIGNS
