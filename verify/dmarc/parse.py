"""What a domain says in its DMARC record (RFC 9989 §4.7, §4.8).

    v=DMARC1; p=reject; sp=quarantine; rua=mailto:reports@example.com

The record is a stranger's text in the DNS: what cannot be understood is left out in favour of the
default, and a record whose policy cannot be understood asks for nothing.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from mail.report import DmarcPolicy
from verify.answer import TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A record that begins with `v=DMARC1`; `text` is all of it.

    `policy`, `subdomain_policy` and `nonexistent_policy` are p, sp and np. `psd` is y, n or u.
    `testing` is t=y. `applies` is false where the policy cannot be understood and nobody wants
    reports: then DMARC is not applied at all (RFC 9989 §4.10.1).
    """

    text: str
    policy: DmarcPolicy = DmarcPolicy.NONE
    subdomain_policy: DmarcPolicy | None = None
    nonexistent_policy: DmarcPolicy | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"
    testing: bool = False
    applies: bool = True

    def policy_below(self, *, exists: bool) -> DmarcPolicy:
        """What applies to a subdomain without a record of its own (RFC 9989 §4.7, np and sp)."""
        below = self.subdomain_policy or self.policy
        return below if exists else self.nonexistent_policy or below


# RFC 9989 §4.8: the tag's name in any case, its value in this one; it comes first.
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_BLANK = " \t"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s!,]+(?:![0-9]+[kmgt]?)?", re.IGNORECASE)


@lru_cache(maxsize=512)
def parse_record(octets: bytes) -> DmarcRecord | None:
    """The record in one TXT record (its strings joined), or None if it is no DMARC record.

    Unknown tags are ignored, and so are pct, rf and ri, which RFC 9989 removed. A known tag that
    stands there twice says nothing (RFC 6376 §3.2 forbids it). One of more than TEXT_LIMIT octets
    is none.
    """
    if len(octets) > TEXT_LIMIT:
        return None
    text = octets.decode("ascii", "replace")
    version = _VERSION.match(text)
    if version is None:
        return None
    tags = tags_of(text)
    record = DmarcRecord(
        text,
        strict_dkim=tags.get("adkim") == "s",
        strict_spf=tags.get("aspf") == "s",
        psd=tags["psd"] if tags.get("psd") in {"y", "n"} else "u",
        testing=tags.get("t") == "y",
    )
    policies = {name: policy_of(tags[name]) for name in ("p", "sp", "np") if name in tags}
    if None in policies.values():
        return replace(record, applies=wants_reports(tags))
    return replace(
        record,
        policy=policies.get("p") or DmarcPolicy.NONE,
        subdomain_policy=policies.get("sp"),
        nonexistent_policy=policies.get("np"),
    )


def tags_of(record: str) -> dict[str, str]:
    """Tag names and values of a record, v= first, in lower case; a value that stands twice is
    empty, so never valid."""
    tags: dict[str, str] = {}
    for part in record.split(";")[1:]:
        name, equals, value = part.partition("=")
        name = name.strip(_BLANK).lower()
        if equals and name.isascii() and name.isalpha():
            tags[name] = "" if name in tags else value.strip(_BLANK).lower()
    return tags


def policy_of(value: str) -> DmarcPolicy | None:
    """The policy that this word is, or None."""
    return DmarcPolicy(value) if value in set(DmarcPolicy) else None


def wants_reports(tags: dict[str, str]) -> bool:
    """Whether rua has at least one URI that is one (RFC 9989 §4.10.1)."""
    return any(_URI.fullmatch(uri.strip(_BLANK)) for uri in tags.get("rua", "").split(","))


_LOWER = {DmarcPolicy.REJECT: DmarcPolicy.QUARANTINE}


def lowered(policy: DmarcPolicy) -> DmarcPolicy:
    """One level below, as t=y asks (RFC 9989 §4.7)."""
    return _LOWER.get(policy, DmarcPolicy.NONE)
