"""From a stored report and the DNS answers that it rests on to what is wrong, the likeliest first.

Pure. The report says which check failed and in which words (`verify` writes them); the answers
give the record to mend.
"""

from collections.abc import Iterator, Sequence

from bounce_rules.explain.dkim import dkim_findings
from bounce_rules.explain.finding import DnsRecord, Finding, Kind, Report
from bounce_rules.explain.mending import dmarc_mended, new_dmarc
from bounce_rules.explain.seen import Seen, is_dmarc
from bounce_rules.explain.spf import spf_findings
from mail.report import DnsEvidence


def findings(
    report: Report, evidence: Sequence[DnsEvidence], client_ip: str | None
) -> tuple[Finding, ...]:
    """What is wrong with a message; nothing where its author's domain was authenticated.

    `client_ip` is None where no SMTP client brought the message.
    """
    result = report["dmarc"]["result"]
    if result == "pass":
        return ()
    if result == "permerror" or not report["dmarc"]["domain"]:
        return (_author(report),)
    seen = Seen(evidence)
    found = [
        *dkim_findings(report, seen),
        *spf_findings(report, seen, client_ip),
        *_trouble(report, seen),
        *(_dmarc(report, seen) if result == "none" else ()),
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.get(one.kind, 1)))


# A genuine signature that broke says more than a client that is not listed, which may be a
# forwarder; the DNS that failed comes before all that may only follow from it.
_ORDER = {
    Kind.DNS_TROUBLE: -1,
    Kind.DKIM_BODY: 0,
    Kind.DKIM_HEADER: 0,
    Kind.DKIM_BOTH: 0,
    Kind.DKIM_UNSIGNED: 2,
    Kind.DKIM_FOREIGN: 2,
    Kind.RETURN_PATH: 3,
    Kind.DMARC_MISSING: 4,
    Kind.DMARC_SEVERAL: 4,
    Kind.DMARC_INVALID: 4,
}


def is_public(report: Report | None, evidence: Sequence[DnsEvidence]) -> bool:
    """Whether a stranger who knows the address may read why: only of an author's domain that
    exists, about which the page tells no more than the DNS does."""
    domain = report["dmarc"]["domain"] if report else ""
    return bool(domain) and Seen(evidence).exists(domain)


def _author(report: Report) -> Finding:
    kinds = {"missing": Kind.FROM_MISSING, "several": Kind.FROM_SEVERAL}
    kind = kinds.get(report["dmarc"].get("author", ""), Kind.FROM_MALFORMED)
    change = "From: Your Name <you@your-domain.example>"
    return Finding(kind, "From", change=change, because=report["dmarc"])


def _trouble(report: Report, seen: Seen) -> Iterator[Finding]:
    if failed := seen.failed(report["dmarc"]["domain"], report["spf"]["domain"]):
        names = ", ".join(dict.fromkeys(f"{one.name} {one.rdtype}" for one in failed))
        yield Finding(Kind.DNS_TROUBLE, failed[0].name, {"names": names}, failed)


def _dmarc(report: Report, seen: Seen) -> Iterator[Finding]:
    """No policy applies: nobody is refused for that alone, but nothing protects the domain."""
    domain = report["dmarc"]["policy_domain"] or report["dmarc"]["domain"]
    name, values = f"_dmarc.{domain}", {"domain": domain, "name": f"_dmarc.{domain}"}
    records = [one for one in seen.texts(name) if is_dmarc(one)]
    kind, value = Kind.DMARC_MISSING, new_dmarc(domain)
    if len(records) > 1:
        kind, value = Kind.DMARC_SEVERAL, records[0]
    elif records:
        kind, value = Kind.DMARC_INVALID, dmarc_mended(records[0], domain)
    record = DnsRecord(name, value, instead=bool(records))
    yield Finding(kind, name, values, seen.at(name), record, is_enough=False)
