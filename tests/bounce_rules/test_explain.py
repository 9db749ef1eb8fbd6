"""What an explanation says, and what it keeps to itself, apart from its remedies working."""

from typing import Any

from bounce_rules.explain import find
from bounce_rules.explain.finding import DnsRecord, Kind
from bounce_rules.explain.mending import dmarc_mended, spf_mended
from bounce_rules.explain.plain import WIDTH, told
from bounce_rules.explain.seen import Seen, joined
from bounce_rules.explain.words import LANGUAGES
from mail.report import DnsEvidence
from tests.fakes import NOON


def answer(name: str, *records: str, status: str = "", rdtype: str = "TXT") -> DnsEvidence:
    word = status or ("ok" if records else "nodata")
    return DnsEvidence(name, rdtype, word, records, 300, "zone", NOON)


def report(**dmarc: Any) -> dict[str, Any]:
    spf = {"result": "fail", "domain": "shop.example", "identity": "mailfrom", "reason": "r"}
    found = {"result": "fail", "domain": "shop.example", "policy_domain": "shop.example"}
    return {
        "spf": spf,
        "dkim": [{"result": "none", "domain": "", "selector": "", "reason": "r"}],
        "dmarc": found | {"record": "v=DMARC1; p=reject", "reason": "r"} | dmarc,
    }


def test_a_name_that_a_macro_made_out_of_an_address_is_not_told() -> None:
    evidence = (
        answer("shop.example", '"v=spf1 exists:%{l}._spf.shop.example include:a.example -all"'),
        answer("final=person._spf.shop.example", status="timeout", rdtype="A"),
        answer("a.example", status="servfail"),
        answer("_dmarc.shop.example", status="timeout"),
        answer("s1._domainkey.shop.example", status="timeout"),
    )
    found = find.findings(report(), evidence, "192.0.2.1")
    (trouble,) = [one for one in found if one.kind is Kind.DNS_TROUBLE]
    assert [one.name for one in trouble.seen] == [
        "a.example",
        "_dmarc.shop.example",
        "s1._domainkey.shop.example",
    ]
    assert not any("final" in line for one in LANGUAGES for line in told(found, one))


def test_only_a_domain_that_the_dns_knows_has_a_public_page() -> None:
    nowhere = (
        answer("_dmarc.shop.example", status="nxdomain"),
        answer("shop.example", status="nxdomain"),
        answer("_dmarc.example", '"v=DMARC1; p=reject; psd=y"'),
        answer("other.example", '"v=spf1 -all"'),
    )
    assert not find.is_public(report(), nowhere)
    assert find.is_public(report(), (*nowhere, answer("_dmarc.shop.example", '"x"')))
    assert find.is_public(report(), (answer("shop.example"),))
    assert not find.is_public(report(domain=""), (answer("shop.example"),))
    assert not find.is_public(None, (answer("shop.example"),))


def test_mail_without_a_client_is_not_told_about_spf() -> None:
    kinds = {one.kind for one in find.findings(report(), (), None)}
    assert kinds == {Kind.DKIM_UNSIGNED}


def test_a_null_sender_of_another_domain_is_told_to_sign_and_nothing_about_its_return_path() -> (
    None
):
    null = report()
    null["spf"] |= {"identity": "helo", "domain": "mx.elsewhere.example"}
    kinds = {one.kind for one in find.findings(null, (), "192.0.2.1")}
    assert kinds == {Kind.DKIM_UNSIGNED}


def test_the_organisation_ends_below_a_public_suffix() -> None:
    seen = Seen(
        (
            answer("_dmarc.shop.co.example", '"v=DMARC1; p=none"'),
            answer("_dmarc.co.example", '"v=DMARC1; p=none; psd=y"'),
        )
    )
    assert seen.organisation_of("mail.shop.co.example") == "shop.co.example"
    assert seen.organisation_of("shop.co.example") == "shop.co.example"


def test_a_long_record_is_printed_in_strings_that_dns_can_carry() -> None:
    line = DnsRecord("s._domainkey.a.example", "v=DKIM1; p=" + "A" * 600 + '"\\').zone_line
    strings = line.split(" IN TXT ", 1)[1]
    assert strings.count('" "') == 2
    assert strings.endswith('\\"\\\\"')
    assert joined(strings) == "v=DKIM1; p=" + "A" * 600 + '"\\'


def test_mended_records_keep_what_is_right() -> None:
    assert spf_mended(["v=spf1 ipv4:192.0.2.1 mx bogus:x ?all"], "2001:db8::1") == (
        "v=spf1 ip6:2001:db8::1 ip4:192.0.2.1 mx ?all"
    )
    assert dmarc_mended("v=DMARC1; p=rejct; rua=mailto:d@a.example", "a.example") == (
        "v=DMARC1; p=none; rua=mailto:d@a.example"
    )


def test_lines_fit_a_terminal_except_for_records() -> None:
    evidence = (answer("shop.example", '"v=spf1 ' + "ip4:192.0.2.0/24 " * 20 + '-all"'),)
    for language in LANGUAGES:
        for line in told(find.findings(report(), evidence, "192.0.2.1"), language):
            assert len(line) <= WIDTH or " IN TXT " in line


def test_a_policy_that_is_not_one_is_mended_as_advice_only() -> None:
    evidence = (answer("_dmarc.shop.example", '"v=DMARC1; p=rejct"'), answer("shop.example"))
    found = find.findings(report(result="none", record="v=DMARC1; p=rejct"), evidence, "192.0.2.1")
    assert (found[-1].kind, found[-1].is_enough) == (Kind.DMARC_INVALID, False)
    assert found[-1].record is not None
    assert found[-1].record.value == "v=DMARC1; p=none"
    twice = (answer("_dmarc.shop.example", '"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'),)
    several = find.findings(report(result="none", record=""), twice, "192.0.2.1")
    assert several[-1].kind is Kind.DMARC_SEVERAL
