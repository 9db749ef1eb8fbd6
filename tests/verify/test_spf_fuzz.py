"""Any record, any words of a sender, any DNS: a result word and a printable reason."""

from ipaddress import ip_address
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mail.address import Address, Domain
from mail.envelope import Client, Door, Envelope
from mail.report import SpfWord
from tests.fakes import NOON
from verify.presentation import parse_presented, present
from verify.spf.check import check_spf
from verify.zones import ZoneResolver

NAMES = ["d.example", "a.example", "b.example", "x..example", "slow.example", "nx.example"]
PIECES = [
    "v=spf1", " ", " ", "+", "-", "?", "~", "all", "a", "mx", "ptr", "ip4:", "ip6:", "include:",
    "exists:", "redirect=", "exp=", "foo=", ":", "/", "//", "24", "0", "129", "192.0.2.1", "::1",
    "%{", "}", "%%", "%_", "%-", "%", "{", "l", "s", "d", "i", "p", "h", "c", "t", "r", "1", "R",
    ".", "..", ".example", *NAMES, "\t", "\r\n", "\x00", "\xff", "é",
]  # fmt: skip

records = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
policies = records.map(lambda record: "v=spf1 " + record)
addresses = st.sampled_from(["192.0.2.1", "203.0.113.1"])
failures = st.sampled_from(["TIMEOUT", "SERVFAIL", "NXDOMAIN"])
entries = st.one_of(
    policies.map(lambda text: {"TXT": text}),
    st.binary(max_size=40).map(lambda octets: {"TXT": octets}),
    addresses.map(lambda ip: {"A": ip}),
    st.sampled_from(NAMES).map(lambda name: {"MX": [10, name]}),
    st.sampled_from(NAMES).map(lambda name: {"CNAME": name}),
    failures,
)
zones = st.dictionaries(st.sampled_from(NAMES), st.lists(entries, max_size=4), max_size=6)
words = st.text(max_size=30)
clients = st.sampled_from(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0"])


@given(policies, zones, words, words, clients, st.lists(st.sampled_from(NAMES), max_size=3))
async def test_whatever_the_zone_and_the_sender_say_there_is_a_result(
    record: str, zone: dict[str, Any], local: str, helo: str, ip: str, names: list[str]
) -> None:
    zone = {
        **zone,
        "d.example": [*zone.get("d.example", []), {"TXT": record}],
        "1.2.0.192.in-addr.arpa": [{"PTR": name} for name in names],
    }
    envelope = Envelope(
        id="fuzz",
        door=Door.SMTP,
        client=Client(ip=ip_address(ip), helo=helo),
        mail_from=Address(local, Domain("d.example")),
        rcpt_to=(),
        received_at=NOON,
    )
    result = await check_spf(envelope, ZoneResolver.from_mapping(zone))
    assert result.result in SpfWord
    assert result.reason
    for line in (result.reason, result.explanation, result.domain):
        assert line.isascii()
        assert line.isprintable()


@given(words)
async def test_whatever_the_null_sender_s_client_calls_itself_there_is_a_result(helo: str) -> None:
    envelope = Envelope(
        id="fuzz",
        door=Door.SMTP,
        client=Client(ip=ip_address("192.0.2.1"), helo=helo),
        mail_from=None,
        rcpt_to=(),
        received_at=NOON,
    )
    result = await check_spf(envelope, ZoneResolver.from_mapping({}))
    assert result.result is SpfWord.NONE
    assert (result.reason + result.domain).isprintable()


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_any_text_record_can_be_written_down_and_read_again(strings: list[bytes]) -> None:
    written = present(tuple(strings))
    assert written.isascii()
    assert written.isprintable()
    assert parse_presented(written, "TXT") == tuple(strings)


@given(st.text(max_size=60), st.integers(0, 65535))
def test_any_host_can_be_written_down_and_read_again(host: str, preference: int) -> None:
    clean = host.encode("utf-8", "replace").decode()
    assert parse_presented(present(clean), "PTR") == clean
    assert parse_presented(present((preference, clean)), "MX") == (preference, clean)
