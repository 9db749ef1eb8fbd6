"""The records that would have passed: what is published now, with the least change."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

_TERM = re.compile(
    r"[+\-?~]?(?:all"
    r"|(?:include|exists):\S+"
    r"|(?:a|mx|ptr)(?::[^\s/]+)?(?:/\d{1,2})?(?://\d{1,3})?"
    r"|ip4:\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?"
    r"|ip6:[0-9a-f:.]+(?:/\d{1,3})?)"
    r"|[a-z][a-z0-9\-_.]*=\S*",
    re.IGNORECASE,
)
_MISSPELT = {"ipv4:": "ip4:", "ip:": "ip4:", "ipv6:": "ip6:", "includes:": "include:"}

NEW_SELECTOR = "postern1"
"""Selector of the keys that we propose; any other that is free does as well."""


def address_term(ip: str) -> str:
    """`ip4:192.0.2.1`, `ip6:2001:db8::1` (RFC 7208 §5.6)."""
    return f"ip{ip_address(ip).version}:{ip}"


def new_spf(ip: str) -> str:
    """A first record. Softly at the end: there may be servers that nobody thinks of."""
    return f"v=spf1 {address_term(ip)} ~all"


def spf_with(record: str, ip: str) -> str:
    """The record, with the client listed before everything that could decide otherwise."""
    return " ".join(["v=spf1", address_term(ip), *record.split()[1:]])


def spf_mended(records: Iterable[str], ip: str, without: str = "") -> str:
    """One record out of one or several: misspelt terms are written right, terms that cannot be
    read and those that name `without` are left out, and `all` comes once, at the end."""
    terms: dict[str, None] = {}
    ends = []
    for word in (word for record in records for word in record.split()[1:]):
        term = _spelt(word)
        if not _TERM.fullmatch(term) or (without and term.lower().endswith(without)):
            continue
        if term.lower().lstrip("+-?~") == "all":
            ends.append(term)
        elif not term.lower().startswith(("redirect=", "exp=")):
            terms[term] = None
    terms.pop(address_term(ip), None)
    return " ".join(["v=spf1", address_term(ip), *terms, ends[-1] if ends else "~all"])


def _spelt(word: str) -> str:
    for wrong, right in _MISSPELT.items():
        if word.lower().startswith(wrong):
            return right + word[len(wrong) :]
    return word


def key_record(algorithm: str = "rsa-sha256", key: str = "") -> str:
    """A key record (RFC 6376 §3.6.1); a placeholder where only the sender knows the key."""
    kind = algorithm.partition("-")[0] or "rsa"
    return f"v=DKIM1; k={kind}; p={key or PUBLIC_KEY}"


PUBLIC_KEY = "PUBLIC-KEY-IN-BASE64"
"""Stands for a key that we cannot know."""


def key_unrestricted(record: str) -> str:
    """The key record without what keeps it from this use: h=, s= and t= (RFC 6376 §3.6.1)."""
    return _without(record, ("h", "s", "t"))


def dmarc_relaxed(record: str, tag: str) -> str:
    """The DMARC record without `adkim` or `aspf`, so that it is relaxed (RFC 9989 §4.7)."""
    return _without(record, (tag,))


def dmarc_mended(record: str, domain: str) -> str:
    """A record with a valid policy: p=none, and the reports where they went."""
    kept = _without(record, ("v", "p", "sp", "np"))
    return "; ".join(one for one in ("v=DMARC1", "p=none", kept) if one) or new_dmarc(domain)


def new_dmarc(domain: str) -> str:
    """A first record: it asks for nothing but reports."""
    return f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"


def _without(record: str, tags: tuple[str, ...]) -> str:
    parts = (part.strip() for part in record.split(";"))
    return "; ".join(
        part for part in parts if part and part.partition("=")[0].strip().lower() not in tags
    )
