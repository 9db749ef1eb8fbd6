"""What is wrong with SPF, and the record that would have passed (RFC 7208, RFC 9989 §4.4.2)."""

import re
from collections.abc import Iterator

from bounce_rules.explain import mending
from bounce_rules.explain.finding import DnsRecord, Finding, Kind, Report
from bounce_rules.explain.reasons import cause_of, codes_within
from bounce_rules.explain.seen import Seen, is_dmarc, is_spf
from mail.reason import ReasonCode as Code

RETURN_LABEL = "bounce"
"""Label of the return path that we propose, below the author's domain."""

_TOO_MUCH = {
    Code.SPF_LOOKUPS,
    Code.SPF_VOID,
    Code.SPF_EXCHANGERS,
    Code.SPF_ASKS_MORE,
    Code.SPF_REDIRECT,
}


def spf_findings(report: Report, seen: Seen, client_ip: str | None) -> Iterator[Finding]:
    """None for mail without a client. The check of a HELO name counts where the sender is null;
    a name that is nobody's of the author's domain then asks for no change."""
    spf, author = report["spf"], report["dmarc"]["domain"]
    if client_ip is None or spf["result"] == "temperror":
        return
    domain = spf["domain"]
    if not is_aligned(domain, author, seen):
        if spf["identity"] == "mailfrom" and domain:
            yield _return_path(report, seen, client_ip)
        return
    values = {"domain": domain, "ip": client_ip}
    if spf["result"] == "pass":
        yield from _strict(report, seen, client_ip)
    elif spf["result"] == "none":
        record = DnsRecord(domain, mending.new_spf(client_ip))
        yield Finding(Kind.SPF_MISSING, domain, values, seen.at(domain), record)
    else:
        yield _listed(spf, seen, client_ip, values)


def is_aligned(domain: str, author: str, seen: Seen) -> bool:
    """Relaxed alignment, as far as the answers that were asked tell (RFC 9989 §4.10.2)."""
    organisation = seen.organisation_of(author)
    return any(domain == one or domain.endswith("." + one) for one in (author, organisation))


def _listed(spf: Report, seen: Seen, ip: str, values: dict[str, str]) -> Finding:
    """The domain's own record does not let this client through."""
    domain, codes = spf["domain"], codes_within(cause_of(spf))
    records = [one for one in seen.texts(domain) if is_spf(one)] or ["v=spf1 ~all"]
    value = mending.spf_with(records[0], ip)
    kind = Kind.SPF_NOT_LISTED
    if spf["result"] == "permerror":
        kind = Kind.SPF_SYNTAX
        value = mending.spf_mended(records[:1], ip)
        if len(records) > 1 or Code.SPF_SEVERAL in codes:
            kind, value = Kind.SPF_SEVERAL, mending.spf_mended(records, ip)
        elif codes & _TOO_MUCH:
            kind = Kind.SPF_LOOKUPS
    record = DnsRecord(domain, value, instead=True)
    return Finding(kind, domain, values, seen.at(domain), record, because=spf)


def _strict(report: Report, seen: Seen, ip: str) -> Iterator[Finding]:
    """A pass of the author's organisation, where the record wants the very same domain."""
    dmarc = report["dmarc"]
    author, domain = dmarc["domain"], report["spf"]["domain"]
    if domain == author or not asks_strictly(dmarc["record"], "aspf"):
        return
    name = f"_dmarc.{dmarc['policy_domain']}"
    record = DnsRecord(name, mending.dmarc_relaxed(dmarc["record"], "aspf"), instead=True)
    values = {"domain": domain, "author": author, "ip": ip, "name": name}
    change = f"MAIL FROM:<...@{author}>"
    yield Finding(Kind.SPF_STRICT, name, values, seen.at(name), record, change)


def _return_path(report: Report, seen: Seen, ip: str) -> Finding:
    """Whatever SPF said, it said it of somebody else's domain."""
    author, domain = report["dmarc"]["domain"], report["spf"]["domain"]
    strict = asks_strictly(report["dmarc"]["record"], "aspf")
    own = author if strict else f"{RETURN_LABEL}.{author}"
    published = [one for one in seen.texts(own) if is_spf(one)]
    value = mending.spf_with(published[0], ip) if published else mending.new_spf(ip)
    record = DnsRecord(own, value, instead=bool(published))
    values = {"domain": domain, "author": author, "ip": ip, "own": own}
    values["result"] = report["spf"]["result"]
    return Finding(
        Kind.RETURN_PATH, domain, values, seen.at(domain), record, f"MAIL FROM:<...@{own}>"
    )


def asks_strictly(record: str, tag: str) -> bool:
    """Whether the DMARC record asks for strict alignment by this tag."""
    return is_dmarc(record) and re.search(rf";\s*{tag}\s*=\s*s\s*(;|\Z)", record, re.I) is not None
