"""What one message or one DNS answer may cost: limits that lead to a result, and work that is done
beside the event loop."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from mail.message import MAX_FIELDS, SHORT_HEADER, Defect, has_short_header, parse_message
from mail.raw import RawMessage
from mail.report import AuthReport, DkimWord, SpfWord
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from tests.verify.signing import private_key, public_base64, sign
from tests.verify.test_hostile import PLAIN, TAGS
from verify.answer import TEXT_LIMIT, Answer, Status, shortened
from verify.authenticate import VerifySettings, authenticate
from verify.dkim.tags import TAG_LIMIT, parse_tags
from verify.dkim.work import READ_INLINE_LIMIT, run_sized
from verify.dmarc.author import find_author
from verify.dmarc.parse import parse_record
from verify.recording import RecordingResolver
from verify.results import ID_WITHIN, forged_results
from verify.zones import ZoneResolver

SETTINGS = VerifySettings("mx.reply.example")
SIGNED = sign(PLAIN, TAGS, private_key("rsa")) + PLAIN
ZONE: dict[str, Any] = {
    "example.com": {"TXT": "v=spf1 ip4:192.0.2.1 -all"},
    "_dmarc.example.com": {"TXT": "v=DMARC1; p=reject"},
    "s._domainkey.example.com": {"TXT": f"v=DKIM1; p={public_base64('rsa')}"},
}


async def report_of(octets: bytes, zone: dict[str, Any]) -> AuthReport:
    message = parse_message(RawMessage.in_memory(octets))
    dns = ZoneResolver.from_mapping(zone)
    return await authenticate(envelope("li@example.com"), message, dns, SETTINGS, FixedClock())


def strings(text: str) -> list[str]:
    return [text[at : at + 255] for at in range(0, len(text), 255)]


# -- beside the event loop


async def test_what_is_much_to_read_is_read_in_another_thread() -> None:
    here = threading.get_ident()
    assert await run_sized(READ_INLINE_LIMIT, threading.get_ident) == here
    assert await run_sized(READ_INLINE_LIMIT + 1, threading.get_ident) != here


@pytest.mark.parametrize(
    ("size", "inline"), [(100, True), (SHORT_HEADER - 100, True), (SHORT_HEADER + 100, False)]
)
def test_a_header_is_short_by_its_own_length_not_by_that_of_the_body(
    size: int, inline: bool
) -> None:
    header = b"X: " + b"y" * (size - 5) + b"\r\n"
    raw = RawMessage.in_memory(header + b"\r\n" + b"z" * 500_000)
    assert has_short_header(raw) is inline


def test_a_message_on_disk_is_never_short(tmp_path: Any) -> None:
    path = tmp_path / "message"
    path.write_bytes(PLAIN)
    assert not has_short_header(RawMessage.in_file(path, len(PLAIN), ""))


class Watched(bytes):
    """Octets that remember in which threads they were worked on."""

    threads: ClassVar[set[int]] = set()

    def replace(self, *arguments: Any) -> bytes:
        self.threads.add(threading.get_ident())
        return super().replace(*arguments)


@pytest.mark.parametrize(("octets", "beside"), [(1000, False), (4_000_000, True)])
async def test_the_author_of_a_large_header_is_searched_beside_the_loop(
    octets: int, beside: bool
) -> None:
    message = parse_message(RawMessage.in_memory(b"X: " + b"\x0b" * octets + b"\r\n" + PLAIN))
    Watched.threads.clear()
    message = replace(message, header_block=Watched(message.header_block))
    dns = ZoneResolver.from_mapping(ZONE)
    report = await authenticate(envelope("li@example.com"), message, dns, SETTINGS, FixedClock())
    assert report.dmarc.domain == "example.com"
    assert len(Watched.threads) == 1
    assert (threading.get_ident() not in Watched.threads) is beside


# -- headers


def test_a_field_of_a_hundred_thousand_lines_is_one_field() -> None:
    field = b"X: y\r\n" + b" folded\r\n" * 250_000
    message = parse_message(RawMessage.in_memory(field + PLAIN))
    assert [header.key for header in message.headers] == ["x", "from", "subject"]
    assert message.headers[0].raw == field


@pytest.mark.parametrize("line", [b"x\r\n", b"X:\r\n"])
def test_lines_that_are_no_fields_count_as_such(line: bytes) -> None:
    octets = b"A: b\r\n" + line * MAX_FIELDS + PLAIN
    message = parse_message(RawMessage.in_memory(octets))
    assert Defect.OVERSIZED in message.defects
    assert message.first("from") is None


@pytest.mark.parametrize(
    "block",
    [
        b"X: y\x0b\xe2\x80\x8bFrom: a@b.example\r\n",
        b"X: y\r\n\xef\xbb\xbfFrom: a@b.example\r\n",
        b"X: " + b"\xe2\x80\x8b" * 70_000 + b"\rF\x00rom\r\n \xc2\xa0:a@b.example\r\n",
        b" From: a@b.example\r\nX: y\r\n",
    ],
)
def test_a_hidden_from_field_is_found_in_long_fields_too(block: bytes) -> None:
    author = find_author(parse_message(RawMessage.in_memory(block + PLAIN)))
    assert author.domain is None
    assert "some would read" in author.reason


@pytest.mark.parametrize(
    "block",
    [
        b"X: h=to:\r\n\tfrom:subject\r\n",
        b"X: h=to:\r\n from:subject\r\n",
        b"X: \xe2\x80\x8b\xc2\xa0 from: y\r\n",
        b"X: \xc3\xa9\xe2\x82\xac\xff\r\n",
    ],
)
def test_a_list_of_fields_that_is_folded_hides_no_author(block: bytes) -> None:
    author = find_author(parse_message(RawMessage.in_memory(block + PLAIN)))
    assert author.domain is not None


@pytest.mark.parametrize(
    ("start", "forged"),
    [
        (b"(" * 3_000_000, True),
        (b"()" * (ID_WITHIN // 2) + b"x", True),
        (b"(" + b"x" * ID_WITHIN + b") mx.reply.example", True),
        (b'"' + b"\\m" * 1_000_000 + b'"', True),
        (b"x" * 10_000 + b"; mx.reply.example", True),
        (b"other.example; " + b"x" * 10_000, False),
        (b"(mx.reply.example) other.example; spf=pass", False),
        (b"(" * 100, False),
    ],
)
def test_results_whose_author_is_hidden_behind_much_text_count_as_forged(
    start: bytes, forged: bool
) -> None:
    octets = b"Authentication-Results: " + start + b"\r\n" + PLAIN
    message = parse_message(RawMessage.in_memory(octets))
    assert forged_results(message, "mx.reply.example") == ((0,) if forged else ())


# -- tags


def test_a_list_of_more_tags_than_any_protocol_has_is_not_read() -> None:
    many = b"".join(b"a%d=x; " % number for number in range(TAG_LIMIT))
    assert len(parse_tags(many)) == TAG_LIMIT
    with pytest.raises(ValueError, match="more than 100 tags"):
        parse_tags(many + b"b=x;")


async def test_a_signature_of_thousands_of_tags_is_a_permanent_error() -> None:
    field = b"DKIM-Signature: " + b"".join(b"a%d=;" % number for number in range(2000)) + b"\r\n"
    report = await report_of(field + PLAIN, ZONE)
    assert report.dkim[0].result is DkimWord.PERMERROR
    assert "more than 100 tags" in report.dkim[0].reason


# -- the DNS


def test_of_a_long_record_one_octet_too_many_is_taken() -> None:
    record = tuple(bytes([65 + number]) * 250 for number in range(40))
    kept = shortened(record)
    assert (
        b"".join(part for part in kept if isinstance(part, bytes))
        == (b"".join(record)[: TEXT_LIMIT + 1])
    )
    assert shortened(kept) == kept
    assert shortened(record[:30]) == record[:30]


def padded(record: str, octets: int) -> dict[str, Any]:
    return {"TXT": strings(record + "x" * (octets - len(record)))}


@pytest.mark.parametrize(("octets", "taken"), [(TEXT_LIMIT, True), (TEXT_LIMIT + 1, False)])
async def test_a_record_is_taken_up_to_its_limit(octets: int, taken: bool) -> None:
    key = f"v=DKIM1; p={public_base64('rsa')}; n="
    zone = {
        "example.com": padded("v=spf1 ip4:192.0.2.1 -all x=", octets),
        "_dmarc.example.com": padded("v=DMARC1; p=reject; n=", octets),
        "s._domainkey.example.com": padded(key, octets),
    }
    report = await report_of(SIGNED, zone)
    assert report.spf.result is (SpfWord.PASS if taken else SpfWord.PERMERROR)
    assert report.dkim[0].result is (DkimWord.PASS if taken else DkimWord.PERMERROR)
    assert bool(report.dmarc.record) is taken
    if not taken:
        assert "longer than 8192 octets" in report.spf.reason
        assert "longer than 8192 octets" in report.dkim[0].reason
        assert parse_record(b"v=DMARC1; p=reject; n=".ljust(octets, b"x")) is None


def hostile_zone(octets: int, records: int) -> dict[str, Any]:
    zone = dict(ZONE)
    for number in range(10):
        text = f"v=DKIM1; p={public_base64('rsa')}; n={number}"
        zone[f"s{number}._domainkey.example.com"] = [
            padded(f"{text}.{which}.", octets) for which in range(records)
        ]
    return zone


TEN_SIGNED = (
    b"".join(sign(PLAIN, {**TAGS, "s": f"s{number}"}, private_key("rsa")) for number in range(10))
    + PLAIN
)


def evidence_octets(report: AuthReport) -> int:
    return sum(len(record) for one in report.evidence for record in one.records)


@pytest.fixture(params=[(60_000, 1), (8192, 8), (3000, 20)])
def zone(request: Any) -> Iterator[dict[str, Any]]:
    yield hostile_zone(*request.param)


async def test_ten_long_keys_leave_bounded_evidence_that_replays_to_the_same(
    zone: dict[str, Any],
) -> None:
    report = await report_of(TEN_SIGNED, zone)
    assert evidence_octets(report) <= 256 * 1024
    message = parse_message(RawMessage.in_memory(TEN_SIGNED))
    dns = ZoneResolver.from_evidence(report.evidence)
    again = await authenticate(envelope("li@example.com"), message, dns, SETTINGS, FixedClock())
    assert replace(again, evidence=()) == replace(report, evidence=())
    assert not dns.unanswered


async def test_what_comes_after_the_octets_of_a_message_is_a_time_out_and_recorded_as_one() -> None:
    inner = ZoneResolver.from_mapping({f"n{n}.example": {"TXT": "x" * 90} for n in range(4)})
    recorder = RecordingResolver(inner, FixedClock(), octets=200)
    answers: list[Answer] = [await recorder.query(f"n{n}.example", "TXT") for n in range(4)]
    assert [one.status for one in answers] == [Status.OK, Status.OK, Status.TIMEOUT, Status.TIMEOUT]
    assert [one.status for one in recorder.evidence()] == ["ok", "ok", "timeout", "timeout"]
    assert recorder.peek("n3.example", "TXT") == answers[3]
