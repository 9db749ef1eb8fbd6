"""The DNS tree walk: which record applies, and which organisation a domain belongs to.

RFC 9989 §4.10 replaced the public suffix list by this: ask for a record at the name itself, then
at each name above it, at most eight times in all. The records say where an organisation ends:
by `psd=`, or by being the topmost.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mail.address import Domain
from verify.dmarc.parse import DmarcRecord, parse_record
from verify.resolver import Resolver

SHORTENED = 7
"""Labels of the second name that is asked for, where the first has eight or more."""


class Found(NamedTuple):
    """What one query gave: a record, none, or (`failed`) no answer."""

    domain: Domain
    record: DmarcRecord | None = None
    failed: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """All that a walk found, from the name where it started upwards."""

    found: tuple[Found, ...]

    @property
    def start(self) -> Found:
        """What the name where it started has itself."""
        return self.found[0]

    @property
    def organisation(self) -> Domain:
        """The Organizational Domain of the start (RFC 9989 §4.10.2)."""
        records = [one for one in self.found if one.record is not None]
        for one in records:
            assert one.record is not None
            if one.record.psd == "n":
                return one.domain
            if one.record.psd == "y" and one is not self.start:
                return _one_label_below(one.domain, self.start.domain)
        return records[-1].domain if records else self.start.domain

    @property
    def policy(self) -> Found | None:
        """The record that applies to the start: its own, its organisation's, or that of the
        public suffix above (RFC 9989 §4.10.1)."""
        if self.start.record is not None:
            return self.start
        organisation = self.organisation
        with_record = [one for one in self.found if one.record is not None]
        own = [one for one in with_record if one.domain == organisation]
        above = [one for one in with_record if one.record is not None and one.record.psd == "y"]
        return next(iter(own + above), None)

    @property
    def unsure(self) -> bool:
        """Whether an answer that did not come could change the organisation.

        Not where only the top-level domain owes one and the name directly below it has a
        record: a top-level domain with a record is a public suffix (psd=y), and with it as
        without it the organisation is the name below. Else a lame top-level domain would defer
        the mail of everybody in it.
        """
        last, before = self.found[-1], self.found[-2:-1]
        if last.failed and "." not in last.domain.ascii and before and before[0].record:
            return any(one.failed for one in self.found[:-1])
        return any(one.failed for one in self.found)


async def walk(domain: Domain, resolver: Resolver) -> Walk:
    """Ask from `domain` upwards, until a record says psd=y or psd=n or the labels are used up."""
    found = []
    for name in _names(domain):
        one = await look_up(name, resolver)
        found.append(one)
        if one.record is not None and one.record.psd in {"y", "n"}:
            break
    return Walk(tuple(found))


async def look_up(domain: Domain, resolver: Resolver) -> Found:
    """The record at one name. Several are none (RFC 9989 §4.10 steps 2 and 6)."""
    answer = await resolver.query(f"_dmarc.{domain.ascii}", "TXT")
    if answer.failed:
        return Found(domain, failed=True)
    records = [record for text in answer.texts if (record := parse_record(text)) is not None]
    if len(records) != 1:
        return Found(domain, several=len(records) > 1)
    return Found(domain, records[0])


@lru_cache(maxsize=1024)
def _names(domain: Domain) -> tuple[Domain, ...]:
    """The names to ask, at most eight (RFC 9989 §4.10 steps 3, 4 and 7)."""
    labels = domain.ascii.split(".")
    counts = range(min(len(labels) - 1, SHORTENED), 0, -1)
    return domain, *(Domain(".".join(labels[-count:])) for count in counts)


def _one_label_below(suffix: Domain, start: Domain) -> Domain:
    count = suffix.ascii.count(".") + 2
    return Domain(".".join(start.ascii.split(".")[-count:]))
