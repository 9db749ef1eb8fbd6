"""DMARC by RFC 7489: the public suffix list, sp=, pct=, and records without a valid p=."""

from pathlib import Path
from typing import Any

import pytest

from mail.address import Domain
from mail.errors import SettingsProblem
from mail.message import parse_message
from mail.raw import RawMessage
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
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from verify.authenticate import VerifySettings, authenticate
from verify.dmarc.author import Author
from verify.dmarc.rfc7489 import Rfc7489, check_rfc7489, draw_of
from verify.dmarc.suffixes import SuffixList, load_suffixes
from verify.zones import ZoneResolver

LIST = load_suffixes()
NO_SPF = SpfResult(SpfWord.NONE, "", "mailfrom", "x")


async def judge(
    author: str,
    zone: dict[str, Any],
    *,
    spf: SpfResult = NO_SPF,
    dkim: tuple[str, ...] = (),
    draw: int = 0,
) -> DmarcResult:
    signatures = tuple(DkimResult(DkimWord.PASS, one, "s", "rsa-sha256", "x") for one in dkim)
    who = Author(AuthorWord.ONE, Domain(author))
    resolver = ZoneResolver.from_mapping(zone)
    return await check_rfc7489(who, spf, signatures, resolver, Rfc7489(LIST, draw))


def record(text: str, name: str = "_dmarc.example.com") -> dict[str, Any]:
    return {name: [{"TXT": f"v=DMARC1; {text}"}]}


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("com", "com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
        ("a.city.kobe.jp", "city.kobe.jp"),
        ("a.www.ck", "www.ck"),
        ("a.b.other.ck", "b.other.ck"),
        ("a.b.unheard-of", "b.unheard-of"),
        ("unheard-of", "unheard-of"),
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),
        ("a.someone.github.io", "someone.github.io"),
    ],
)
def test_organisations_by_the_list(domain: str, organisation: str) -> None:
    assert LIST.organisation(Domain(domain)).ascii == organisation


def test_a_list_of_ones_own_and_lists_that_are_none(tmp_path: Path) -> None:
    own = tmp_path / "list.dat"
    own.write_text("// a comment\n\ncom\nshops.com // rest\n公司.cn\n")
    found = load_suffixes(own)
    assert len(found) == 3
    assert found.organisation(Domain("a.b.shops.com")).ascii == "b.shops.com"
    assert str(found) != str(LIST)
    own.with_name("empty").write_text("// nothing\n")
    for wrong in (own.with_name("empty"), tmp_path / "absent"):
        with pytest.raises(SettingsProblem, match=r"verify\.public_suffix_list"):
            load_suffixes(wrong)


async def test_only_the_author_domain_and_its_organisation_are_asked() -> None:
    found = await judge("a.b.example.com", record("p=reject", "_dmarc.b.example.com"))
    assert found.result is DmarcWord.NONE
    found = await judge("a.b.example.com", record("p=reject; sp=quarantine"))
    assert (found.result, found.policy_domain) == (DmarcWord.FAIL, "example.com")
    assert found.policy is DmarcPolicy.QUARANTINE


async def test_sp_is_for_subdomains_only_and_np_for_nobody() -> None:
    zone = record("p=none; sp=reject; np=quarantine")
    assert (await judge("example.com", zone)).policy is DmarcPolicy.NONE
    assert (await judge("no.such.example.com", zone)).policy is DmarcPolicy.REJECT


@pytest.mark.parametrize(
    ("text", "draw", "policy"),
    [
        ("p=reject; pct=30", 29, "reject"),
        ("p=reject; pct=30", 30, "quarantine"),
        ("p=quarantine; pct=30", 30, "none"),
        ("p=reject; pct=0", 0, "quarantine"),
        ("p=reject; pct=100", 99, "reject"),
        ("p=reject; pct=-1", 99, "reject"),
        ("p=reject; pct=some", 99, "reject"),
        ("p=reject; pct=500", 99, "reject"),
        ("p=reject; t=y", 99, "reject"),
    ],
)
async def test_a_share_of_the_messages_is_spared_one_step(
    text: str, draw: int, policy: str
) -> None:
    found = await judge("example.com", record(text), draw=draw)
    assert (found.result, found.policy.value) == (DmarcWord.FAIL, policy)
    assert found.published_policy.value == text[2:].partition(";")[0]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("rua=mailto:a@example.com", "fail"),
        ("sp=reject", "none"),
        ("p=nonsense", "none"),
        ("p=nonsense; rua=mailto:a@example.com", "fail"),
        ("p=reject; sp=nonsense", "none"),
        ("p=reject; np=nonsense", "fail"),
    ],
)
async def test_a_record_without_a_valid_policy_counts_only_for_reports(
    text: str, result: str
) -> None:
    found = await judge("example.com", record(text))
    assert found.result.value == result
    if "rua" in text:
        assert found.policy is DmarcPolicy.NONE


async def test_several_records_end_the_search() -> None:
    several = [{"TXT": "v=DMARC1; p=reject"}, {"TXT": "v=DMARC1; p=none"}]
    zone = {**record("p=reject"), "_dmarc.a.example.com": several}
    found = await judge("a.example.com", zone)
    assert found.result is DmarcWord.NONE
    assert "several" in found.reason


@pytest.mark.parametrize(
    ("signer", "text", "result"),
    [
        ("example.com", "p=reject", "pass"),
        ("b.example.com", "p=reject", "pass"),
        ("b.example.com", "p=reject; adkim=s", "fail"),
        ("a.example.com", "p=reject; adkim=s", "pass"),
        ("other.com", "p=reject", "fail"),
        ("com", "p=reject", "fail"),
    ],
)
async def test_alignment_is_by_organisation(signer: str, text: str, result: str) -> None:
    found = await judge("a.example.com", record(text), dkim=(signer,))
    assert found.result.value == result


async def test_neighbours_below_a_public_suffix_are_not_aligned() -> None:
    zone = record("p=reject", "_dmarc.a.co.uk")
    assert (await judge("a.co.uk", zone, dkim=("b.co.uk",))).result is DmarcWord.FAIL
    zone = record("p=reject", "_dmarc.a.unheard-of")
    assert (await judge("a.unheard-of", zone, dkim=("b.unheard-of",))).result is DmarcWord.FAIL


async def test_what_the_dns_owes_is_a_temporary_error_that_may_matter() -> None:
    zone: dict[str, Any] = {"_dmarc.example.com": ["TIMEOUT"]}
    found = await judge("a.example.com", zone)
    assert (found.result, found.dns_trouble_matters) == (DmarcWord.TEMPERROR, True)
    found = await judge("a.example.com", zone, dkim=("a.example.com",))
    assert (found.result, found.dns_trouble_matters) == (DmarcWord.TEMPERROR, False)
    late = SpfResult(SpfWord.TEMPERROR, "example.com", "mailfrom", "x")
    found = await judge("example.com", record("p=reject"), spf=late)
    assert (found.result, found.dns_trouble_matters) == (DmarcWord.TEMPERROR, True)


async def test_no_author_is_no_single_domain_to_ask_about() -> None:
    who = Author(AuthorWord.SEVERAL, cause=because(ReasonCode.FROM_FIELDS, 2))
    found = await check_rfc7489(who, NO_SPF, (), ZoneResolver({}), Rfc7489(LIST, 0))
    assert (found.result, found.author) == (DmarcWord.PERMERROR, AuthorWord.SEVERAL)


async def test_the_switch_changes_who_is_asked() -> None:
    message = parse_message(RawMessage.in_memory(b"From: a@x.b.example.com\r\n\r\nx\r\n"))
    zone = ZoneResolver.from_mapping(record("p=reject", "_dmarc.b.example.com"))
    words = []
    for suffixes in (None, LIST):
        settings = VerifySettings("mx.example", suffixes=suffixes)
        found = await authenticate(envelope(), message, zone, settings, FixedClock())
        words.append(found.dmarc.result.value)
    assert words == ["fail", "none"]


def test_draws_are_even_and_stay_the_same() -> None:
    draws = [draw_of(str(number)) for number in range(10_000)]
    assert draws == [draw_of(str(number)) for number in range(10_000)]
    assert min(draws) == 0 and max(draws) == 99
    assert 2700 < sum(draw < 30 for draw in draws) < 3300


def test_a_list_is_one_value() -> None:
    assert SuffixList("com\n").digest == SuffixList("com\n").digest != SuffixList("net\n").digest
