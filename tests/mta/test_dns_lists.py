"""DNS lists at the door: who is refused, what is said, and what is kept of it."""

from ipaddress import ip_network
from typing import Any

import pytest

from bounce_rules.facts import Policy
from tests.fakes import FixedClock, ready_zone
from tests.mta.serving import Client, Served, message, serving
from verify.dns_lists import DnsList, DnsLists

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

PROXY = (ip_network("127.0.0.0/8"),)
ZONE: dict[str, list[Any]] = {
    "2.0.0.127.bl.example": [{"A": "127.0.0.2"}],
    "1.2.0.192.bl.example": [{"A": "127.0.0.4"}, {"TXT": "see https://bl.example/q"}],
    "9.2.0.192.bl.example": ["SERVFAIL"],
}


def lists() -> DnsLists:
    return DnsLists([DnsList("bl.example")], (), ready_zone(ZONE), FixedClock())


async def transaction(served: Served, ip: str) -> Client:
    client = await served.connect_from(ip)
    await client.reply()
    await client.say(b"EHLO client.example\r\n")
    assert (await client.say(b"MAIL FROM:<alice@sender.example>\r\n")).startswith("250")
    return client


async def finish(client: Client) -> None:
    await client.say(b"QUIT\r\n")
    await client.rest()


async def test_a_listed_client_hears_which_list_has_it_and_how_to_be_taken_off() -> None:
    async with serving(dns_lists=lists(), proxy_networks=PROXY) as served:
        client = await transaction(served, "192.0.2.1")
        assert await client.say(b"RCPT TO:<bob@reply.example>\r\n") == (
            "550 5.7.1 Mail from 192.0.2.1 is not accepted, because bl.example lists it. "
            "To be taken off the list: see https://bl.example/q"
        )
        assert (await client.say(b"RCPT TO:<nobody@reply.example>\r\n")).startswith("550 5.7.1 ")
        relaying = await client.say(b"RCPT TO:<x@elsewhere.example>\r\n")
        assert "Relaying denied" in relaying
        await finish(client)
        counted = 'postern_dns_list_answers_total{list="bl.example",answer="listed"}'
        assert served.counted(counted) == 1
    first = served.writer.refusals[0].verdict
    assert first.rule == "dns-list"
    assert "dns-list=bl.example answer=127.0.0.4: see https://bl.example/q" in first.reasons


async def test_a_listed_client_may_write_to_the_postmaster_and_the_answers_are_kept() -> None:
    async with serving(dns_lists=lists(), proxy_networks=PROXY) as served:
        client = await transaction(served, "192.0.2.1")
        assert (await client.say(b"RCPT TO:<postmaster>\r\n")).startswith("250")
        await client.say(b"DATA\r\n")
        assert (await client.say(message() + b".\r\n")).startswith("250")
    evidence = served.writer.messages[0].report.evidence
    kept = [(one.name, one.rdtype, one.records) for one in evidence if "bl.example" in one.name]
    assert kept[0] == ("1.2.0.192.bl.example", "A", ("127.0.0.4",))


async def test_clients_that_no_list_has_or_knows_of_are_served() -> None:
    async with serving(dns_lists=lists(), proxy_networks=PROXY) as served:
        for ip in ("192.0.2.200", "192.0.2.9", "2001:db8::1"):
            client = await transaction(served, ip)
            assert (await client.say(b"RCPT TO:<bob@reply.example>\r\n")).startswith("250")
        failed = 'postern_dns_list_answers_total{list="bl.example",answer="failed"}'
        assert served.counted(failed) == 1


async def test_without_lists_nobody_is_asked_about() -> None:
    async with serving(zone=ZONE, proxy_networks=PROXY) as served:
        client = await transaction(served, "192.0.2.1")
        assert (await client.say(b"RCPT TO:<bob@reply.example>\r\n")).startswith("250")


async def test_where_nothing_is_refused_for_what_checks_find_a_listed_client_is_noted() -> None:
    policy = Policy(enforce="monitor")
    async with serving(dns_lists=lists(), policy=policy, proxy_networks=PROXY) as served:
        client = await transaction(served, "192.0.2.1")
        assert (await client.say(b"RCPT TO:<bob@reply.example>\r\n")).startswith("250")
        await client.say(b"DATA\r\n")
        assert (await client.say(message() + b".\r\n")).startswith("250")
    evidence = served.writer.messages[0].report.evidence
    assert evidence[0].name == "1.2.0.192.bl.example"
