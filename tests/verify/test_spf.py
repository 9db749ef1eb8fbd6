"""SPF beyond the public suite: what pyspf does otherwise, and what a stranger may try.

Each row of the tables names the section of RFC 7208 that it stands for.
"""

from ipaddress import ip_address
from typing import Any

import pytest

from mail.address import Address, Domain
from mail.envelope import Client, Door, Envelope, PulledFrom
from mail.report import SpfResult, SpfWord
from tests.fakes import NOON, FixedClock
from verify.resolver import RecordingResolver
from verify.spf.check import check_spf
from verify.spf.macros import fit_name
from verify.spf.parse import parse_record
from verify.zones import ZoneResolver

ZONES: dict[str, Any] = {
    "pass.example": [{"TXT": "v=spf1 +all"}],
    "fail.example": [{"TXT": "v=spf1 -all exp=why.fail.example"}],
    "why.fail.example": [{"TXT": "not ours"}],
    "neutral.example": [{"TXT": "v=spf1 ?all"}],
    "soft.example": [{"TXT": "v=spf1 ~all"}],
    "plain.example": [{"TXT": "no policy here"}],
    "broken.example": [{"TXT": "v=spf1 a:"}],
    "slow.example": ["TIMEOUT"],
    "lame.example": ["SERVFAIL"],
    "host.example": [{"A": "192.0.2.1"}, {"AAAA": "2001:db8::1"}],
    "other.example": [{"A": "192.0.2.99"}],
    "near.example": [{"A": "192.0.2.77"}],
    "mx.example": [{"MX": [10, "slow.example"]}, {"MX": [5, "host.example"]}],
    "nullmx.example": [{"MX": [0, "."]}],
    "v4only.example": [{"MX": [10, f"mx{number}.v4only.example"]} for number in range(5)],
    **{f"mx{number}.v4only.example": [{"A": "192.0.2.99"}] for number in range(5)},
    "1.2.0.192.in-addr.arpa": [{"PTR": "slow.example"}, {"PTR": "Host.Example."}],
    "alice.example": [{"A": "127.0.0.1"}],
}


def envelope(
    mail_from: str | None = "alice@d.example",
    ip: str | None = "192.0.2.1",
    helo: str = "helo.example",
) -> Envelope:
    local, _, domain = (mail_from or "").rpartition("@")
    return Envelope(
        id="test",
        door=Door.SMTP,
        client=Client(ip=None if ip is None else ip_address(ip), helo=helo),
        mail_from=Address(local, Domain(domain)) if mail_from else None,
        rcpt_to=(),
        received_at=NOON,
    )


async def check(
    record: str | bytes, ip: str = "192.0.2.1", more: dict[str, Any] | None = None
) -> SpfResult:
    """SPF of alice@d.example from `ip`, where d.example publishes `record`."""
    zones = {**ZONES, "d.example": [{"TXT": record}], **(more or {})}
    result = await check_spf(envelope(ip=ip), ZoneResolver.from_mapping(zones))
    assert result.reason
    assert result.reason.isascii()
    assert result.reason.isprintable()
    return result


RECORDS: list[tuple[str, str, str, str]] = [
    # section, record of d.example, client, result
    ("4.5 version alone", "v=spf1", "192.0.2.1", "neutral"),
    ("4.5 version in capitals", "V=SPF1 -all", "192.0.2.1", "fail"),
    ("4.5 another version", "v=spf10 -all", "192.0.2.1", "none"),
    ("4.5 a tab is no space", "v=spf1\t-all", "192.0.2.1", "none"),
    ("4.6.1 a tab between terms", "v=spf1 a\t-all", "192.0.2.1", "permerror"),
    ("4.6 an error behind the match", "v=spf1 +all moo", "192.0.2.1", "permerror"),
    ("4.6.2 unknown qualifier", "v=spf1 !all", "192.0.2.1", "permerror"),
    ("4.6.2 two qualifiers", "v=spf1 +-all", "192.0.2.1", "permerror"),
    ("4.6.2 softfail", "v=spf1 ~all", "192.0.2.1", "softfail"),
    ("4.7 nothing matches", "v=spf1 ip4:192.0.2.99", "192.0.2.1", "neutral"),
    ("5.1 all takes no argument", "v=spf1 all:example", "192.0.2.1", "permerror"),
    ("5.1 all takes no length", "v=spf1 -all/8", "192.0.2.1", "permerror"),
    ("5.1 nothing behind all counts", "v=spf1 all include:d.example", "192.0.2.1", "pass"),
    ("5.1 all voids redirect", "v=spf1 ?all redirect=fail.example", "192.0.2.1", "neutral"),
    ("5.1 wherever it stands", "v=spf1 redirect=fail.example ?all", "192.0.2.1", "neutral"),
    ("5.2 include passes", "v=spf1 include:pass.example -all", "192.0.2.1", "pass"),
    ("5.2 its qualifier counts", "v=spf1 -include:pass.example", "192.0.2.1", "fail"),
    ("5.2 fail is no match", "v=spf1 include:fail.example ?all", "192.0.2.1", "neutral"),
    ("5.2 softfail is no match", "v=spf1 include:soft.example -all", "192.0.2.1", "fail"),
    ("5.2 neutral is no match", "v=spf1 include:neutral.example -all", "192.0.2.1", "fail"),
    ("5.2 temperror", "v=spf1 include:slow.example +all", "192.0.2.1", "temperror"),
    ("5.2 servfail", "v=spf1 include:lame.example +all", "192.0.2.1", "temperror"),
    ("5.2 permerror", "v=spf1 include:broken.example +all", "192.0.2.1", "permerror"),
    ("5.2 none is an error", "v=spf1 include:plain.example +all", "192.0.2.1", "permerror"),
    ("5.2 no name is an error", "v=spf1 include:nx.example +all", "192.0.2.1", "permerror"),
    ("5.2 include needs a domain", "v=spf1 include +all", "192.0.2.1", "permerror"),
    ("5.2 include takes no length", "v=spf1 include:pass.example/24", "192.0.2.1", "permerror"),
    ("5.2 including oneself", "v=spf1 include:d.example -all", "192.0.2.1", "permerror"),
    ("5.3 a", "v=spf1 a:host.example -all", "192.0.2.1", "pass"),
    ("5.3 a for IPv6", "v=spf1 a:host.example -all", "2001:db8::1", "pass"),
    ("5.3 a with a length", "v=spf1 a:near.example/24 -all", "192.0.2.1", "pass"),
    ("5.3 length 0", "v=spf1 a:other.example/0 -all", "192.0.2.1", "pass"),
    ("5.3 each family its length", "v=spf1 a:host.example//32 -all", "2001:db8:9::9", "pass"),
    ("5.3 IPv4's length alone", "v=spf1 a:host.example/0 -all", "2001:db8:9::9", "fail"),
    ("5.3 a DNS error", "v=spf1 a:slow.example +all", "192.0.2.1", "temperror"),
    ("5.3 a length too large", "v=spf1 a/33 +all", "192.0.2.1", "permerror"),
    ("5.3 an IPv6 length too large", "v=spf1 a//129 +all", "192.0.2.1", "permerror"),
    ("5.3 leading zeros", "v=spf1 a/024 +all", "192.0.2.1", "permerror"),
    ("5.3 a single label", "v=spf1 a:host +all", "192.0.2.1", "permerror"),
    ("5.3 a numeric top label", "v=spf1 a:192.0.2.1 +all", "192.0.2.1", "permerror"),
    ("5.3 a port", "v=spf1 a:host.example:80 +all", "192.0.2.1", "permerror"),
    ("5.4 mx", "v=spf1 mx:mx.example -all", "192.0.2.1", "pass"),
    ("5.4 a DNS error before a match", "v=spf1 mx:mx.example -all", "192.0.2.9", "temperror"),
    ("5.4 null MX", "v=spf1 mx:nullmx.example -all", "192.0.2.1", "fail"),
    ("5.5 DNS errors under ptr", "v=spf1 ptr:host.example -all", "192.0.2.1", "pass"),
    ("5.5 ptr of a parent", "v=spf1 ptr:example.example -all", "192.0.2.1", "fail"),
    ("5.5 no name", "v=spf1 ptr:host.example -all", "192.0.2.2", "fail"),
    ("5.6 ip4", "v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.255", "pass"),
    ("5.6 ip4 host bits", "v=spf1 ip4:192.0.2.77/24 -all", "192.0.2.1", "pass"),
    ("5.6 ip4 is not for IPv6", "v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", "fail"),
    ("5.6 ip6", "v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", "pass"),
    ("5.6 ip6 is not for IPv4", "v=spf1 ip6:::/0 -all", "192.0.2.1", "fail"),
    ("5 mapped clients are IPv4", "v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", "pass"),
    ("5 mapped networks match none", "v=spf1 ip6:::ffff:192.0.2.1 -all", "192.0.2.1", "fail"),
    ("5.6 leading zeros", "v=spf1 ip4:192.0.02.1 -all", "192.0.2.1", "permerror"),
    ("5.6 three octets", "v=spf1 ip4:192.0.2 -all", "192.0.2.1", "permerror"),
    ("5.6 length too large", "v=spf1 ip4:192.0.2.1/33 -all", "192.0.2.1", "permerror"),
    ("5.6 a zone id", "v=spf1 ip6:fe80::1%eth0 -all", "192.0.2.1", "permerror"),
    ("5.6 ip6 length too large", "v=spf1 ip6:::/129 -all", "192.0.2.1", "permerror"),
    ("5.6 no address", "v=spf1 ip4: -all", "192.0.2.1", "permerror"),
    ("5.6 IPv6 in ip4", "v=spf1 ip4:2001:db8::1 -all", "192.0.2.1", "permerror"),
    ("5.7 exists", "v=spf1 exists:host.example -all", "192.0.2.99", "pass"),
    ("5.7 exists asks for A", "v=spf1 exists:host.example -all", "2001:db8::9", "pass"),
    ("5.7 exists needs a domain", "v=spf1 exists ~all", "192.0.2.1", "permerror"),
    ("5.7 exists:", "v=spf1 exists: ~all", "192.0.2.1", "permerror"),
    ("6 unknown modifiers", "v=spf1 foo=bar -all", "192.0.2.1", "fail"),
    ("6 however often", "v=spf1 foo=bar foo=baz -all", "192.0.2.1", "fail"),
    ("6 their syntax counts", "v=spf1 foo=%{x} -all", "192.0.2.1", "permerror"),
    ("6 c, r and t are macro letters", "v=spf1 foo=%{c}%{r}%{t} -all", "192.0.2.1", "fail"),
    ("6 no qualifier before one", "v=spf1 -foo=bar -all", "192.0.2.1", "permerror"),
    ("6 redirect twice", "v=spf1 redirect=a.example redirect=b.example", "192.0.2.1", "permerror"),
    ("6 in any case", "v=spf1 Redirect=a.example redirect=b.example", "192.0.2.1", "permerror"),
    ("6 exp twice", "v=spf1 exp=a.example exp=b.example -all", "192.0.2.1", "permerror"),
    ("6.1 redirect", "v=spf1 redirect=fail.example", "192.0.2.1", "fail"),
    ("6.1 in capitals", "v=spf1 REDIRECT=fail.example", "192.0.2.1", "fail"),
    ("6.1 after the terms", "v=spf1 redirect=fail.example ip4:192.0.2.1", "192.0.2.1", "pass"),
    ("6.1 to none", "v=spf1 redirect=plain.example", "192.0.2.1", "permerror"),
    ("6.1 to itself", "v=spf1 redirect=d.example", "192.0.2.1", "permerror"),
    ("6.1 to a time-out", "v=spf1 redirect=slow.example", "192.0.2.1", "temperror"),
    ("6.1 empty", "v=spf1 redirect=", "192.0.2.1", "permerror"),
    ("6.2 exp without a domain", "v=spf1 exp= -all", "192.0.2.1", "permerror"),
    ("7.1 an unknown letter", "v=spf1 a:%{q}.example -all", "192.0.2.1", "permerror"),
    ("7.1 a lone percent", "v=spf1 a:100%.example -all", "192.0.2.1", "permerror"),
    ("7.1 an open brace", "v=spf1 a:%{d -all", "192.0.2.1", "permerror"),
    ("7.1 zero parts", "v=spf1 exists:%{d0}.example -all", "192.0.2.1", "permerror"),
    ("7.1 unknown delimiters", "v=spf1 exists:%{d;}.example -all", "192.0.2.1", "permerror"),
    ("7.2 c only in explanations", "v=spf1 exists:%{c}.example -all", "192.0.2.1", "permerror"),
    ("7.2 t neither", "v=spf1 exp=%{t}.example -all", "192.0.2.1", "permerror"),
    ("7.3 more parts than there are", "v=spf1 exists:%{l" + "9" * 5000 + "}.example", "", "pass"),
    ("7.3 R in capitals", "v=spf1 exists:%{l1R}.example -all", "192.0.2.1", "pass"),
]


@pytest.mark.parametrize(
    ("record", "ip", "word"), [row[1:] for row in RECORDS], ids=[row[0] for row in RECORDS]
)
async def test_a_record_decides_by_the_rfc(record: str, ip: str, word: str) -> None:
    result = await check(record, ip or "192.0.2.1")
    assert result.result == word, result.reason


MACROS: list[tuple[str, str, str]] = [
    # section, domain-spec, the name that must exist (client 192.0.2.3, strong-bad@d.example)
    ("7.4 l", "%{l}.x.example", "strong-bad.x.example"),
    ("7.4 s", "%{s}.x.example", "strong-bad@d.example.x.example"),
    ("7.4 o", "%{o}", "d.example"),
    ("7.4 l-", "%{l-}.x.example", "strong.bad.x.example"),
    ("7.4 lr-", "%{lr-}.x.example", "bad.strong.x.example"),
    ("7.4 l1r-", "%{l1r-}.x.example", "strong.x.example"),
    ("7.4 dr", "%{dr}.x.example", "example.d.x.example"),
    ("7.4 d1r", "%{d1r}.x.example", "d.x.example"),
    ("7.4 ir and v", "%{ir}.%{v}._spf.example", "3.2.0.192.in-addr._spf.example"),
    ("7.3 h", "%{h}.x.example", "helo.example.x.example"),
    ("7.3 split on others joins with dots", "%{h-}.x.example", "helo.example.x.example"),
    ("7.3 several delimiters", "%{l-.}.x.example", "strong.bad.x.example"),
    ("7.3 capitals escape", "%{S}.x.example", "strong-bad%40d.example.x.example"),
    ("7.1 a percent sign", "%%.x.example", "%.x.example"),
    ("7.1 an escaped space", "%-.x.example", "%20.x.example"),
    ("7.3 p without a name", "%{p}.x.example", "unknown.x.example"),
]


@pytest.mark.parametrize(
    ("spec", "name"), [row[1:] for row in MACROS], ids=[row[0] for row in MACROS]
)
async def test_a_macro_expands_to_the_name_that_is_asked_for(spec: str, name: str) -> None:
    zones: dict[str, Any] = {"d.example": [{"TXT": f"v=spf1 exists:{spec} -all"}]}
    zones.setdefault(name, []).append({"A": "127.0.0.2"})
    sender = envelope("strong-bad@d.example", "192.0.2.3")
    result = await check_spf(sender, ZoneResolver.from_mapping(zones))
    assert result.result is SpfWord.PASS, result.reason


async def test_the_macro_p_prefers_the_domain_then_a_name_below_it_then_any() -> None:
    """RFC 7208 §7.3."""
    names = ["z.other.example", "b.d.example", "d.example"]
    for count, expected in ((3, "d.example"), (2, "b.d.example"), (1, "z.other.example")):
        zones: dict[str, Any] = {
            "d.example": [{"TXT": "v=spf1 exists:%{p}.x.example -all"}, {"A": "192.0.2.1"}],
            "b.d.example": [{"A": "192.0.2.1"}],
            "z.other.example": [{"A": "192.0.2.1"}],
            "1.2.0.192.in-addr.arpa": [{"PTR": name} for name in names[:count]],
            f"{expected}.x.example": [{"A": "127.0.0.2"}],
        }
        result = await check_spf(envelope(), ZoneResolver.from_mapping(zones))
        assert result.result is SpfWord.PASS, (expected, result.reason)


async def test_the_macro_p_is_unknown_where_the_reverse_zone_fails() -> None:
    """RFC 7208 §7.3: a DNS error is no temperror here."""
    result = await check(
        "v=spf1 exists:%{p}.x.example -all",
        more={
            "1.2.0.192.in-addr.arpa": ["TIMEOUT"],
            "unknown.x.example": [{"A": "127.0.0.2"}],
        },
    )
    assert result.result is SpfWord.PASS


async def test_macros_in_a_name_that_a_sender_chose_are_not_expanded_again() -> None:
    zones = {
        "d.example": [{"TXT": "v=spf1 include:%{l}.d.example -all"}],
        "%{h}.d.example": [{"TXT": "v=spf1 a -all"}, {"A": "192.0.2.1"}],
        "helo.example.d.example": [{"A": "192.0.2.99"}],
    }
    sender = envelope("%{h}@d.example")
    result = await check_spf(sender, ZoneResolver.from_mapping(zones))
    assert result.result is SpfWord.PASS, result.reason


def test_a_name_that_is_too_long_loses_labels_at_the_left() -> None:
    """RFC 7208 §7.3."""
    long = ".".join(["x" * 49] * 6)
    assert fit_name(long) == ".".join(["x" * 49] * 5)
    exact = "y" * 10 + "." + ".".join(["x" * 49] * 5) + ".abc"
    assert len(exact) > 253
    assert fit_name(exact) == ".".join(["x" * 49] * 5) + ".abc"
    assert fit_name("a.example.") == "a.example"


# -- limits (RFC 7208 §4.6.4)


def chain(length: int, last: str) -> dict[str, Any]:
    zones: dict[str, Any] = {
        f"i{number}.example": [{"TXT": f"v=spf1 include:i{number + 1}.example ?all"}]
        for number in range(length)
    }
    return {**zones, f"i{length}.example": [{"TXT": last}]}


@pytest.mark.parametrize(("length", "word"), [(9, "pass"), (10, "permerror")])
async def test_ten_terms_that_ask_the_dns_are_the_limit(length: int, word: str) -> None:
    result = await check("v=spf1 include:i0.example -all", more=chain(length, "v=spf1 +all"))
    assert result.result == word, result.reason


async def test_a_redirect_counts_only_where_it_is_followed() -> None:
    zones = chain(9, "v=spf1 ip4:192.0.2.1 redirect=pass.example")
    result = await check("v=spf1 include:i0.example redirect=pass.example", more=zones)
    assert result.result is SpfWord.PASS
    matched = await check(
        "v=spf1 " + "a:host.example " * 10 + "redirect=pass.example", ip="192.0.2.1"
    )
    assert matched.result is SpfWord.PASS
    over = await check(
        "v=spf1 " + "a:other.example " * 10 + "redirect=pass.example", ip="192.0.2.1"
    )
    assert over.result is SpfWord.PERMERROR


async def test_two_terms_may_lead_nowhere_and_a_third_is_an_error() -> None:
    two = await check("v=spf1 a:n1.example a:n2.example -all")
    three = await check("v=spf1 a:n1.example a:n2.example a:n3.example -all")
    assert (two.result, three.result) == (SpfWord.FAIL, SpfWord.PERMERROR)


async def test_a_term_that_leads_nowhere_several_times_counts_once() -> None:
    result = await check("v=spf1 mx:v4only.example -all", ip="2001:db8::1")
    assert result.result is SpfWord.FAIL


async def test_more_than_ten_mail_exchangers_are_an_error() -> None:
    for count, word in ((10, SpfWord.FAIL), (11, SpfWord.PERMERROR)):
        exchangers = [{"MX": [10, "other.example"]} for _ in range(count)]
        result = await check("v=spf1 mx:many.example -all", more={"many.example": exchangers})
        assert result.result is word


async def test_of_many_names_of_the_client_ten_are_looked_at() -> None:
    names = [{"PTR": f"n{number}.x.example"} for number in range(20)]
    for number, word in ((9, SpfWord.PASS), (10, SpfWord.FAIL)):
        zones = {
            "1.2.0.192.in-addr.arpa": names,
            f"n{number}.x.example": [{"A": "192.0.2.1"}],
        }
        assert (await check("v=spf1 ptr:x.example -all", more=zones)).result is word


async def test_two_records_are_an_error_and_other_texts_are_not_ours() -> None:
    """RFC 7208 §4.5."""
    texts = [{"TXT": "v=spf1 +all"}, {"TXT": b"\xff\xfe"}, {"TXT": []}, {"TXT": "v=spf1x"}]
    one = ZoneResolver.from_mapping({"d.example": texts})
    two = ZoneResolver.from_mapping({"d.example": [*texts, {"TXT": "v=spf1 -all"}]})
    assert (await check_spf(envelope(), one)).result is SpfWord.PASS
    assert (await check_spf(envelope(), two)).result is SpfWord.PERMERROR


async def test_a_record_that_is_not_ascii_is_an_error() -> None:
    """RFC 7208 §3.1."""
    assert (await check("v=spf1 a:é.example +all".encode())).result is SpfWord.PERMERROR


async def test_a_record_of_eight_kilobytes_is_decided_like_any_other() -> None:
    networks = " ".join(f"ip4:10.{n // 256}.{n % 256}.0/24" for n in range(440))
    result = await check(f"v=spf1 {networks} ip4:192.0.2.1 -all")
    assert result.result is SpfWord.PASS
    # Quadratic work on any of these would run into the test's own time limit.
    hostile = ["%{l}" * 2000 + ".example", "x" * 8000 + "!", "1" * 8000, ".-" * 4000]
    for target in hostile:
        await check(f"v=spf1 exists:{target} -all")


# -- identities (RFC 7208 §2.3, §2.4, §4.3)

IDENTITIES: list[tuple[str, str | None, str, str, str, str]] = [
    # what, MAIL FROM, HELO, identity, domain, result
    ("the sender's domain", "a@fail.example", "pass.example", "mailfrom", "fail.example", "fail"),
    ("the null sender is its HELO name", None, "Pass.Example", "helo", "pass.example", "pass"),
    ("its HELO name says no", None, "fail.example", "helo", "fail.example", "fail"),
    ("HELO is a literal", None, "[192.0.2.1]", "helo", "[192.0.2.1]", "none"),
    ("HELO is a single label", None, "localhost", "helo", "localhost", "none"),
    ("HELO is nothing", None, "", "helo", "", "none"),
    ("HELO is no name", None, "JUMPIN' JUPITER", "helo", "JUMPIN' JUPITER", "none"),
    ("HELO has control bytes", None, "a\r\nb.example", "helo", "a??b.example", "none"),
    ("HELO is a U-label", None, "例子.example", "helo", "xn--fsqu00a.example", "pass"),
    ("MAIL FROM is a literal", "a@[192.0.2.1]", "x.example", "mailfrom", "[192.0.2.1]", "none"),
    ("MAIL FROM is a single label", "a@localhost", "x.example", "mailfrom", "localhost", "none"),
    ("an empty label", "a@b..example", "x.example", "mailfrom", "b..example", "none"),
    ("no such name", "a@nx.example", "x.example", "mailfrom", "nx.example", "none"),
    ("no policy", "a@plain.example", "x.example", "mailfrom", "plain.example", "none"),
    ("its zone is dead", "a@slow.example", "x.example", "mailfrom", "slow.example", "temperror"),
    ("its zone fails", "a@lame.example", "x.example", "mailfrom", "lame.example", "temperror"),
]


@pytest.mark.parametrize(
    ("mail_from", "helo", "identity", "domain", "word"),
    [row[1:] for row in IDENTITIES],
    ids=[row[0] for row in IDENTITIES],
)
async def test_the_identity_that_is_checked(
    mail_from: str | None, helo: str, identity: str, domain: str, word: str
) -> None:
    zones = {**ZONES, "xn--fsqu00a.example": [{"TXT": "v=spf1 +all"}]}
    result = await check_spf(envelope(mail_from, helo=helo), ZoneResolver.from_mapping(zones))
    assert (result.identity, result.domain, result.result) == (identity, domain, word)
    assert result.reason.isprintable()


async def test_a_message_without_a_client_has_no_result() -> None:
    pulled = Envelope(
        id="test",
        door=Door.IMAP,
        client=Client(ip=None),
        mail_from=Address("alice", Domain("fail.example")),
        rcpt_to=(),
        received_at=NOON,
        pulled_from=PulledFrom("account", "INBOX", 1, 1),
    )
    result = await check_spf(pulled, ZoneResolver.from_mapping(ZONES))
    assert result.result is SpfWord.NONE
    assert result.reason == "no client address is known for this message"


@pytest.mark.parametrize("ip", ["fe80::1%eth0", "::", "0.0.0.0", "::ffff:0.0.0.0", "ff02::1"])
async def test_any_client_address_gives_a_result_word(ip: str) -> None:
    assert (await check("v=spf1 a ptr ip4:10.0.0.0/8 -all", ip)).result is SpfWord.FAIL


async def test_terms_with_a_local_part_that_is_not_ascii_match_nothing() -> None:
    """RFC 8616 §4."""
    zones: dict[str, Any] = {
        "d.example": [{"TXT": "v=spf1 include:%{l}.example exists:%{s}.example ip4:192.0.2.1"}],
        "用户.example": [{"TXT": "v=spf1 -all"}, {"A": "127.0.0.1"}],
    }
    sender = envelope("用户@d.example")
    result = await check_spf(sender, ZoneResolver.from_mapping(zones))
    assert (result.result, result.reason) == (
        SpfWord.PASS,
        "ip4:192.0.2.1 of d.example matches 192.0.2.1",
    )


async def test_a_quoted_local_part_does_not_move_the_domain() -> None:
    sender = envelope('"a@pass.example; spf=pass"@fail.example')
    result = await check_spf(sender, ZoneResolver.from_mapping(ZONES))
    assert (result.result, result.domain) == (SpfWord.FAIL, "fail.example")


# -- words


async def test_a_reason_names_the_terms_that_led_to_the_match() -> None:
    zones = {"in.example": [{"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}]}
    assert (await check("v=spf1 include:in.example ~all", more=zones)).reason == (
        "include:in.example of d.example (ip4:192.0.2.0/24 of in.example) matches 192.0.2.1"
    )
    assert (await check("v=spf1 -all")).reason == "-all of d.example matches 192.0.2.1"
    assert (await check("v=spf1 redirect=soft.example")).reason == (
        "~all of soft.example matches 192.0.2.1"
    )
    assert (await check("v=spf1")).reason == "no term of d.example matches 192.0.2.1"
    assert (await check("v=spf1 include:slow.example")).reason == (
        "the DNS query for TXT of slow.example timed out"
    )
    assert "moo: unknown mechanism" in (await check("v=spf1 moo")).reason
    assert "broken.example: a:" in (await check("v=spf1 include:broken.example")).reason


EXPLANATIONS: list[tuple[str, list[Any], str]] = [
    # what, records of why.example, explanation
    ("plain words", [{"TXT": "Ask %{o}."}], "Ask d.example."),
    ("address and time", [{"TXT": "%{c} at %{t}"}], f"192.0.2.1 at {int(NOON.timestamp())}"),
    ("the receiver is not told", [{"TXT": "%{r}"}], "unknown"),
    ("spaces", [{"TXT": "a  b%_c"}], "a  b c"),
    ("strings are joined", [{"TXT": ["not ", "you"]}], "not you"),
    ("escaped sender", [{"TXT": "http://why.example/?s=%{S}"}],
     "http://why.example/?s=alice%40d.example"),
    ("line breaks", [{"TXT": "see\r\n250 ok"}], ""),
    ("not ASCII", [{"TXT": "h\xe9"}], ""),
    ("syntax error", [{"TXT": "%{x}"}], ""),
    ("two of them", [{"TXT": "a"}, {"TXT": "b"}], ""),
    ("a dead zone", ["TIMEOUT"], ""),
    ("nothing", [], ""),
    ("too long", [{"TXT": ["x" * 250] * 20}], ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("records", "explanation"),
    [row[1:] for row in EXPLANATIONS],
    ids=[row[0] for row in EXPLANATIONS],
)
async def test_the_explanation_of_a_fail_is_shown_on_one_printable_line(
    records: list[Any], explanation: str
) -> None:
    """RFC 7208 §6.2."""
    result = await check("v=spf1 -all exp=why.example", more={"why.example": records})
    assert (result.result, result.explanation) == (SpfWord.FAIL, explanation)


async def test_an_explanation_is_the_failing_record_s_own() -> None:
    """RFC 7208 §6.2: not that of an include; after a redirect, the target's."""
    zones: dict[str, Any] = {
        "in.example": [{"TXT": "v=spf1 -all exp=inner.example"}],
        "inner.example": [{"TXT": "inner of %{d}"}],
        "outer.example": [{"TXT": "outer of %{d}"}],
    }
    outer = await check("v=spf1 include:in.example -all exp=outer.example", more=zones)
    target = await check("v=spf1 exp=outer.example redirect=in.example", more=zones)
    assert outer.explanation == "outer of d.example"
    assert target.explanation == "inner of in.example"


async def test_an_explanation_is_not_fetched_where_nothing_failed() -> None:
    zones = {**ZONES, "d.example": [{"TXT": "v=spf1 +all exp=why.example"}]}
    recorder = RecordingResolver(ZoneResolver.from_mapping(zones), FixedClock())
    assert (await check_spf(envelope(), recorder)).explanation == ""
    assert [one.name for one in recorder.evidence()] == ["d.example"]


def test_a_parsed_record_shows_its_terms() -> None:
    record = parse_record(b"v=spf1 -a:x.example/24 redirect=%{d}.example")
    assert [(term.text, term.result, term.lengths) for term in record.terms] == [
        ("-a:x.example/24", "fail", (24, 128))
    ]
    assert record.redirect
