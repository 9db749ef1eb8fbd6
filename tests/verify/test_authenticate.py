"""All checks of one message together: side by side, over one view of the DNS, and never raising."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.load import load_rules
from mail.envelope import Door, Envelope
from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.report import (
    ArcWord,
    AuthorWord,
    AuthReport,
    DkimWord,
    DmarcWord,
    IprevWord,
    SpfWord,
)
from mail.verdict import Action, Override, Verdict
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from tests.verify.signing import private_pem, public_base64
from verify.answer import Answer, Resolver
from verify.authenticate import VerifySettings, authenticate
from verify.zones import ZoneResolver

NOW = FixedClock(datetime.now(UTC))  # dkimpy dates its signatures by the real time
SETTINGS = VerifySettings("mx.reply.example")
RULES = load_rules()
KEY = {"TXT": f"v=DKIM1; p={public_base64('rsa')}"}
PLAIN = b"From: Li <li@bank.example>\r\nSubject: hello\r\nDate: x\r\n\r\nat noon?\r\n"
TIMEOUT = {"TXT": "TIMEOUT"}


def zone(**changes: Any) -> ZoneResolver:
    """A bank that signs, names its servers and asks for refusal; `_` in a keyword is a dot."""
    zones: dict[str, Any] = {
        "bank.example": [{"TXT": "v=spf1 ip4:192.0.2.1 -all"}],
        "_dmarc.bank.example": [{"TXT": "v=DMARC1; p=reject"}],
        "s._domainkey.bank.example": [KEY],
        "s._domainkey.fwd.example": [KEY],
        "1.2.0.192.in-addr.arpa": [{"PTR": "mx.bank.example"}],
        "mx.bank.example": [{"A": "192.0.2.1"}],
    }
    return ZoneResolver.from_mapping({**zones, **changes})


def parsed(octets: bytes) -> Message:
    return parse_message(RawMessage.in_memory(octets))


def signed(octets: bytes = PLAIN, domain: bytes = b"bank.example") -> bytes:
    signature: bytes = dkim.sign(octets, b"s", domain, private_pem("rsa"))
    return signature + octets


def sealed(octets: bytes = PLAIN, claim: bytes = b"dmarc=pass header.from=bank.example") -> bytes:
    octets = b"Authentication-Results: fwd.example; " + claim + b"\r\n" + octets
    fields = dkim.arc_sign(octets, b"s", b"fwd.example", private_pem("rsa"), b"fwd.example")
    return b"".join(fields) + octets


async def report(
    octets: bytes,
    resolver: Resolver | None = None,
    transaction: Envelope | None = None,
    wanted: VerifySettings = SETTINGS,
) -> AuthReport:
    sender = transaction or envelope("li@bank.example")
    return await authenticate(sender, parsed(octets), resolver or zone(), wanted, NOW)


def verdict(octets: bytes, found: AuthReport) -> Verdict:
    return decide(gather_facts(envelope(), parsed(octets), found, Policy()), RULES)


async def test_everything_passes_for_honest_mail() -> None:
    found = await report(signed())
    assert found.spf.result is SpfWord.PASS
    assert [one.result for one in found.dkim] == [DkimWord.PASS]
    assert found.dmarc.result is DmarcWord.PASS
    assert found.dmarc.aligned == ("spf", "dkim")
    assert found.arc.result is ArcWord.NONE
    assert (found.iprev.result, found.iprev.name) == (IprevWord.PASS, "mx.bank.example")


async def test_an_aligned_signature_is_a_pass_while_spf_waits_for_the_dns() -> None:
    resolver = zone(**{"bank.example": [TIMEOUT]})
    found = await report(signed(), resolver)
    assert found.spf.result is SpfWord.TEMPERROR
    assert found.dmarc.result is DmarcWord.PASS
    assert verdict(signed(), found).action is Action.ACCEPT


async def test_a_missing_answer_that_could_change_the_action_defers() -> None:
    for resolver in (
        zone(**{"bank.example": [TIMEOUT]}),
        zone(**{"_dmarc.bank.example": ["SERVFAIL"], "bank.example": []}),
    ):
        found = await report(PLAIN, resolver)
        assert verdict(PLAIN, found).action is Action.DEFER
    changed = signed().replace(b"noon", b"nine")
    found = await report(
        changed, zone(**{"s._domainkey.bank.example": [TIMEOUT], "bank.example": []})
    )
    assert verdict(changed, found).action is Action.DEFER


async def test_evidence_holds_every_answer_and_decides_alike_without_a_network() -> None:
    octets = signed()
    first = await report(octets)
    asked = {(one.name, one.rdtype) for one in first.evidence}
    assert {
        ("bank.example", "TXT"),
        ("_dmarc.bank.example", "TXT"),
        ("s._domainkey.bank.example", "TXT"),
        ("1.2.0.192.in-addr.arpa", "PTR"),
    } <= asked
    assert len(asked) == len(first.evidence)
    again = await report(octets, ZoneResolver.from_evidence(first.evidence))
    assert replace(again, evidence=()) == replace(first, evidence=())


@pytest.mark.parametrize("door", [Door.IMAP, Door.IMPORT])
async def test_pulled_mail_has_no_client_to_check(door: Door) -> None:
    found = await report(signed(), transaction=envelope("li@bank.example", door=door))
    assert found.spf.result is SpfWord.NONE
    assert found.iprev.result is IprevWord.PERMERROR
    assert found.dmarc.result is DmarcWord.PASS
    assert found.dmarc.aligned == ("dkim",)


async def test_a_message_without_an_author_is_a_permanent_error_with_the_reason() -> None:
    found = await report(b"Subject: x\r\n\r\nhello\r\n")
    assert found.dmarc.result is DmarcWord.PERMERROR
    assert found.dmarc.author is AuthorWord.MISSING
    assert verdict(b"", found).reply.text.endswith("there is no From field")


TRUSTING = replace(SETTINGS, trusted_sealers=("fwd.example",))
STRANGER = replace(envelope("li@bank.example"), client=replace(envelope().client, helo="fwd"))


def unauthorised() -> dict[str, Any]:
    return {"bank.example": [{"TXT": "v=spf1 -all"}]}


async def test_a_trusted_seal_overrides_and_is_recorded() -> None:
    octets = sealed()
    found = await report(octets, zone(**unauthorised()), wanted=TRUSTING)
    assert (found.arc.result, found.arc.trusted) == (ArcWord.PASS, True), found.arc.reason
    assert found.dmarc.result is DmarcWord.FAIL
    assert verdict(octets, found).override is Override.TRUSTED_ARC


async def test_a_seal_of_a_stranger_overrides_nothing() -> None:
    octets = sealed()
    found = await report(octets, zone(**unauthorised()))
    assert found.arc.result is ArcWord.PASS
    assert verdict(octets, found).action is Action.REJECT


async def test_a_trusted_seal_that_saw_a_failure_overrides_nothing() -> None:
    octets = sealed(claim=b"dmarc=fail header.from=bank.example")
    found = await report(octets, zone(**unauthorised()), wanted=TRUSTING)
    assert verdict(octets, found).action is Action.REJECT


async def test_a_seal_on_a_changed_message_overrides_nothing() -> None:
    octets = sealed().replace(b"noon", b"nine")
    found = await report(octets, zone(**unauthorised()), wanted=TRUSTING)
    assert verdict(octets, found).action is Action.REJECT


async def test_the_key_of_a_trusted_seal_is_waited_for_and_no_other() -> None:
    octets, slow = sealed(), {"s._domainkey.fwd.example": [TIMEOUT]}
    found = await report(octets, zone(**unauthorised(), **slow), wanted=TRUSTING)
    assert verdict(octets, found).action is Action.DEFER
    found = await report(octets, zone(**unauthorised(), **slow))
    assert verdict(octets, found).action is Action.REJECT


class Broken:
    """A resolver with a bug: it raises for one name. Without it, the message would be refused."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def query(self, name: str, rdtype: str) -> Answer:
        if self.name in (name, "*"):
            raise RuntimeError("a bug of ours")
        return await zone(**unauthorised()).query(name, rdtype)


@pytest.mark.parametrize(
    ("check", "name", "action"),
    [
        ("spf", "bank.example", Action.DEFER),
        ("dkim", "s._domainkey.bank.example", Action.DEFER),
        ("dmarc", "_dmarc.bank.example", Action.DEFER),
        ("dmarc", "*", Action.DEFER),
        ("arc", "s._domainkey.fwd.example", Action.REJECT),
        ("iprev", "1.2.0.192.in-addr.arpa", Action.REJECT),
    ],
)
async def test_a_check_that_breaks_is_our_fault_and_refuses_nothing_by_itself(
    check: str, name: str, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    octets = signed(sealed()).replace(b"noon", b"nine")
    sender = envelope("li@bank.example")
    found = await report(octets, Broken(name), sender)
    assert verdict(octets, found).action is action
    assert f"check failed check={check} id={sender.id}" in caplog.text
    assert "a bug of ours" not in str(verdict(octets, found).reply)


async def test_a_broken_search_for_the_policy_defers() -> None:
    found = await report(PLAIN, Broken("_dmarc.bank.example"))
    assert found.dmarc.result is DmarcWord.TEMPERROR
    assert verdict(PLAIN, found).action is Action.DEFER


@settings(max_examples=50)
@given(st.binary(max_size=400))
async def test_any_octets_get_a_report(octets: bytes) -> None:
    found = await report(octets, ZoneResolver.from_mapping({}))
    assert found.dmarc.result in (DmarcWord.PERMERROR, DmarcWord.NONE)


LINES = st.sampled_from(
    [
        b"From: li@bank.example\r\n",
        b"From: \r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=bank.example; s=s; h=from; bh=; b=\r\n",
        b"DKIM-Signature: d=;\r\n",
        b"ARC-Seal: i=1; cv=none\r\n",
        b"ARC-Authentication-Results: i=1; x\r\n",
        b"ARC-Message-Signature: i=1;\r\n",
        b" folded\r\n",
        b"junk\n",
        b"\r\n",
        b"\x00: \r",
    ]
)


@settings(max_examples=100)
@given(st.lists(LINES, max_size=12))
async def test_any_lines_get_a_report_that_passes_nothing_unsigned(lines: list[bytes]) -> None:
    found = await report(b"".join(lines), zone(**unauthorised()))
    assert found.dmarc.result is not DmarcWord.PASS
    assert all(one.result is not DkimWord.PASS for one in found.dkim)


async def test_a_changed_record_changes_the_verdict_at_once() -> None:
    before = await report(signed())
    changed = zone(
        **{
            "bank.example": [{"TXT": "v=spf1 ip4:203.0.113.9 -all"}],
            "_dmarc.bank.example": [{"TXT": "v=DMARC1; p=quarantine"}],
            "s._domainkey.bank.example": [{"TXT": "v=DKIM1; p="}],
            "mx.bank.example": [{"A": "203.0.113.9"}],
        }
    )
    after = await report(signed(), changed)
    again = await report(signed())
    assert (before.spf.result, before.dkim[0].result) == (SpfWord.PASS, DkimWord.PASS)
    assert (after.spf.result, after.dkim[0].result) == (SpfWord.FAIL, DkimWord.PERMERROR)
    assert (after.dmarc.result, after.dmarc.policy.value) == (DmarcWord.FAIL, "quarantine")
    assert after.iprev.result is IprevWord.FAIL
    assert (again.spf, again.dmarc, again.iprev) == (before.spf, before.dmarc, before.iprev)
