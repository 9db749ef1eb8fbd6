"""Is the client on a list that the operator believes (DNSBL, RFC 5782)?

The address is asked for as a name below the list's zone: 192.0.2.1 as 1.2.0.192.ZONE, an IPv6
address by its nibbles. An answer in 127.0.0.0/8 says that it is listed, and why. A list that does
not answer speaks for nobody and against nobody.

A list may die, and its zone may then answer for every name, or stop us for asking too much. So
each is tried before it is believed: 127.0.0.2 must be on it and 127.0.0.1 must not (RFC 5782 §5).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

from mail.dns_list import Listing, Listings
from mail.envelope import IPAddress
from mail.reply import printable
from mail.report import DnsEvidence
from verify.answer import Answer, Resolver
from verify.client import plain_ip

log = logging.getLogger("postern.verify")

LISTED = IPv4Network("127.0.0.0/8")
"""RFC 5782 §2.1: all other answers are a mistake, such as a provider's page for unknown names."""

TROUBLE = IPv4Network("127.255.255.0/24")
"""Answers by which the large lists say that it is we who do something wrong."""

_ON, _OFF = ip_address("127.0.0.2"), ip_address("127.0.0.1")
_GOOD_FOR, _BAD_FOR, _UNKNOWN_FOR = 3600.0, 600.0, 60.0
"""Seconds until a list is tried again that is fit, that is not, and that did not answer."""
_TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class DnsList:
    """A list to ask: its zone (A-labels), the answers that count (RFC 5782 §2.1; all of
    127.0.0.0/8 if empty), and how a client is taken off it; empty: the list's own words say it.
    `name` is what it is called in replies and numbers, where its zone holds a key."""

    zone: str
    codes: tuple[IPv4Network, ...] = ()
    cure: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """What strangers may be told that it is called."""
        return self.name or self.zone

    def counts(self, code: str) -> bool:
        """Whether this answer says that the client is listed, in a way that counts."""
        try:
            address = IPv4Address(code)
        except ValueError:
            return False
        return address not in TROUBLE and any(address in one for one in self.codes or (LISTED,))


class DnsLists:
    """Asks `lists`, but not about clients of the `exempt` networks. Belongs to one event loop."""

    def __init__(
        self,
        lists: Sequence[DnsList],
        exempt: Sequence[IPv4Network | IPv6Network],
        resolver: Resolver,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = tuple(lists)
        self._exempt = tuple(exempt)
        self._resolver = resolver
        self._now = now
        self._clock = clock
        self._tried: dict[str, tuple[bool, float]] = {}

    async def look_up(self, client: IPAddress | None) -> Listings:
        """What all lists say of the client; never raises for what the DNS did."""
        if client is None:
            return Listings()
        ip = plain_ip(client)
        if any(ip in network for network in self._exempt):
            return Listings()
        asked = await asyncio.gather(*(self._ask(one, ip) for one in self._lists))
        return Listings(
            tuple(listing for _, listing, _ in asked if listing is not None),
            tuple((one.shown, word) for one, (word, _, _) in zip(self._lists, asked, strict=True)),
            tuple(answer for _, _, answers in asked for answer in answers),
        )

    async def _ask(
        self, one: DnsList, ip: IPAddress
    ) -> tuple[str, Listing | None, tuple[DnsEvidence, ...]]:
        """A word for what came of it, the listing if there is one, and the answers."""
        fit, until = self._tried.get(one.zone, (True, 0.0))
        if not fit and self._clock() < until:
            return "ignored", None, ()  # a dead list would make each client wait for nothing
        fit, answer = await asyncio.gather(
            self._is_fit(one), self._resolver.query(listed_name(ip, one.zone), "A")
        )
        evidence = (answer.evidence_of(self._now()),)
        if answer.failed and fit:
            self._tried.pop(one.zone, None)  # it may have died since
        if not fit:
            return "ignored", None, evidence
        codes = tuple(code for code in answer.hosts if one.counts(code))
        if not codes:
            return "failed" if answer.failed else "clean", None, evidence
        words = await self._resolver.query(listed_name(ip, one.zone), "TXT")
        text = _text(words)
        listing = Listing(one.shown, codes, text, one.cure or text)
        return "listed", listing, (*evidence, words.evidence_of(self._now()))

    async def _is_fit(self, one: DnsList) -> bool:
        """Whether the list knows its test entries, as it was found a while ago or is now."""
        fit, until = self._tried.get(one.zone, (False, 0.0))
        if self._clock() < until:
            return fit
        on, off = await asyncio.gather(
            self._resolver.query(listed_name(_ON, one.zone), "A"),
            self._resolver.query(listed_name(_OFF, one.zone), "A"),
        )
        reason = _fault(one, on, off)
        if reason:
            log.warning("dns-list zone=%s event=ignored reason=%s", one.shown, reason)
        seconds = _GOOD_FOR if not reason else _UNKNOWN_FOR if on.failed or off.failed else _BAD_FOR
        self._tried[one.zone] = (not reason, self._clock() + seconds)
        return not reason


def listed_name(ip: IPAddress, zone: str) -> str:
    """The name that stands for an address in a list (RFC 5782 §2.1, §2.4)."""
    return f"{ip.reverse_pointer.removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"


def _fault(one: DnsList, on: Answer, off: Answer) -> str:
    """Why the list cannot be believed, or empty (RFC 5782 §5)."""
    for name, answer in (("127.0.0.2", on), ("127.0.0.1", off)):
        if answer.failed:
            return f"the query for its test entry {name} {answer.trouble}"
        if any(IPv4Address(code) in TROUBLE for code in answer.hosts):
            return f"it answers {', '.join(answer.hosts)}: it does not want to be asked by us"
    if not any(IPv4Address(code) in LISTED for code in on.hosts):
        return "127.0.0.2 is not on it, as it has to be"
    if off.hosts:
        return "127.0.0.1 is on it, as it must not be"
    return ""


def _text(answer: Answer) -> str:
    """The list's own words, made fit for a reply."""
    first = next(iter(answer.texts), b"")
    return printable(first.decode("utf-8", "replace"), _TEXT_LIMIT)
