"""What is wrong with the signatures, and the key or the signing that would have passed
(RFC 6376, RFC 8301)."""

from collections.abc import Iterator
from dataclasses import replace

from bounce_rules.explain import mending
from bounce_rules.explain.finding import DnsRecord, Finding, Kind, Report
from bounce_rules.explain.reasons import cause_of
from bounce_rules.explain.seen import Seen
from bounce_rules.explain.spf import asks_strictly, is_aligned
from mail.reason import ReasonCode as Code

KINDS = {
    Code.KEY_MISSING: Kind.DKIM_NO_KEY,
    Code.KEY_REVOKED: Kind.DKIM_REVOKED,
    Code.KEY_BITS: Kind.DKIM_WEAK_KEY,
    Code.KEY_EXPONENT: Kind.DKIM_WEAK_KEY,
    Code.KEY_HASH: Kind.DKIM_RESTRICTED_KEY,
    Code.KEY_SERVICE: Kind.DKIM_RESTRICTED_KEY,
    Code.KEY_STRICT: Kind.DKIM_RESTRICTED_KEY,
    Code.KEY_TOO_LONG: Kind.DKIM_BAD_KEY,
    Code.KEY_UNREADABLE: Kind.DKIM_BAD_KEY,
    Code.KEY_NO_P: Kind.DKIM_BAD_KEY,
    Code.KEY_VERSION: Kind.DKIM_BAD_KEY,
    Code.KEY_TYPE: Kind.DKIM_BAD_KEY,
    Code.KEY_ALGORITHM: Kind.DKIM_BAD_KEY,
    Code.KEY_NOT_BASE64: Kind.DKIM_BAD_KEY,
    Code.KEY_NOT_RSA: Kind.DKIM_BAD_KEY,
    Code.KEY_NOT_ED25519: Kind.DKIM_BAD_KEY,
    Code.EXPIRED: Kind.DKIM_EXPIRED,
    Code.FUTURE: Kind.DKIM_EXPIRED,
    Code.TIMES: Kind.DKIM_EXPIRED,
    Code.SHA1: Kind.DKIM_SHA1,
    Code.PARTIAL: Kind.DKIM_PARTIAL,
    Code.LENGTH_BEYOND: Kind.DKIM_PARTIAL,
    Code.BODY_CHANGED: Kind.DKIM_BODY,
    Code.HEADER_CHANGED: Kind.DKIM_HEADER,
    Code.BOTH_CHANGED: Kind.DKIM_BOTH,
    Code.FROM_NOT_SIGNED: Kind.DKIM_NO_FROM,
}
"""All other codes are of a field that cannot be read (DKIM_MALFORMED)."""

_NEW_KEY = {Kind.DKIM_REVOKED, Kind.DKIM_WEAK_KEY}
"""Kinds for which the old selector is not to be used again: others may have its private key."""

_KEY_AT_FAULT = {Kind.DKIM_NO_KEY, Kind.DKIM_BAD_KEY, Kind.DKIM_RESTRICTED_KEY}


def dkim_findings(report: Report, seen: Seen) -> Iterator[Finding]:
    """One finding for each signature of the author's domain, or one for the lack of any."""
    author = report["dmarc"]["domain"]
    signatures = [one for one in report["dkim"] if one["result"] != "temperror"]
    own = [one for one in signatures if is_aligned(one["domain"], author, seen)]
    if own:
        found = [_own(one, report, seen) for one in own if _is_at_fault(one, report)]
        yield from {one.kind: one for one in found}.values()
    elif any(one["result"] == "none" for one in signatures):
        yield _to_sign(Kind.DKIM_UNSIGNED, author, "", {"domain": author}, seen)
    elif signatures:
        yield _foreign(signatures[0], author, seen)


def _is_at_fault(signature: Report, report: Report) -> bool:
    """A valid one is at fault where the domain asks for the very same name, and not elsewhere."""
    return signature["result"] != "pass" or asks_strictly(report["dmarc"]["record"], "adkim")


def _own(signature: Report, report: Report, seen: Seen) -> Finding:
    """What is wrong with a signature of the author's domain."""
    if signature["result"] == "pass":
        return _strict(report, signature, seen)
    kind = _kind(signature)
    domain, selector = signature["domain"], signature["selector"]
    name = f"{selector}._domainkey.{domain}"
    values = {"domain": domain, "selector": selector, "name": name}
    if kind in _NEW_KEY:
        return replace(_to_sign(kind, domain, selector, values, seen), because=signature)
    if kind in _KEY_AT_FAULT:
        record = DnsRecord(
            name, _key(kind, signature, seen.texts(name)), instead=bool(seen.texts(name))
        )
        return Finding(kind, name, values, seen.at(name), record, because=signature)
    change = _CHANGES.get(kind, "").format(**values)
    return Finding(kind, name, values, seen.at(name), change=change, because=signature)


_CHANGES = {
    Kind.DKIM_EXPIRED: "DKIM-Signature: ... d={domain}; s={selector}; t=(now); x=(now + 7 days)",
    Kind.DKIM_SHA1: "DKIM-Signature: ... a=rsa-sha256; d={domain}; s={selector}",
    Kind.DKIM_PARTIAL: "DKIM-Signature: ... d={domain}; s={selector} (l= left out)",
    Kind.DKIM_NO_FROM: "DKIM-Signature: ... d={domain}; s={selector}; h=from:to:subject:date",
    Kind.DKIM_MALFORMED: (
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; "
        "h=from:to:subject:date; bh=...; b=..."
    ),
}


def _kind(signature: Report) -> Kind:
    cause = cause_of(signature)
    return Kind.DKIM_MALFORMED if cause is None else KINDS.get(cause.code, Kind.DKIM_MALFORMED)


def _key(kind: Kind, signature: Report, published: tuple[str, ...]) -> str:
    if kind is Kind.DKIM_RESTRICTED_KEY and published:
        return mending.key_unrestricted(published[0])
    return mending.key_record(signature["algorithm"])


def _to_sign(kind: Kind, domain: str, selector: str, values: dict[str, str], seen: Seen) -> Finding:
    """Sign with a new key of the domain, published under a selector that is not taken."""
    new = mending.NEW_SELECTOR if selector != mending.NEW_SELECTOR else "postern2"
    name, about = f"{new}._domainkey.{domain}", f"{selector}._domainkey.{domain}"
    values = {**values, "new": new, "new_name": name}
    change = f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s={new}; ..."
    record = DnsRecord(name, mending.key_record())
    return Finding(kind, about if selector else domain, values, seen.at(about), record, change)


def _foreign(signature: Report, author: str, seen: Seen) -> Finding:
    """All signatures are of domains that say nothing about the author."""
    signer = signature["domain"] or "?"
    values = {"domain": author, "signer": signer, "result": signature["result"]}
    return _to_sign(Kind.DKIM_FOREIGN, author, "", values, seen)


def _strict(report: Report, signature: Report, seen: Seen) -> Finding:
    """A valid signature of the organisation, where the record wants the very same domain."""
    dmarc = report["dmarc"]
    name = f"_dmarc.{dmarc['policy_domain']}"
    values = {"domain": signature["domain"], "author": dmarc["domain"], "name": name}
    record = DnsRecord(name, mending.dmarc_relaxed(dmarc["record"], "adkim"), instead=True)
    change = f"DKIM-Signature: ... d={dmarc['domain']}; ..."
    return Finding(Kind.DKIM_STRICT, name, values, seen.at(name), record, change)
