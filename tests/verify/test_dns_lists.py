"""DNS lists: the names that are asked for, which answers count, and lists that are not believed."""

import logging
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any

import pytest

from mail.dns_list import Listings
from tests.fakes import FixedClock, ready_zone
from verify.dns_lists import DnsList, DnsLists, listed_name
from verify.resolver import Answer

ALIVE: dict[str, list[Any]] = {
    "2.0.0.127.bl.example": [{"A": "127.0.0.2"}],
    "1.2.0.192.bl.example": [{"A": "127.0.0.4"}, {"TXT": "Spam from here: https://bl.example/q"}],
}
CLIENT = ip_address("192.0.2.1")


class Counting:
    """A resolver that remembers what it was asked."""

    def __init__(self, zone: dict[str, Any]) -> None:
        self._inner = ready_zone(zone)
        self.asked: list[str] = []

    async def query(self, name: str, rdtype: str) -> Answer:
        self.asked.append(f"{name} {rdtype}")
        return await self._inner.query(name, rdtype)


def lists(zone: dict[str, Any], *those: DnsList, exempt: tuple[Any, ...] = ()) -> DnsLists:
    return DnsLists(those or (DnsList("bl.example"),), exempt, ready_zone(zone), FixedClock())


async def look_up(zone: dict[str, Any], *those: DnsList, ip: str = "192.0.2.1") -> Listings:
    return await lists(zone, *those).look_up(ip_address(ip))


def test_addresses_are_asked_for_backwards() -> None:
    """RFC 5782 §2.1 and §2.4, with the addresses that stand there."""
    assert listed_name(ip_address("192.0.2.99"), "bad.example.com") == "99.2.0.192.bad.example.com"
    assert listed_name(ip_address("2001:db8:1:2:3:4:567:89ab"), "ugly.example.com") == (
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com"
    )


async def test_a_client_on_a_list_is_found_with_the_lists_own_words() -> None:
    found = await look_up(ALIVE)
    (listing,) = found.found
    assert (listing.zone, listing.codes) == ("bl.example", ("127.0.0.4",))
    assert listing.cure == "Spam from here: https://bl.example/q"
    assert found.answers == (("bl.example", "listed"),)
    assert [(one.name, one.rdtype) for one in found.evidence] == [
        ("1.2.0.192.bl.example", "A"),
        ("1.2.0.192.bl.example", "TXT"),
    ]


async def test_a_client_of_ipv6_is_found_by_its_nibbles() -> None:
    name = listed_name(ip_address("2001:db8::7"), "bl.example")
    assert (await look_up(ALIVE | {name: [{"A": "127.0.0.2"}]}, ip="2001:db8::7")).found


async def test_an_ipv4_client_of_an_ipv6_socket_is_an_ipv4_client() -> None:
    assert (await look_up(ALIVE, ip="::ffff:192.0.2.1")).found


async def test_a_client_on_no_list_is_clean() -> None:
    found = await look_up(ALIVE, ip="192.0.2.200")
    assert not found.found
    assert found.answers == (("bl.example", "clean"),)
    assert found.evidence[0].status == "nxdomain"


@pytest.mark.parametrize(
    ("answer", "codes", "listed"),
    [
        ("127.0.0.4", (), True),
        ("127.0.0.4", ("127.0.0.4/32",), True),
        ("127.0.0.4", ("127.0.0.0/29",), True),
        ("127.0.0.4", ("127.0.0.2/32", "127.0.0.3/32"), False),
        ("127.255.255.254", (), False),  # "you ask through a public resolver"
        ("203.0.113.80", (), False),  # a provider's page for names that do not exist
    ],
)
async def test_only_the_answers_that_were_asked_for_count(
    answer: str, codes: tuple[str, ...], listed: bool
) -> None:
    zone = ALIVE | {"1.2.0.192.bl.example": [{"A": answer}]}
    one = DnsList("bl.example", tuple(IPv4Network(code) for code in codes))
    assert bool((await look_up(zone, one)).found) is listed


@pytest.mark.parametrize("trouble", ["SERVFAIL", "TIMEOUT"])
async def test_a_list_that_does_not_answer_speaks_against_nobody(trouble: str) -> None:
    zone = ALIVE | {"1.2.0.192.bl.example": [trouble]}
    found = await look_up(zone)
    assert not found.found
    assert found.answers == (("bl.example", "failed"),)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"2.0.0.127.bl.example": ["NXDOMAIN"]}, "127.0.0.2 is not on it"),
        ({"2.0.0.127.bl.example": [{"A": "203.0.113.1"}]}, "127.0.0.2 is not on it"),
        ({"1.0.0.127.bl.example": [{"A": "127.0.0.2"}]}, "127.0.0.1 is on it"),
        ({"2.0.0.127.bl.example": ["SERVFAIL"]}, "127.0.0.2 failed"),
        ({"1.0.0.127.bl.example": ["TIMEOUT"]}, "127.0.0.1 timed out"),
        ({"2.0.0.127.bl.example": [{"A": "127.255.255.254"}]}, "does not want to be asked"),
    ],
)
async def test_a_list_that_does_not_know_its_test_entries_is_left_out_and_the_log_says_so(
    entries: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "postern.verify"):
        found = await look_up(ALIVE | entries)
    assert not found.found
    assert found.answers == (("bl.example", "ignored"),)
    (line,) = [record.getMessage() for record in caplog.records]
    assert "zone=bl.example event=ignored" in line
    assert reason in line


async def test_a_dead_list_beside_a_good_one_takes_nothing_from_it() -> None:
    found = await look_up(ALIVE, DnsList("dead.example"), DnsList("bl.example", cure="Write to us"))
    assert [(one.zone, one.cure) for one in found.found] == [("bl.example", "Write to us")]
    assert found.answers == (("dead.example", "ignored"), ("bl.example", "listed"))


async def test_test_entries_are_asked_for_again_after_a_while() -> None:
    seconds = 0.0
    resolver = Counting(ALIVE)
    asked = DnsLists([DnsList("bl.example")], (), resolver, FixedClock(), clock=lambda: seconds)
    for seconds in (0.0, 10.0, 3500.0):  # noqa: B007 the clock reads it
        await asked.look_up(CLIENT)
    assert resolver.asked.count("2.0.0.127.bl.example A") == 1
    seconds = 3700.0
    await asked.look_up(CLIENT)
    assert resolver.asked.count("2.0.0.127.bl.example A") == 2


async def test_a_list_that_is_unfit_is_not_asked_about_anybody_for_a_while() -> None:
    seconds = 0.0
    resolver = Counting(ALIVE | {"2.0.0.127.bl.example": ["TIMEOUT"]})
    asked = DnsLists([DnsList("bl.example")], (), resolver, FixedClock(), clock=lambda: seconds)
    for seconds in (0.0, 1.0, 50.0):  # noqa: B007 the clock reads it
        assert (await asked.look_up(CLIENT)).answers == (("bl.example", "ignored"),)
    assert resolver.asked.count("1.2.0.192.bl.example A") == 1
    seconds = 70.0
    await asked.look_up(CLIENT)
    assert resolver.asked.count("1.2.0.192.bl.example A") == 2


async def test_a_list_that_fails_is_tried_again_before_others_wait_for_it() -> None:
    resolver = Counting(ALIVE | {"9.2.0.192.bl.example": ["TIMEOUT"]})
    asked = DnsLists([DnsList("bl.example")], (), resolver, FixedClock())
    await asked.look_up(CLIENT)
    assert (await asked.look_up(ip_address("192.0.2.9"))).answers == (("bl.example", "failed"),)
    assert (await asked.look_up(CLIENT)).found
    assert resolver.asked.count("2.0.0.127.bl.example A") == 2


async def test_a_zone_that_holds_a_key_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    secret = DnsList("secretkey.bl.example", name="bl.example")
    alive = {name.replace("bl.", "secretkey.bl."): one for name, one in ALIVE.items()}
    found = await look_up(alive, secret)
    assert [one.zone for one in found.found] == ["bl.example"]
    assert found.answers == (("bl.example", "listed"),)
    await look_up({}, secret)
    assert "event=ignored" in caplog.text
    assert "secretkey" not in caplog.text


async def test_exempt_networks_and_unknown_clients_are_not_asked_about() -> None:
    resolver = Counting(ALIVE)
    asked = DnsLists([DnsList("bl.example")], [ip_network("192.0.2.0/24")], resolver, FixedClock())
    assert await asked.look_up(CLIENT) == Listings()
    assert await asked.look_up(None) == Listings()
    assert resolver.asked == []


async def test_what_a_list_says_is_fit_for_a_reply() -> None:
    text = {"TXT": "bad\r\n250 ok " + "x" * 200}
    zone = ALIVE | {"1.2.0.192.bl.example": [{"A": "127.0.0.2"}, text]}
    (listing,) = (await look_up(zone)).found
    assert listing.text.isprintable()
    assert len(listing.text) <= 200
