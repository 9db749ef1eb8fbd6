"""Whatever the bytes and the zones are: results with reasons, bounded work, no pass for nothing."""

import asyncio
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import ArcWord, AuthReport, DkimWord, DmarcWord, SpfWord
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from tests.verify.signing import private_key, public_base64, rsa_base64, sign
from verify.answer import Answer, Record, Status
from verify.authenticate import VerifySettings, authenticate
from verify.dmarc.suffixes import load_suffixes

TAGS = {
    "v": "1",
    "a": "rsa-sha256",
    "c": "relaxed/relaxed",
    "d": "example.com",
    "s": "s",
    "h": "from",
    "bh": "auto",
    "b": "auto",
}
PLAIN = b"From: li@example.com\r\nSubject: x\r\n\r\nHello.\r\n"
KEY = f"v=DKIM1; p={public_base64('rsa')}".encode()
FAKE = "a=rsa-sha256; d=example.com; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


class Noticing(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Hostile:
    """A DNS in which every name has what an attacker wants; keys are real where `key` is."""

    def __init__(self, text: bytes, key: bytes = KEY, status: Status = Status.OK) -> None:
        self._text, self._key, self._status = text, key, status
        self.asked: list[tuple[str, str]] = []

    async def query(self, name: str, rdtype: str) -> Answer:
        self.asked.append((name, rdtype))
        text = self._key if "_domainkey" in name else self._text
        records: dict[str, tuple[Record, ...]] = {
            "TXT": ((text[:255], text[255:]),),
            "MX": ((1, name), (0, f"mx.{name}")),
            "A": ("198.51.100.7",),
            "AAAA": ("2001:db8::9",),
            "PTR": (f"a.{name}"[:250],),
        }
        if self._status is not Status.OK and "_domainkey" not in name:
            return Answer(name, rdtype, self._status)
        return Answer(name, rdtype, Status.OK, records.get(rdtype, ()), 1, "hostile")


async def judged(octets: bytes, dns: Hostile, *, old: bool = False) -> AuthReport:
    wanted = VerifySettings(
        "mx.reply.example",
        trusted_sealers=("example.com",),
        suffixes=load_suffixes() if old else None,
    )
    message = parse_message(RawMessage.in_memory(octets))
    return await authenticate(envelope("li@example.com"), message, dns, wanted, FixedClock())


def reasons(report: AuthReport) -> list[str]:
    three = [report.spf.reason, report.arc.reason, report.dmarc.reason]
    return three + [one.reason for one in report.dkim]


PIECES = st.sampled_from(
    [
        *(b"From: ", b"li@example.com", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b"\x00"),
        *(b"DKIM-Signature: ", b"ARC-Seal: i=1; ", b"ARC-Message-Signature: i=1; "),
        *(b"ARC-Authentication-Results: i=1; x; ", b"v=1; ", FAKE.encode(), b"; b=YQ==", b"; b="),
        *(
            b"; l=",
            b"; x=",
            b"; t=",
            b"; i=",
            b"9" * 80,
            b"-1",
            b"=?utf-8?q?",
            b"\xff",
            b"\xc3\xa9",
        ),
        *(b'"', b"(", b")", b"<", b">", b",", b"cv=none", b"cv=pass", b"Received: "),
    ]
)
RECORDS = st.sampled_from(
    [
        *(b"v=spf1 ", b"v=DMARC1; ", b"v=DKIM1; ", b"include:%{i}.x ", b"a ", b"mx ", b"ptr "),
        *(b"exists:%{l1r-}.%{d} ", b"redirect=example.com ", b"exp=%{h} ", b"-all ", b"?all "),
        *(
            b"p=reject; ",
            b"sp=",
            b"pct=",
            b"psd=y; ",
            b"np=none; ",
            b"t=y; ",
            b"%{",
            b"\xff",
            b"\x00",
        ),
    ]
)


@given(
    st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=40).map(b"".join),
    st.lists(st.one_of(RECORDS, st.binary(max_size=8)), max_size=12).map(b"".join),
    st.sampled_from([KEY, None]),
    st.sampled_from([Status.OK, Status.TIMEOUT, Status.SERVFAIL, Status.NXDOMAIN]),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_nothing_passes_for_nothing_and_nothing_breaks(
    octets: bytes, text: bytes, key: bytes | None, status: Status, old: bool
) -> None:
    handler = Noticing()
    logger = logging.getLogger("postern.verify")
    logger.addHandler(handler)
    try:
        report = asyncio.run(judged(octets, Hostile(text, key or text, status), old=old))
    finally:
        logger.removeHandler(handler)
    assert not [one for one in handler.records if one.exc_info]
    assert all(one.result is not DkimWord.PASS for one in report.dkim)
    assert report.arc.result is not ArcWord.PASS
    if report.dmarc.result is DmarcWord.PASS:
        assert report.dmarc.aligned == ("spf",)
        assert report.spf.result is SpfWord.PASS
    if report.spf.result is SpfWord.PASS:
        assert text.lower().startswith(b"v=spf1 ") and status is Status.OK
    for reason in reasons(report):
        assert reason and reason.isascii() and reason.isprintable()


async def test_a_thousand_signatures_cost_ten() -> None:
    dns = Hostile(b"")
    fields = b"".join(
        sign(PLAIN, {**TAGS, "s": f"s{number}"}, private_key("rsa")) for number in range(12)
    )
    report = await judged(fields * 84 + PLAIN, dns)
    assert [one.result for one in report.dkim] == [DkimWord.PASS] * 10 + [DkimWord.NEUTRAL]
    assert "998 more" in report.dkim[-1].reason
    assert len([name for name, _ in dns.asked if "_domainkey" in name]) == 10


async def test_a_header_of_ten_megabytes_is_not_looked_at() -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 990) for n in range(10_500))
    dns = Hostile(b"v=spf1 -all")
    report = await judged(sign(PLAIN, TAGS, private_key("rsa")) + fields + PLAIN, dns)
    assert report.dkim[0].result is DkimWord.NEUTRAL
    assert report.dmarc.result is not DmarcWord.PASS
    assert not [name for name, _ in dns.asked if "_domainkey" in name]


@pytest.mark.parametrize("length", ["9" * 76, "9" * 77, "18446744073709551617", "100"])
async def test_a_length_beyond_the_body_is_no_pass(length: str) -> None:
    octets = sign(PLAIN, {**TAGS, "l": length}, private_key("rsa")) + PLAIN
    report = await judged(octets, Hostile(b""))
    assert report.dkim[0].result is DkimWord.PERMERROR
    assert report.dmarc.result is not DmarcWord.PASS


def chain(length: int) -> bytes:
    sets = [
        f"ARC-Seal: i={n}; a=rsa-sha256; cv={'none' if n == 1 else 'pass'}; d=example.com; "
        f"s=s; b=YQ==\r\nARC-Message-Signature: i={n}; {FAKE}; b=YQ==\r\n"
        f"ARC-Authentication-Results: i={n}; example.com; dmarc=pass header.from=example.com\r\n"
        for n in range(length, 0, -1)
    ]
    return "".join(sets).encode() + PLAIN


@pytest.mark.parametrize(("length", "keys"), [(50, 1), (51, 0), (60, 0), (1000, 0)])
async def test_a_chain_of_too_many_sets_fails_unasked(length: int, keys: int) -> None:
    dns = Hostile(b"")
    report = await judged(chain(length), dns)
    assert report.arc.result is ArcWord.FAIL
    assert len([name for name, _ in dns.asked if "_domainkey" in name]) == keys


@pytest.mark.parametrize("exponent", ["small", "as long as the modulus"])
async def test_a_key_of_16384_bits_is_not_calculated_with(exponent: str) -> None:
    modulus = (1 << 16383) | (0xC0FFEE << 8000) | 1
    record = rsa_base64(modulus, 65537 if exponent == "small" else modulus - 2)
    dns = Hostile(b"", f"v=DKIM1; p={record}".encode())
    report = await judged(sign(PLAIN, TAGS, private_key("rsa")) + PLAIN, dns)
    assert report.dkim[0].result in (DkimWord.POLICY, DkimWord.PERMERROR)
    assert "pass" not in report.dkim[0].reason


async def test_an_endless_record_and_endless_includes_stay_within_the_budget() -> None:
    dns = Hostile(b"v=spf1 " + b"include:%{i}.x.example.com a mx ptr " * 1000 + b"-all")
    report = await judged(PLAIN, dns)
    assert report.spf.result is SpfWord.PERMERROR
    assert len(dns.asked) < 150
