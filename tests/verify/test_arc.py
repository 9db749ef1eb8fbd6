"""ARC against the public validation suite, and chains of our own that it does not have."""

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import ArcResult, ArcWord
from tests.fakes import FixedClock
from tests.verify.signing import (
    canonical_field,
    private_key,
    private_pem,
    public_base64,
    sign,
    sign_digest,
)
from verify.arc.check import check_arc
from verify.zones import ZoneResolver

SUITE = Path(os.environ.get("POSTERN_VECTORS", "../shared/vectors")) / "arc"
SUITE_FILE = SUITE / "arc-draft-validation-tests.yml"
MISSING = (
    f"the ARC validation suite is not at {SUITE_FILE} (set POSTERN_VECTORS); "
    "it is arc-draft-validation-tests.yml of ValiMail/arc_test_suite"
)

MESSAGE = b"From: Alice <alice@example.com>\r\nSubject: Lunch\r\n\r\nat noon?\r\n"


@dataclass(frozen=True)
class Settings:
    trusted_sealers: Collection[str] = ()


async def check(
    octets: bytes,
    resolver: Any = None,
    trusted: Collection[str] = (),
    now: Callable[[], datetime] | None = None,
) -> ArcResult:
    message = parse_message(RawMessage.in_memory(octets))
    return await check_arc(message, resolver or zone(), Settings(trusted), now or FixedClock())


def zone(**more: Any) -> ZoneResolver:
    return ZoneResolver.from_mapping(
        {
            "sel._domainkey.relay.example": [{"TXT": f"p={public_base64('rsa')}"}],
            "ed._domainkey.relay.example": [{"TXT": f"k=ed25519; p={public_base64('ed25519')}"}],
            **more,
        }
    )


def suite() -> Iterator[tuple[str, Mapping[str, Any], str, str]]:
    """(name, zone, message, expected) of every case."""
    for scenario in yaml.safe_load_all(SUITE_FILE.read_text("utf-8")):
        records = {name: [{"TXT": text}] for name, text in scenario["txt-records"].items()}
        for name, case in scenario["tests"].items():
            yield name, records, case["message"], str(case["cv"] or "")


async def test_the_public_validation_suite_passes_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not SUITE_FILE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    wrong, count = [], 0
    for name, records, text, expected in suite():
        octets = text.replace("\n", "\r\n").encode()
        result = await check(octets, ZoneResolver.from_mapping(records))
        # An empty expectation: the chain had failed before, and both words are right.
        right = {expected.lower()} if expected else {"fail", "none"}
        count += 1
        if result.result.value not in right:
            wrong.append(f"{name}: {result}")
    with capsys.disabled():
        print(f"\nARC validation suite: {count - len(wrong)} of {count}")
    assert not wrong
    assert count == 171


def add_set(
    message: bytes,
    instance: int,
    *,
    results: str = "relay.example; dkim=pass header.d=example.com",
    cv: str | None = None,
    domain: str = "relay.example",
    selector: str = "sel",
    algorithm: str = "rsa-sha256",
    h: str = "from:subject",
    **more: str | None,
) -> bytes:
    """The message with one more set on top, made as a sealer makes it (RFC 8617 §5.1)."""
    key = private_key("ed25519" if algorithm.startswith("ed") else "rsa")
    who: dict[str, str | None] = {"a": algorithm, "d": domain, "s": selector}
    own = f"ARC-Authentication-Results: i={instance}; {results}\r\n".encode()
    tags = {"i": str(instance), "c": "relaxed/relaxed", **who, "h": h, "bh": "auto"}
    signature = sign(message, {**tags, **more, "b": "auto"}, key, name="ARC-Message-Signature:")
    cv = cv or ("none" if instance == 1 else "pass")
    seal = seal_field(message, own + signature, {"i": str(instance), "cv": cv, **who}, key)
    return seal + signature + own + message


def seal_field(message: bytes, new: bytes, tags: Mapping[str, str | None], key: Any) -> bytes:
    """An ARC-Seal over the sets in `message`, lowest first, and the new one."""
    head = parse_message(RawMessage.in_memory(new + message)).headers
    order = ("arc-authentication-results", "arc-message-signature", "arc-seal")
    own = [h.raw for name in order for h in head[:2] if h.key == name]
    older = [h for h in head[2:] if h.key in order]
    sets = [older[i : i + 3] for i in range(0, len(older), 3)][::-1]
    fields = [h.raw for one in sets for name in order for h in one if h.key == name]
    text = "; ".join(f"{tag}={value}" for tag, value in tags.items())
    unsigned = f"ARC-Seal: {text}; b=".encode()
    hashed = b"".join(canonical_field(raw, "relaxed") for raw in [*fields, *own])
    hashed += canonical_field(unsigned + b"\r\n", "relaxed").removesuffix(b"\r\n")
    value = sign_digest(key, hashlib.sha256(hashed).digest())
    return unsigned + base64.b64encode(value) + b"\r\n"


def chain(length: int, **more: Any) -> bytes:
    octets = MESSAGE
    for instance in range(1, length + 1):
        octets = add_set(octets, instance, **more)
    return octets


async def test_a_message_without_a_chain_is_none() -> None:
    assert (await check(MESSAGE)).result is ArcWord.NONE


async def test_a_chain_of_three_passes_and_names_its_sealers() -> None:
    keys = {
        f"sel._domainkey.{name}": [{"TXT": f"p={public_base64('rsa')}"}]
        for name in ("a.example", "b.example")
    }
    octets = add_set(MESSAGE, 1, domain="a.example")
    octets = add_set(octets, 2, domain="relay.example")
    octets = add_set(octets, 3, domain="b.example")
    result = await check(octets, zone(**keys), trusted=["b.example"])
    assert result.result is ArcWord.PASS, result
    assert result.sealers == ("a.example", "relay.example", "b.example")
    assert result.trusted
    assert result.claims == (("dkim", "pass", "example.com"),)


async def test_chains_that_dkimpy_seals_pass() -> None:
    octets = MESSAGE
    for arc in (b"", b"; arc=pass"):
        octets = b"Authentication-Results: relay.example; spf=pass" + arc + b"\r\n" + octets
        who = b"sel", b"relay.example", private_pem("rsa"), b"relay.example"
        fields = dkim.arc_sign(octets, *who, include_headers=[b"from", b"subject"])
        octets = b"".join(fields) + octets.partition(b"\r\n")[2]
    result = await check(octets, now=FixedClock(datetime.now(UTC)))
    assert result.result is ArcWord.PASS, result
    assert result.sealers == ("relay.example", "relay.example")


async def test_only_the_last_sealer_can_be_trusted() -> None:
    keys = {"sel._domainkey.a.example": [{"TXT": f"p={public_base64('rsa')}"}]}
    octets = add_set(add_set(MESSAGE, 1, domain="a.example"), 2)
    result = await check(octets, zone(**keys), trusted=["a.example"])
    assert result.result is ArcWord.PASS
    assert not result.trusted


async def test_a_name_below_a_trusted_sealer_is_another_sealer() -> None:
    keys = {"sel._domainkey.evil.relay.example": [{"TXT": f"p={public_base64('rsa')}"}]}
    octets = add_set(MESSAGE, 1, domain="evil.relay.example")
    result = await check(octets, zone(**keys), trusted=["relay.example"])
    assert result.result is ArcWord.PASS
    assert not result.trusted


async def test_ed25519_seals_count() -> None:
    octets = add_set(chain(1), 2, algorithm="ed25519-sha256", selector="ed")
    assert (await check(octets)).result is ArcWord.PASS


async def test_a_chain_of_fifty_passes_and_one_of_fifty_one_does_not() -> None:
    octets = chain(50)
    assert (await check(octets)).result is ArcWord.PASS
    result = await check(add_set(octets, 51))
    assert result.result is ArcWord.FAIL
    assert "50" in result.reason


async def test_a_changed_body_names_the_body_and_gives_no_claims() -> None:
    result = await check(chain(2, h="from") + b"footer\r\n", trusted=["relay.example"])
    assert result.result is ArcWord.FAIL
    assert result.reason.startswith("ARC-Message-Signature i=2 of relay.example: the body was")
    assert result.sealers == ("relay.example", "relay.example")
    assert not result.trusted
    assert not result.claims


async def test_a_relay_may_change_the_message_if_it_signs_anew() -> None:
    octets = add_set(chain(1).replace(b"Lunch", b"[list] Lunch") + b"footer\r\n", 2)
    assert (await check(octets)).result is ArcWord.PASS


@pytest.mark.parametrize("instance", [1, 2, 3])
async def test_results_changed_after_sealing_break_the_chain(instance: int) -> None:
    text = b"i=%d; relay.example; dkim=" % instance
    octets = chain(3).replace(text + b"pass", text + b"fail")
    result = await check(octets)
    assert result.result is ArcWord.FAIL
    assert result.reason.startswith(f"ARC-Seal i={instance} of relay.example: the seal does not")


async def test_a_set_taken_out_of_the_middle_breaks_the_chain() -> None:
    octets = b"".join(
        header.raw
        for header in parse_message(RawMessage.in_memory(chain(3))).headers
        if b"i=2;" not in header.raw
    )
    result = await check(octets + b"\r\nat noon?\r\n")
    assert result.result is ArcWord.FAIL
    assert "no arc-authentication-results with i=2" in result.reason


async def test_a_chain_that_was_found_broken_stays_broken() -> None:
    octets = add_set(add_set(chain(1), 2, cv="fail"), 3)
    result = await check(octets)
    assert result.result is ArcWord.FAIL
    assert "found the chain broken at i=2" in result.reason


async def test_a_signature_whose_value_begins_on_a_folded_line_is_read() -> None:
    octets = MESSAGE
    folded = {"i": "1", "a": "rsa-sha256", "d": "relay.example", "s": "sel", "h": "from"}
    tags: dict[str, str | None] = {**folded, "bh": "auto", "b": "auto"}
    key = private_key("rsa")
    signature = sign(
        octets,
        tags,
        key,
        name="ARC-Message-Signature:\r\n",
        between=";\r\n\t",
        default_form="relaxed/relaxed",
    )
    own = b"ARC-Authentication-Results:\r\n i=1;\r\n\trelay.example; none\r\n"
    seal_tags = {"i": "1", "cv": "none", "a": "rsa-sha256", "d": "relay.example", "s": "sel"}
    seal = seal_field(octets, own + signature, seal_tags, key)
    result = await check(seal + signature + own + octets)
    assert result.result is ArcWord.PASS, result


async def test_a_partial_body_is_not_enough_for_a_chain() -> None:
    result = await check(add_set(MESSAGE, 1, l="3"))
    assert result.result is ArcWord.FAIL
    assert "l=" in result.reason


async def test_an_expired_message_signature_breaks_the_chain() -> None:
    result = await check(add_set(MESSAGE, 1, x="1000000000"))
    assert result.result is ArcWord.FAIL
    assert "expired" in result.reason


@pytest.mark.parametrize("trouble", ["SERVFAIL", "TIMEOUT"])
async def test_dns_trouble_is_a_fail_that_says_it_is_temporary(trouble: str) -> None:
    resolver = zone(**{"sel._domainkey.relay.example": [trouble]})
    result = await check(chain(2), resolver)
    assert result.result is ArcWord.FAIL
    assert result.temporary
    assert result.reason.startswith("temporary: ARC-Message-Signature i=2")


async def test_a_missing_key_is_not_temporary() -> None:
    result = await check(add_set(MESSAGE, 1, selector="gone"))
    assert result.result is ArcWord.FAIL
    assert not result.temporary
    assert "no key" in result.reason


PIECES = [
    *(b"i=1", b"i=2", b"; ", b"a=rsa-sha256", b"d=relay.example", b"s=sel", b"h=from", b"b=AAAA"),
    *(b"bh=" + b"A" * 43 + b"=", b"cv=none", b"cv=pass", b"\r\n ", b"\xff", b"(", b'"', b"="),
]
NAMES = [b"ARC-Seal: ", b"ARC-Message-Signature: ", b"ARC-Authentication-Results: "]
field = st.tuples(
    st.sampled_from(NAMES), st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join)
).map(lambda pair: pair[0] + pair[1] + b"\r\n")


@settings(max_examples=400, deadline=None)
@given(st.lists(field, min_size=1, max_size=6).map(b"".join))
def test_any_fields_give_a_result_and_never_a_pass(fields: bytes) -> None:
    result = asyncio.run(check(fields + MESSAGE))
    assert result.result is ArcWord.FAIL
    assert result.reason.isprintable() and result.reason.isascii()
