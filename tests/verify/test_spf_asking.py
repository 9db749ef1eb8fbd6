"""How SPF asks: by replay over answers that have to be waited for, and within bounds."""

import asyncio
from typing import Any

import dns.rcode
import pytest

from mail.report import SpfWord
from tests.fakes import FixedClock
from tests.verify.dns_server import failure, name_server
from tests.verify.test_spf import RECORDS, ZONES, envelope
from verify.resolver import Answer, DnsResolver, RecordingResolver, ResolverSettings
from verify.spf.check import check_spf
from verify.zones import ZoneResolver


class Waiting:
    """A resolver whose answers have to be waited for, as on a cold start."""

    def __init__(self, zones: dict[str, Any]) -> None:
        self._zone = ZoneResolver.from_mapping(zones)
        self.asked: list[tuple[str, str]] = []
        self.rounds = 0
        self._under_way = 0

    async def query(self, name: str, rdtype: str) -> Answer:
        self.asked.append((name, rdtype))
        self.rounds += self._under_way == 0
        self._under_way += 1
        await asyncio.sleep(0)
        self._under_way -= 1
        return await self._zone.query(name, rdtype)


@pytest.mark.parametrize(
    ("record", "ip", "word"), [row[1:] for row in RECORDS], ids=[row[0] for row in RECORDS]
)
async def test_waiting_for_answers_changes_no_result(record: str, ip: str, word: str) -> None:
    waiting = Waiting({**ZONES, "d.example": [{"TXT": record}]})
    result = await check_spf(envelope(ip=ip or "192.0.2.1"), waiting)
    assert result.result == word
    assert len(waiting.asked) == len(set(waiting.asked))


async def test_an_explanation_is_waited_for() -> None:
    waiting = Waiting(ZONES)
    result = await check_spf(envelope("a@fail.example"), waiting)
    assert result.explanation == "not ours"


async def test_many_checks_at_once_do_not_see_each_other_s_dns() -> None:
    words = [SpfWord.PASS, SpfWord.FAIL, SpfWord.SOFTFAIL, SpfWord.NEUTRAL]
    records = ["+all", "-all", "~all", "?all"]
    waiting = [
        Waiting({"d.example": [{"TXT": "v=spf1 include:no.example redirect=e.example"}],
                 "no.example": [{"TXT": "v=spf1"}],
                 "e.example": [{"TXT": f"v=spf1 {records[number % 4]}"}]})
        for number in range(100)
    ]  # fmt: skip
    results = await asyncio.gather(*(check_spf(envelope(), one) for one in waiting))
    assert [one.result for one in results] == words * 25


async def test_a_hostile_record_costs_a_bounded_number_of_queries() -> None:
    exchangers = {
        f"m{number}.example": [{"MX": [1, f"h{number}-{host}.example"]} for host in range(10)]
        for number in range(10)
    }
    hosts: dict[str, Any] = {
        f"h{number}-{host}.example": [{"A": "203.0.113.1"}]
        for number in range(10)
        for host in range(10)
    }
    record = "v=spf1 " + " ".join(f"mx:{name}" for name in exchangers) + " -all"
    waiting = Waiting({"d.example": [{"TXT": record}], **exchangers, **hosts})
    assert (await check_spf(envelope(), waiting)).result is SpfWord.FAIL
    assert len(waiting.asked) == 1 + 10 + 100


async def test_the_names_of_one_record_are_asked_for_side_by_side() -> None:
    includes = {f"i{number}.example": [{"TXT": "v=spf1 ?all"}] for number in range(5)}
    record = "v=spf1 " + " ".join(f"include:{name}" for name in includes) + " -all"
    waiting = Waiting({"d.example": [{"TXT": record}], **includes})
    await check_spf(envelope(), waiting)
    assert waiting.rounds == 2


async def test_spf_over_a_real_name_server_and_again_from_its_evidence() -> None:
    clock = FixedClock()
    async with name_server() as server:
        server.add(
            "d.example", "TXT", '"v=spf1 a:host.example include:in.example -all exp=why.example"'
        )
        server.add("host.example", "A", "192.0.2.77")
        server.add("in.example", "TXT", '"v=spf1 " "mx ~all"')
        server.add("in.example", "MX", "10 mx.in.example.")
        server.add("why.example", "TXT", '"%{i} may not send for %{d}"')
        resolver = DnsResolver(ResolverSettings(servers=(server.address,)), clock)
        recorder = RecordingResolver(resolver, clock)
        result = await check_spf(envelope(), recorder)
        server.shape("lame.example", "TXT", failure(dns.rcode.SERVFAIL))
        lame = await check_spf(envelope("a@lame.example"), recorder)
    assert (result.result, result.explanation) == (
        SpfWord.FAIL,
        "192.0.2.1 may not send for d.example",
    )
    assert lame.result is SpfWord.TEMPERROR
    replayed = ZoneResolver.from_evidence(recorder.evidence())
    assert await check_spf(envelope(), replayed) == result
    assert await check_spf(envelope("a@lame.example"), replayed) == lame
