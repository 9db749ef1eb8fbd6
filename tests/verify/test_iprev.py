"""Forward-confirmed reverse DNS."""

from ipaddress import ip_address
from typing import Any

import pytest

from mail.envelope import Client
from mail.report import IprevWord
from tests.fakes import FixedClock
from verify.iprev import check_iprev
from verify.recording import RecordingResolver
from verify.zones import ZoneResolver

REVERSE = "1.2.0.192.in-addr.arpa"
REVERSE6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

CASES: list[tuple[str, str, dict[str, Any], IprevWord, str]] = [
    (
        "its name leads back",
        "192.0.2.1",
        {REVERSE: [{"PTR": "mx.test"}], "mx.test": [{"A": "192.0.2.9"}, {"A": "192.0.2.1"}]},
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "the second name leads back",
        "192.0.2.1",
        {
            REVERSE: [{"PTR": "other.test"}, {"PTR": "MX.test."}],
            "other.test": [{"A": "192.0.2.9"}],
            "mx.test": [{"A": "192.0.2.1"}],
        },
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "one name leads back though another times out",
        "192.0.2.1",
        {
            REVERSE: [{"PTR": "slow.test"}, {"PTR": "mx.test"}],
            "slow.test": ["TIMEOUT"],
            "mx.test": [{"A": "192.0.2.1"}],
        },
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "an IPv6 address",
        "2001:db8::1",
        {REVERSE6: [{"PTR": "mx.test"}], "mx.test": [{"AAAA": "2001:db8::1"}]},
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "an IPv4-mapped address is the IPv4 address",
        "::ffff:192.0.2.1",
        {REVERSE: [{"PTR": "mx.test"}], "mx.test": [{"A": "192.0.2.1"}]},
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "a zone id is no part of the address",
        "2001:db8::1%eth0",
        {REVERSE6: [{"PTR": "mx.test"}], "mx.test": [{"AAAA": "2001:db8::1"}]},
        IprevWord.PASS,
        "mx.test",
    ),
    (
        "the name leads elsewhere",
        "192.0.2.1",
        {REVERSE: [{"PTR": "mx.bank.test"}], "mx.bank.test": [{"A": "192.0.2.9"}]},
        IprevWord.FAIL,
        "",
    ),
    (
        "the name has no address",
        "192.0.2.1",
        {REVERSE: [{"PTR": "mx.test"}]},
        IprevWord.FAIL,
        "",
    ),
    ("no name", "192.0.2.1", {}, IprevWord.PERMERROR, ""),
    (
        "a name that nobody can ask",
        "192.0.2.1",
        {REVERSE: [{"PTR": "x" * 64 + ".test"}]},
        IprevWord.PERMERROR,
        "",
    ),
    ("the reverse zone times out", "192.0.2.1", {REVERSE: ["TIMEOUT"]}, IprevWord.TEMPERROR, ""),
    ("the reverse zone fails", "192.0.2.1", {REVERSE: ["SERVFAIL"]}, IprevWord.TEMPERROR, ""),
    (
        "the only name times out",
        "192.0.2.1",
        {REVERSE: [{"PTR": "mx.test"}], "mx.test": ["TIMEOUT"]},
        IprevWord.TEMPERROR,
        "",
    ),
]


@pytest.mark.parametrize(
    ("ip", "zones", "word", "name"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
async def test_the_result_follows_the_names(
    ip: str, zones: dict[str, Any], word: IprevWord, name: str
) -> None:
    client = Client(ip=ip_address(ip))
    result = await check_iprev(client, ZoneResolver.from_mapping(zones))
    assert (result.result, result.name) == (word, name)
    assert result.reason.isprintable()
    assert result.reason


async def test_at_most_ten_names_are_asked() -> None:
    zones: dict[str, Any] = {REVERSE: [{"PTR": f"n{number:02}.test"} for number in range(50)]}
    zones["n10.test"] = [{"A": "192.0.2.1"}]
    recorder = RecordingResolver(ZoneResolver.from_mapping(zones), FixedClock())
    result = await check_iprev(Client(ip=ip_address("192.0.2.1")), recorder)
    assert result.result is IprevWord.FAIL
    assert len(recorder.evidence()) == 11


async def test_without_an_address_there_is_nothing_to_ask() -> None:
    result = await check_iprev(Client(ip=None), ZoneResolver.from_mapping({}))
    assert (result.result, result.reason) == (
        IprevWord.PERMERROR,
        "no client address is known",
    )
