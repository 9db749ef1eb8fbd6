"""The real resolver against a real name server on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest

from mail.errors import SettingsProblem
from tests.fakes import FixedClock, ready_zone
from tests.verify.dns_server import (
    NameServer,
    answer,
    cut_off,
    failure,
    name_server,
    negative,
    silence,
)
from verify.cache import CacheLimits
from verify.exchange import Server, parse_server, system_servers
from verify.resolver import Answer, DnsResolver, RecordingResolver, ResolverSettings, Status
from verify.zones import ZoneResolver


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with name_server() as running:
        yield running


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def resolver(server: NameServer, clock: FixedClock) -> AsyncIterator[DnsResolver]:
    running = DnsResolver(ResolverSettings(servers=(server.address,), timeout=30.0), clock)
    yield running
    await running.close()


@pytest.fixture
async def hasty(server: NameServer, clock: FixedClock) -> AsyncIterator[DnsResolver]:
    """One that does not wait long for servers that keep silent."""
    running = DnsResolver(ResolverSettings(servers=(server.address,), timeout=1.0), clock)
    yield running
    await running.close()


class Unhurried:
    """A resolver that lets others go first."""

    async def query(self, name: str, rdtype: str) -> Answer:
        await asyncio.sleep(0)
        return Answer(name, rdtype, Status.NXDOMAIN)


def rrset(name: str, rdtype: str, *texts: str, ttl: int = 300) -> dns.rrset.RRset:
    return dns.rrset.from_text(f"{name}.", ttl, "IN", rdtype, *texts)


async def test_records_come_as_plain_values(server: NameServer, resolver: DnsResolver) -> None:
    server.add("a.test", "A", "192.0.2.1", "192.0.2.2")
    server.add("a.test", "AAAA", "2001:db8::1")
    server.add("a.test", "MX", "10 Mx.Other.test.", "0 .")
    server.add("a.test", "TXT", r'"v=spf1 " "-all\255"')
    server.add("1.2.0.192.in-addr.arpa", "PTR", "host.test.")
    assert set((await resolver.query("a.test", "A")).hosts) == {"192.0.2.1", "192.0.2.2"}
    assert (await resolver.query("a.test", "AAAA")).hosts == ("2001:db8::1",)
    assert set((await resolver.query("a.test", "MX")).exchanges) == {(10, "Mx.Other.test"), (0, "")}
    assert (await resolver.query("a.test", "TXT")).records == ((b"v=spf1 ", b"-all\xff"),)
    assert (await resolver.query("1.2.0.192.in-addr.arpa", "PTR")).hosts == ("host.test",)


async def test_an_answer_says_who_gave_it_and_when(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.add("a.test", "A", "192.0.2.1", ttl=77)
    found = await resolver.query("A.Test.", "a")
    assert found == Answer("a.test", "A", Status.OK, ("192.0.2.1",), 77, server.address, clock())


async def test_a_missing_name_and_a_missing_type_differ(
    server: NameServer, resolver: DnsResolver
) -> None:
    server.shape("a.test", "TXT", negative(dns.rcode.NOERROR))
    assert (await resolver.query("a.test", "TXT")).status is Status.NODATA
    assert (await resolver.query("b.test", "TXT")).status is Status.NXDOMAIN


async def test_equal_questions_at_one_time_are_asked_once(
    server: NameServer, resolver: DnsResolver
) -> None:
    server.add("a.test", "A", "192.0.2.1")
    answers = await asyncio.gather(*(resolver.query("a.test", "A") for _ in range(20)))
    assert len(server.asked) == 1
    assert len(set(answers)) == 1


async def test_an_answer_is_remembered_for_its_ttl_and_no_longer(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.add("a.test", "A", "192.0.2.1", ttl=120)
    await resolver.query("a.test", "A")
    clock.advance(119)
    await resolver.query("a.test", "A")
    assert len(server.asked) == 1
    clock.advance(2)
    await resolver.query("a.test", "A")
    assert len(server.asked) == 2


async def test_a_ttl_of_zero_is_raised_to_the_floor_and_a_huge_one_cut_to_the_cap(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    limits = CacheLimits()
    server.add("short.test", "A", "192.0.2.1", ttl=0)
    server.add("long.test", "A", "192.0.2.1", ttl=2**31 - 1)
    await resolver.query("short.test", "A")
    await resolver.query("long.test", "A")
    clock.advance(limits.floor - 1)
    assert resolver.peek("short.test", "A") is not None
    clock.advance(2)
    assert resolver.peek("short.test", "A") is None
    clock.advance(limits.cap)
    assert resolver.peek("long.test", "A") is None


async def test_an_absence_is_remembered_as_long_as_the_soa_says(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.shape("a.test", "A", negative(dns.rcode.NXDOMAIN, minimum=100))
    await resolver.query("a.test", "A")
    clock.advance(99)
    assert resolver.peek("a.test", "A") is not None
    clock.advance(2)
    assert resolver.peek("a.test", "A") is None


async def test_a_failure_is_remembered_for_half_a_minute(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.shape("a.test", "A", failure(dns.rcode.SERVFAIL))
    assert (await resolver.query("a.test", "A")).status is Status.SERVFAIL
    asked = len(server.asked)
    clock.advance(29)
    assert (await resolver.query("a.test", "A")).status is Status.SERVFAIL
    assert len(server.asked) == asked
    server.add("a.test", "A", "192.0.2.1")
    clock.advance(2)
    assert (await resolver.query("a.test", "A")).status is Status.OK


async def test_silence_is_a_timeout_after_asking_again(
    server: NameServer, hasty: DnsResolver
) -> None:
    server.shape("a.test", "A", silence)
    assert (await hasty.query("a.test", "A")).status is Status.TIMEOUT
    assert len(server.asked) == 2


async def test_a_reply_that_is_lost_once_is_had_the_second_time(
    server: NameServer, hasty: DnsResolver
) -> None:
    whole = rrset("a.test", "A", "192.0.2.1")
    server.shape(
        "a.test", "A", lambda query, _: [answer(query, whole)] if len(server.asked) > 1 else []
    )
    assert (await hasty.query("a.test", "A")).status is Status.OK


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
async def test_another_server_is_asked_where_the_first_fails(
    rcode: dns.rcode.Rcode, server: NameServer, clock: FixedClock
) -> None:
    async with name_server() as second:
        server.shape("a.test", "A", failure(rcode))
        second.add("a.test", "A", "192.0.2.1")
        both = ResolverSettings(servers=(server.address, second.address), timeout=30.0)
        found = await DnsResolver(both, clock).query("a.test", "A")
    assert (found.status, found.server) == (Status.OK, second.address)


async def test_the_server_that_answered_is_asked_first_from_then_on(
    server: NameServer, clock: FixedClock
) -> None:
    async with name_server() as second:
        server.shape("a.test", "A", silence)
        second.add("a.test", "A", "192.0.2.1")
        both = ResolverSettings(servers=(server.address, second.address), timeout=4.0)
        resolver = DnsResolver(both, clock)
        await resolver.query("a.test", "A")
        await resolver.query("b.test", "A")
    assert (len(server.asked), len(second.asked)) == (1, 2)


async def test_no_more_questions_than_allowed_are_on_the_way_at_once(
    server: NameServer, clock: FixedClock
) -> None:
    settings = ResolverSettings(servers=(server.address,), timeout=20.0, concurrency=3)
    resolver = DnsResolver(settings, clock)
    server.holding = True
    asking = [asyncio.create_task(resolver.query(f"n{n}.test", "A")) for n in range(9)]
    for done in (3, 6, 9):
        while len(server.held) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert len(server.asked) == done
        server.let_go()
    answers = await asyncio.gather(*asking)
    assert {one.status for one in answers} == {Status.NXDOMAIN}


async def test_servers_that_keep_silent_hold_up_only_those_who_ask_them(
    server: NameServer, clock: FixedClock
) -> None:
    server.add("a.test", "A", "192.0.2.1")
    silent = [f"n{n}.silent.test" for n in range(4)]
    for name in silent:
        server.shape(name, "A", silence)
    settings = ResolverSettings(servers=(server.address,), timeout=3.0, concurrency=2)
    resolver = DnsResolver(settings, clock)
    asking = [asyncio.create_task(resolver.query(name, "A")) for name in silent]
    await asyncio.sleep(0)
    assert (await resolver.query("a.test", "A")).status is Status.OK
    assert {one.status for one in await asyncio.gather(*asking)} == {Status.TIMEOUT}
    assert (await resolver.query("b.test", "A")).status is Status.NXDOMAIN


async def test_a_server_that_is_not_there_is_passed_over(
    server: NameServer, clock: FixedClock
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        unused.connect(("127.0.0.1", 9))  # who is not its peer hears that nobody is there
        nobody = f"127.0.0.1:{unused.getsockname()[1]}"
        server.add("a.test", "A", "192.0.2.1")
        both = ResolverSettings(servers=(nobody, server.address), timeout=30.0)
        assert (await DnsResolver(both, clock).query("a.test", "A")).server == server.address


async def test_a_reply_that_was_cut_off_is_fetched_over_tcp(
    server: NameServer, resolver: DnsResolver
) -> None:
    long = rrset("a.test", "TXT", " ".join(['"' + "x" * 250 + '"'] * 10))
    server.shape(
        "a.test",
        "TXT",
        lambda query, over: [
            answer(query, long) if over == "tcp" else cut_off(answer(query, long))
        ],
    )
    assert (await resolver.query("a.test", "TXT")).texts == (b"x" * 2500,)
    assert [over for _, _, over in server.asked] == ["udp", "tcp"]


async def test_a_text_of_64_kilobytes_is_an_answer_like_any_other(
    server: NameServer, resolver: DnsResolver
) -> None:
    texts = [" ".join([f'"{number:03}' + "y" * 250 + '"'] * 25) for number in range(10)]
    huge = rrset("a.test", "TXT", *texts)
    server.shape(
        "a.test",
        "TXT",
        lambda query, over: [
            answer(query, huge) if over == "tcp" else cut_off(answer(query, huge))
        ],
    )
    found = await resolver.query("a.test", "TXT")
    assert sum(len(text) for text in found.texts) == 10 * 25 * 253


async def test_records_of_another_owner_are_ignored(
    server: NameServer, resolver: DnsResolver
) -> None:
    server.add("victim.test", "TXT", '"v=spf1 +all"', owner="evil.test")
    found = await resolver.query("victim.test", "TXT")
    assert (found.status, found.records) == (Status.NODATA, ())
    assert resolver.peek("evil.test", "TXT") is None


async def test_a_reply_to_another_question_or_with_another_id_is_ignored(
    server: NameServer, resolver: DnsResolver
) -> None:
    def forged(query: dns.message.Message, over: str) -> list[bytes]:
        other = dns.message.make_query("evil.test", "A", id=query.id)
        wrong_id = bytearray(answer(query, rrset("a.test", "A", "203.0.113.66")))
        wrong_id[0] ^= 0xFF
        return [
            answer(other, rrset("evil.test", "A", "203.0.113.66")),
            bytes(wrong_id),
            b"",
            b"\x00",
            answer(query, rrset("a.test", "A", "192.0.2.1")),
        ]

    server.shape("a.test", "A", forged)
    assert (await resolver.query("a.test", "A")).hosts == ("192.0.2.1",)


async def test_ports_and_ids_are_not_reused(server: NameServer, resolver: DnsResolver) -> None:
    for number in range(20):
        await resolver.query(f"n{number}.test", "A")
    assert len(set(server.source_ports)) > 15
    assert len(set(server.ids)) > 15


async def test_an_unreadable_reply_is_a_failure(server: NameServer, resolver: DnsResolver) -> None:
    server.shape("a.test", "A", lambda query, _: [query.to_wire()[:2] + b"\x81\x80" + b"\xff" * 40])
    assert (await resolver.query("a.test", "A")).status is Status.SERVFAIL


async def test_a_server_without_edns_is_asked_plainly(
    server: NameServer, resolver: DnsResolver
) -> None:
    def old(query: dns.message.Message, over: str) -> list[bytes]:
        if query.edns >= 0:
            return failure(dns.rcode.FORMERR)(query, over)
        return [answer(query, rrset("a.test", "A", "192.0.2.1"))]

    server.shape("a.test", "A", old)
    assert (await resolver.query("a.test", "A")).status is Status.OK


async def test_a_chain_of_cnames_in_one_reply_is_followed(
    server: NameServer, resolver: DnsResolver
) -> None:
    chain = [
        rrset("a.test", "CNAME", "b.test.", ttl=50),
        rrset("b.test", "CNAME", "C.test.", ttl=300),
        rrset("c.test", "TXT", '"found"', ttl=300),
    ]
    server.shape("a.test", "TXT", lambda query, _: [answer(query, *chain)])
    found = await resolver.query("a.test", "TXT")
    assert (found.texts, found.ttl, found.name) == ((b"found",), 50, "a.test")


async def test_a_cname_whose_target_the_server_left_out_is_asked_for(
    server: NameServer, resolver: DnsResolver
) -> None:
    alias = rrset("a.test", "CNAME", "b.test.")
    server.shape("a.test", "A", lambda query, _: [answer(query, alias)])
    server.add("b.test", "A", "192.0.2.1")
    assert (await resolver.query("a.test", "A")).hosts == ("192.0.2.1",)


async def test_a_loop_of_cnames_is_a_failure(server: NameServer, resolver: DnsResolver) -> None:
    there, back = rrset("a.test", "CNAME", "b.test."), rrset("b.test", "CNAME", "a.test.")
    server.shape("a.test", "A", lambda query, _: [answer(query, there, back)])
    assert (await resolver.query("a.test", "A")).status is Status.SERVFAIL


async def test_a_loop_of_cnames_over_several_replies_ends(
    server: NameServer, resolver: DnsResolver
) -> None:
    there, back = rrset("a.test", "CNAME", "b.test."), rrset("b.test", "CNAME", "a.test.")
    server.shape("a.test", "A", lambda query, _: [answer(query, there)])
    server.shape("b.test", "A", lambda query, _: [answer(query, back)])
    assert (await resolver.query("a.test", "A")).status is Status.SERVFAIL
    assert len(server.asked) <= 12


async def test_names_that_cannot_be_asked_have_no_answer_and_cost_no_query(
    server: NameServer, resolver: DnsResolver
) -> None:
    for name in ("", "a..test", "x" * 64 + ".test", "a.\x00.test", "ü.test", "a." * 127 + "test"):
        assert (await resolver.query(name, "A")).status is Status.NXDOMAIN, name
    assert server.asked == []


async def test_a_waiter_that_gives_up_does_not_stop_the_question(
    server: NameServer, resolver: DnsResolver
) -> None:
    server.add("a.test", "A", "192.0.2.1")
    impatient = asyncio.create_task(resolver.query("a.test", "A"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await resolver.query("a.test", "A")).status is Status.OK
    assert len(server.asked) == 1


async def test_the_cache_is_bounded_by_entries_and_by_octets(
    server: NameServer, clock: FixedClock
) -> None:
    few = CacheLimits(entries=3)
    small = CacheLimits(octets=3000)
    server.add("big.test", "TXT", '"' + "z" * 250 + '"')
    for limits in (few, small):
        settings = ResolverSettings(servers=(server.address,), timeout=30.0, cache=limits)
        resolver = DnsResolver(settings, clock)
        await resolver.query("big.test", "TXT")
        for number in range(6):
            await resolver.query(f"n{number}.test", "A")
        assert resolver.peek("big.test", "TXT") is None
        assert resolver.peek("n5.test", "A") is not None


async def test_without_a_name_server_every_query_fails_and_nothing_is_raised(
    clock: FixedClock, tmp_path: Path
) -> None:
    resolver = DnsResolver(ResolverSettings(), clock, resolv_conf=tmp_path / "missing")
    found = await resolver.query("a.test", "A")
    assert (found.status, found.server) == (Status.SERVFAIL, "no name server is configured")


def test_resolv_conf_is_read_as_far_as_it_makes_sense(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# a\nsearch lan\nnameserver 192.0.2.53\nnameserver nonsense\nnameserver ::1\n")
    assert system_servers(file) == (Server("192.0.2.53"), Server("::1"))


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", Server("192.0.2.53", 53)),
        ("192.0.2.53:5353", Server("192.0.2.53", 5353)),
        ("2001:db8::53", Server("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", Server("2001:db8::53", 5353)),
    ],
)
def test_a_server_is_an_address_with_an_optional_port(text: str, server: Server) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize("text", ["dns.example", "", "192.0.2.53:0", "192.0.2.53:x", "[::1"])
def test_a_server_that_is_no_address_stops_the_start(text: str, clock: FixedClock) -> None:
    with pytest.raises(SettingsProblem, match=r"verify\.dns_servers"):
        DnsResolver(ResolverSettings(servers=(text,)), clock)


async def test_a_recorder_asks_once_and_shows_what_the_report_rests_on(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.add("a.test", "TXT", r'"v=spf1 -all"', ttl=40)
    recorder = RecordingResolver(resolver, clock)
    first = await recorder.query("a.test", "TXT")
    received = clock()
    clock.advance(3600)
    assert await recorder.query("A.test.", "txt") == first
    await recorder.query("b.test", "MX")
    assert len(server.asked) == 2
    kept = [(one.name, one.rdtype, one.status, one.records) for one in recorder.evidence()]
    assert kept == [
        ("a.test", "TXT", "ok", ('"v=spf1 -all"',)),
        ("b.test", "MX", "nxdomain", ()),
    ]
    assert recorder.evidence()[0].at == received
    assert (recorder.evidence()[0].ttl, recorder.evidence()[0].server) == (40, server.address)


async def test_a_recorder_answers_timeout_when_its_budget_is_used_up(
    server: NameServer, resolver: DnsResolver, clock: FixedClock
) -> None:
    server.shape("slow.test", "A", silence)
    server.add("known.test", "A", "192.0.2.1")
    await resolver.query("known.test", "A")
    recorder = RecordingResolver(resolver, clock, seconds=0.05)
    assert (await recorder.query("slow.test", "A")).status is Status.TIMEOUT
    late = await recorder.query("other.test", "A")
    assert (late.status, late.server) == (Status.TIMEOUT, "time budget of the message")
    assert (await recorder.query("known.test", "A")).status is Status.OK


async def test_a_recorder_stops_a_message_that_asks_for_too_many_names(clock: FixedClock) -> None:
    recorder = RecordingResolver(ready_zone(), clock, queries=3)
    answers = [await recorder.query(f"n{number}.example", "A") for number in range(5)]
    assert [one.status for one in answers] == [Status.NXDOMAIN] * 3 + [Status.TIMEOUT] * 2
    assert len(recorder.evidence()) == 3
    at_once = RecordingResolver(Unhurried(), clock, queries=3)
    answers = await asyncio.gather(*(at_once.query(f"n{n}.example", "A") for n in range(5)))
    assert [one.status for one in answers].count(Status.TIMEOUT) == 2


async def test_evidence_decides_again_without_a_network(clock: FixedClock) -> None:
    zone = ZoneResolver.from_mapping(
        {
            "a.test": [{"TXT": ['say "hi"\\', "\x00\xff"]}, {"MX": [10, "mx.a.test"]}, "TIMEOUT"],
            "alias.test": [{"CNAME": "a.test"}],
        }
    )
    recorder = RecordingResolver(zone, clock)
    asked = [("a.test", "TXT"), ("a.test", "MX"), ("a.test", "A"), ("alias.test", "TXT")]
    before = [await recorder.query(*one) for one in asked]
    again = ZoneResolver.from_evidence(recorder.evidence())
    after = [await again.query(*one) for one in asked]
    assert [(one.status, one.records) for one in after] == [
        (one.status, one.records) for one in before
    ]
    assert (await again.query("never.asked.test", "A")).status is Status.TIMEOUT
