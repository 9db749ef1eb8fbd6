"""DKIM as a whole: published samples, other people's signers, hostile messages, and the DNS."""

import asyncio
import base64
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import DkimResult, DkimWord
from tests.fakes import FixedClock
from tests.verify.signing import private_key, private_pem, public_base64, sign
from verify.dkim.check import SIGNATURE_LIMIT, check_dkim
from verify.resolver import Answer
from verify.zones import ZoneResolver

MESSAGE = (
    b"From: Alice <alice@example.com>\r\n"
    b"To: bob@reply.example\r\n"
    b"Subject: Lunch  today\r\n"
    b"\r\n"
    b"Hello Bob,\r\n\r\n  lunch\tat noon?  \r\n"
)
TAGS: dict[str, str | None] = {
    "v": "1",
    "a": "rsa-sha256",
    "c": "relaxed/relaxed",
    "d": "example.com",
    "s": "sel",
    "h": "from:to:subject",
    "bh": "auto",
    "b": "auto",
}


def zone(**more: Any) -> ZoneResolver:
    record = f"v=DKIM1; p={public_base64('rsa')}"
    return ZoneResolver.from_mapping({"sel._domainkey.example.com": [{"TXT": record}], **more})


async def check(octets: bytes, resolver: Any = None) -> tuple[DkimResult, ...]:
    message = parse_message(RawMessage.in_memory(octets))
    return await check_dkim(message, resolver or zone(), FixedClock())


def signed(message: bytes = MESSAGE, **changes: str | None) -> bytes:
    return sign(message, {**TAGS, **changes}, private_key("rsa")) + message


RFC_8463_SAMPLE = """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""

RFC_8463_ZONE = {
    "brisbane._domainkey.football.example.com": [
        {"TXT": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}
    ],
    "test._domainkey.football.example.com": [
        {
            "TXT": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3"
            "idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj"
            "+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
        }
    ],
}


async def test_both_signatures_of_the_sample_in_rfc_8463_appendix_a_pass() -> None:
    octets = RFC_8463_SAMPLE.replace("\n", "\r\n").encode()
    results = await check(octets, ZoneResolver.from_mapping(RFC_8463_ZONE))
    assert [one.result for one in results] == [DkimWord.PASS, DkimWord.PASS]
    assert [one.algorithm for one in results] == ["ed25519-sha256", "rsa-sha256"]
    assert results[0].body_hash == "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    assert results[0].signature == "/gCrinpc"


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("length", [False, True])
async def test_what_dkimpy_signs_passes(header: bytes, body: bytes, length: bool) -> None:
    pem = private_pem("rsa")
    forms = (header, body)
    field = dkim.sign(MESSAGE, b"sel", b"example.com", pem, canonicalize=forms, length=length)
    message = parse_message(RawMessage.in_memory(field + MESSAGE))
    # dkimpy dates its signatures by the real time.
    (result,) = await check_dkim(message, zone(), FixedClock(_date_of(field)))
    assert result.result is DkimWord.PASS, result


def _date_of(field: bytes) -> datetime:
    found = re.search(rb"\bt=([0-9]+)", field)
    assert found is not None
    return datetime.fromtimestamp(int(found[1]), UTC)


word = st.sampled_from([b"a", b"Bc", b" ", b"  ", b"\t", b"\r\n ", b":", b";", b"=", b"\xe9"])
line = st.lists(st.sampled_from([b"x", b" ", b"\t", b"\r\n", b"."]), max_size=30)


@settings(max_examples=150, deadline=None)
@given(st.lists(word, max_size=12).map(b"".join), line.map(b"".join), st.booleans())
def test_we_and_dkimpy_agree_on_well_formed_messages(
    subject: bytes, body: bytes, simple: bool
) -> None:
    if b"\r\n" in subject and not subject.strip():
        subject = b"s" + subject  # a line of white space alone is for another test
    message = b"From: a@example.com\r\nSubject: s" + subject + b"\r\n\r\n" + body
    form = "simple/simple" if simple else "relaxed/relaxed"
    octets = signed(message, h="from:subject", c=form)
    record = f"v=DKIM1; p={public_base64('rsa')}".encode()
    theirs = dkim.verify(octets, dnsfunc=lambda *_, **__: record)
    (ours,) = asyncio.run(check(octets))
    assert (ours.result is DkimWord.PASS) == theirs
    assert ours.result is DkimWord.PASS


async def test_only_so_many_signatures_are_looked_at() -> None:
    field = sign(MESSAGE, TAGS, private_key("rsa"))
    results = await check(field * 1000 + MESSAGE)
    assert [one.result for one in results[:-1]] == [DkimWord.PASS] * SIGNATURE_LIMIT
    assert results[-1].result is DkimWord.NEUTRAL
    assert results[-1].reason == f"{1000 - SIGNATURE_LIMIT} more signatures were not looked at"


async def test_the_key_of_one_selector_is_asked_for_once_and_all_keys_side_by_side() -> None:
    asked: list[str] = []
    all_asked = asyncio.Event()

    class Slow:
        async def query(self, name: str, rdtype: str) -> Answer:
            asked.append(name)
            if len(asked) == 3:
                all_asked.set()
            await all_asked.wait()
            return await zone().query(name, rdtype)

    octets = MESSAGE
    for selector in ("sel", "one", "two", "sel"):
        octets = sign(MESSAGE, {**TAGS, "s": selector}, private_key("rsa")) + octets
    results = await asyncio.wait_for(check(octets, Slow()), 60)
    assert sorted(asked) == [f"{one}._domainkey.example.com" for one in ("one", "sel", "two")]
    assert [one.result.value for one in results] == ["pass", "permerror", "permerror", "pass"]


async def test_malformed_signatures_ask_the_dns_nothing() -> None:
    class Forbidden:
        async def query(self, name: str, rdtype: str) -> Answer:
            raise AssertionError(name)

    octets = signed(d="bad domain")
    (result,) = await check(octets, Forbidden())
    assert result.result is DkimWord.PERMERROR
    assert result.domain == ""


async def test_a_header_beyond_our_limit_is_neutral() -> None:
    octets = signed()
    (result,) = await check(octets.replace(b"To:", b"X: " + b"x" * 5_000_000 + b"\r\nTo:", 1))
    assert result.result is DkimWord.NEUTRAL


async def test_a_large_header_within_our_limit_is_verified() -> None:
    octets = signed()
    noise = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 60) for n in range(20_000))
    (result,) = await check(noise + octets)
    assert result.result is DkimWord.PASS


async def test_a_long_list_of_names_over_many_fields_passes() -> None:
    fields = b"".join(b"A: %d\r\n" % n for n in range(5000))
    message = fields + MESSAGE
    octets = signed(message, h="from:" + ":".join(["a"] * 5000))
    (result,) = await check(octets)
    assert result.result is DkimWord.PASS


async def test_a_message_in_a_spool_file_passes(tmp_path: Path) -> None:
    message = MESSAGE + b"line  of text \t\r\n" * 60_000
    octets = signed(message)
    path = tmp_path / "spool"
    path.write_bytes(octets)
    raw = RawMessage.in_file(path, len(octets), hashlib.sha256(octets).hexdigest())
    (result,) = await check_dkim(parse_message(raw), zone(), FixedClock())
    assert result.result is DkimWord.PASS


async def test_the_loop_goes_on_while_a_large_body_is_hashed() -> None:
    octets = signed(MESSAGE + b"text \r\n" * 1_000_000)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.create_task(count())
    (result,) = await check(octets)
    counter.cancel()
    assert result.result is DkimWord.PASS
    assert turns > 3


async def test_the_computed_body_hash_is_reported_where_it_differs() -> None:
    (result,) = await check(signed() + b"more\r\n")
    body = b"Hello Bob,\r\n\r\n lunch at noon?\r\nmore\r\n"
    assert result.body_hash == base64.b64encode(hashlib.sha256(body).digest()).decode()


TAG_PIECES = [
    *(b"v=1", b"; ", b"a=rsa-sha256", b"d=example.com", b"s=sel", b"h=from", b"b=AAAA", b"i=@"),
    *(b"bh=" + b"A" * 43 + b"=", b"l=", b"9", b"=", b"\r\n ", b"\xff", b"\0", b"c=", b"x=", b"p="),
]
junk = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(TAG_PIECES), max_size=30).map(b"".join),
)


@settings(max_examples=400, deadline=None)
@given(junk, junk)
def test_any_octets_give_a_result_and_never_a_pass(field: bytes, record: bytes) -> None:
    resolver = ZoneResolver.from_mapping({"sel._domainkey.example.com": [{"TXT": record}]})
    results = asyncio.run(check(b"DKIM-Signature: " + field + b"\r\n" + MESSAGE, resolver))
    assert results
    for one in results:
        assert one.result is not DkimWord.PASS
        assert one.reason.isprintable() and one.reason.isascii()
        assert one.domain.isascii() and one.domain.isprintable()
