"""Addresses as the envelope has them (RFC 5321 §4.1.2; RFC 6531 §3.3 with SMTPUTF8).

The only place that splits an address at "@". Domains are kept as A-labels in lower case, so
that two spellings of one domain are equal; local parts are kept as they came, because only
their owner may say what is equal there (RFC 5321 §2.4).
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from mail.errors import MailProblem
from mail.reply import Reply, printable

ADDRESS_LIMIT = 1000
"""Octets of a whole address. RFC 5321 §4.5.3.1 asks for 256 at least and for no limit where that
can be had; local parts over 64 octets are in real use (list servers' tokens) and are accepted."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]"
_UTF8_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_STRING = re.compile(rf"{_ATOM}+(?:\.{_ATOM}+)*")
_DOT_STRING_UTF8 = re.compile(rf"{_UTF8_ATOM}+(?:\.{_UTF8_ATOM}+)*")
# RFC 5321 §4.1.2: qtextSMTP and quoted-pairSMTP are printable ASCII; no controls, ever.
_QUOTED = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_QUOTED_UTF8 = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u00a0-\U0010ffff]|\\[\x20-\x7e])*"')
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_LABEL_SEPARATORS = re.compile("[\u3002\uff0e\uff61]")


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain in A-labels and lower case, or an address literal with its brackets.

    Make one with `parse_domain`; equal domains are equal values.
    """

    ascii: str

    def __str__(self) -> str:
        return self.ascii

    @property
    def is_literal(self) -> bool:
        """Whether this is an address literal such as `[192.0.2.1]`, which has no DNS name."""
        return self.ascii.startswith("[")

    @property
    def unicode(self) -> str:
        """The name as a person would write it (U-labels); as it is where that cannot be had."""
        if "xn--" not in self.ascii:
            return self.ascii
        try:
            return idna.decode(self.ascii)
        except (idna.IDNAError, UnicodeError):
            return self.ascii

    def is_within(self, other: "Domain") -> bool:
        """Whether this is `other` or a name below it."""
        return self.ascii == other.ascii or self.ascii.endswith("." + other.ascii)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of the envelope: `local` as it came (with its quotes), and a domain."""

    local: str
    domain: Domain

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def is_postmaster(self) -> bool:
        """Whether the local part is `postmaster` in any case (RFC 5321 §4.5.1)."""
        return self.local.casefold() == "postmaster"


def parse_domain(text: str) -> Domain:
    """A domain name or address literal, in any spelling, as a `Domain`.

    IDNA2008 with UTS 46 mapping, never the standard library's IDNA 2003.
    Raises ValueError with the reason.
    """
    return _parse_short(text) if len(text) <= _SHORT else _parse_domain(text)


def _parse_domain(text: str) -> Domain:
    if text.startswith("["):
        return Domain(_parse_literal(text))
    name = text.removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(_LABEL_SEPARATORS.sub(".", name), uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError(f"not a valid internationalised domain ({error})") from error
    name = name.lower()
    if not name:
        raise ValueError("the domain is empty")
    if len(name) > 253:
        raise ValueError("the domain is longer than 253 octets")
    for label in name.split("."):
        if _LABEL.fullmatch(label) is None:
            raise ValueError(f"{label!r} is not a domain label")
    return Domain(name)


_SHORT = 255
_parse_short = lru_cache(maxsize=8192)(_parse_domain)
"""The same names come again and again, several times in one message; at most 4 MB of them."""


def _parse_literal(text: str) -> str:
    """RFC 5321 §4.1.3: `[192.0.2.1]` or `[IPv6:2001:db8::1]`, in one spelling."""
    inner = text[1:-1] if text.endswith("]") else ""
    try:
        if inner[:5].lower() == "ipv6:":
            return f"[IPv6:{ipaddress.IPv6Address(inner[5:])}]"
        return f"[{ipaddress.IPv4Address(inner)}]"
    except ValueError:
        raise ValueError("not an address literal such as [192.0.2.1]") from None


def parse_address(text: str, *, smtputf8: bool = True) -> Address:
    """One address without brackets: `local@domain`.

    Non-ASCII local parts need `smtputf8` (RFC 6531 §3.3). No comments, no white space, no
    display name: an envelope has none of them. Raises ValueError with the reason.
    """
    if len(text.encode("utf-8", "surrogateescape")) > ADDRESS_LIMIT:
        raise ValueError(f"the address is longer than {ADDRESS_LIMIT} octets")
    local, domain = split_at(text)
    quoted, dotted = (_QUOTED_UTF8, _DOT_STRING_UTF8) if smtputf8 else (_QUOTED, _DOT_STRING)
    if not smtputf8 and not text.isascii():
        raise ValueError("it is not ASCII and SMTPUTF8 was not asked for")
    if not (quoted if local.startswith('"') else dotted).fullmatch(local):
        raise ValueError("the part before the @ is not a valid local part")
    return Address(local, parse_domain(domain))


def split_at(text: str) -> tuple[str, str]:
    """The local part and the domain, split at the "@" that ends the local part.

    A quoted local part may contain "@" itself, so the split is after the closing quote there,
    and at the only "@" elsewhere. Raises ValueError if there is none, or one too many.
    """
    if text.startswith('"'):
        match = _QUOTED_UTF8.match(text)
        if match is None or text[match.end() : match.end() + 1] != "@":
            raise ValueError("the quoted local part does not end before an @")
        return match[0], text[match.end() + 1 :]
    local, at, domain = text.partition("@")
    if not at:
        raise ValueError("it has no @")
    if "@" in domain:
        raise ValueError("it has more than one @")
    return local, domain


def parse_reverse_path(text: str, *, smtputf8: bool) -> Address | None:
    """The argument of MAIL FROM, brackets included; None is the null sender `<>`.

    Raises MailProblem 501 5.1.7 (RFC 3463: bad sender's mailbox address syntax), or
    553 5.6.7 where SMTPUTF8 is missing (RFC 6531 §3.5).
    """
    if text == "<>":
        return None
    return _parse_path(text, smtputf8, enhanced="5.1.7")


def parse_forward_path(text: str, *, smtputf8: bool, hostname: Domain) -> Address:
    """The argument of RCPT TO, brackets included.

    `<postmaster>` needs no domain (RFC 5321 §2.3.5) and is taken as postmaster of `hostname`.
    A source route is accepted and ignored (RFC 5321 §4.1.1.3). Raises MailProblem 501 5.1.3 or
    553 5.6.7.
    """
    if text.casefold() == "<postmaster>":
        return Address(text[1:-1], hostname)
    return _parse_path(text, smtputf8, enhanced="5.1.3")


def _parse_path(text: str, smtputf8: bool, enhanced: str) -> Address:
    if not text.isascii() and not smtputf8:
        raise MailProblem(Reply(553, "5.6.7", "A non-ASCII address needs SMTPUTF8"))
    try:
        if len(text) < 2 or text[0] != "<" or text[-1] != ">":
            raise ValueError("it must stand in angle brackets")
        return parse_address(_without_route(text[1:-1]), smtputf8=smtputf8)
    except ValueError as error:
        reason = f"Bad address syntax in {text}: {error}"
        raise MailProblem(Reply(501, enhanced, printable(reason, 400))) from error


def _without_route(path: str) -> str:
    """RFC 5321 §4.1.2 A-d-l: drop `@hop,@hop:` in front of the mailbox."""
    if not path.startswith("@"):
        return path
    route, colon, mailbox = path.partition(":")
    if not colon:
        raise ValueError("the source route does not end in a colon")
    for hop in route.split(","):
        if not hop.startswith("@"):
            raise ValueError("the source route is malformed")
        parse_domain(hop[1:])
    return mailbox
