"""DMARC by RFC 9989: our own tables, and every combination of what SPF and DKIM can say."""

from itertools import product
from typing import Any

import pytest

from mail.address import parse_domain
from mail.reason import ReasonCode, because
from mail.report import (
    AuthorWord,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    SpfResult,
    SpfWord,
)
from tests.verify.vectors import cases, name_of
from verify.answer import Answer
from verify.dmarc.author import Author
from verify.dmarc.check import check_dmarc
from verify.dmarc.parse import parse_record
from verify.dmarc.walk import walk
from verify.zones import ZoneResolver

CASES = cases("dmarc")


class Counting:
    """A zone that counts which names were asked for a DMARC record."""

    def __init__(self, zone: ZoneResolver) -> None:
        self.zone = zone
        self.asked: list[str] = []

    async def query(self, name: str, rdtype: str) -> Answer:
        if name.startswith("_dmarc."):
            self.asked.append(name)
        return await self.zone.query(name, rdtype)


def zone_of(case: dict[str, Any]) -> ZoneResolver:
    zones: dict[str, Any] = dict(case.get("dns", {}))
    for domain, given in case.get("records", {}).items():
        records = given if isinstance(given, list) else [given]
        zones[f"_dmarc.{domain}"] = [
            text if text in ("SERVFAIL", "TIMEOUT") else {"TXT": text} for text in records
        ]
    for name in case.get("names", ()):
        zones.setdefault(name, [{"A": "192.0.2.80"}])
    return ZoneResolver.from_mapping(zones)


def spf_of(text: str) -> SpfResult:
    word, _, domain = text.partition(" ")
    return SpfResult(SpfWord(word), domain, "mailfrom", "as the case says")


def dkim_of(text: str) -> DkimResult:
    word, _, domain = text.partition(" ")
    return DkimResult(DkimWord(word), domain, "s", "rsa-sha256", "as the case says")


async def judge(case: dict[str, Any], resolver: Counting) -> DmarcResult:
    author = Author(AuthorWord.ONE, parse_domain(case["author"]))
    spf = spf_of(case.get("spf", "none"))
    dkim = tuple(dkim_of(text) for text in case.get("dkim", ()))
    return await check_dmarc(author, spf, dkim, resolver)


@pytest.mark.parametrize("case", CASES, ids=name_of)
async def test_table_of_dmarc_cases(case: dict[str, Any]) -> None:
    resolver = Counting(zone_of(case))
    found = await judge(case, resolver)
    word, policy, where = [*case["expect"].split(), "none", ""][:3]
    assert (found.result, found.policy, found.policy_domain) == (word, policy, where), found.reason
    assert found.aligned == tuple(case.get("aligned", ()))
    assert found.dns_trouble_matters == case.get("matters", False)
    assert found.published_policy == case.get("published", found.published_policy)
    assert len(resolver.asked) <= case.get("queries", 99)
    assert found.reason.isprintable() and found.reason.isascii() and found.reason


def test_table_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize(
    ("spf", "dkim", "alignment", "policy"),
    list(product(["pass", "fail", "none"], ["pass", "fail", "none"], ["r", "s"], DmarcPolicy)),
)
async def test_truth_table(spf: str, dkim: str, alignment: str, policy: DmarcPolicy) -> None:
    """SPF is of the author domain itself, DKIM of a subdomain: aligned only when relaxed."""
    record = f"v=DMARC1; p={policy}; aspf={alignment}; adkim={alignment}"
    case = {
        "author": "example.com",
        "records": {"example.com": record},
        "spf": f"{spf} example.com",
        "dkim": [] if dkim == "none" else [f"{dkim} mail.example.com"],
    }
    found = await judge(case, Counting(zone_of(case)))
    passes = spf == "pass" or (dkim == "pass" and alignment == "r")
    assert found.result is (DmarcWord.PASS if passes else DmarcWord.FAIL)
    assert found.policy is policy


async def test_author_that_is_no_domain_is_a_permanent_error() -> None:
    author = Author(AuthorWord.SEVERAL, cause=because(ReasonCode.FROM_FIELDS, 2))
    found = await check_dmarc(author, spf_of("pass example.com"), (), ZoneResolver.from_mapping({}))
    assert found.result is DmarcWord.PERMERROR
    assert found.author is AuthorWord.SEVERAL
    assert found.reason == "there are 2 From fields"


async def test_identifiers_of_other_top_level_domains_are_not_asked_about() -> None:
    case = {
        "author": "example.com",
        "records": {"example.com": "v=DMARC1; p=reject"},
        "dkim": [f"pass esp{number}.example" for number in range(50)],
    }
    resolver = Counting(zone_of(case))
    await judge(case, resolver)
    assert set(resolver.asked) == {"_dmarc.example.com", "_dmarc.com"}


async def test_no_walk_asks_for_more_than_eight_names() -> None:
    resolver = Counting(ZoneResolver.from_mapping({}))
    await walk(parse_domain(".".join(["a"] * 100)), resolver)
    assert len(resolver.asked) == 8


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"v=DMARC1" * 10_000,
        b"v=DMARC1;" + b"p=reject;" * 10_000,
        b"v=DMARC1;p=" + b" " * 65_000 + b"x",
        b"v=DMARC1;rua=" + b"a" * 65_000 + b"," + b"a:" * 30_000,
        bytes(range(256)),
    ],
)
def test_any_octets_are_a_record_or_none(text: bytes) -> None:
    record = parse_record(text)
    assert record is None or record.policy is DmarcPolicy.NONE
