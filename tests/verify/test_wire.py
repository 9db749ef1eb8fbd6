"""Replies of hostile servers: read, refused or ignored, never anything else."""

import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.dns_server import answer
from verify.answer import Status
from verify.exchange import NotOurReply, ServerTrouble, parse_reply
from verify.wire import Reading, build_query, read_reply

DIGEST = "00ff" * 16
RRSETS = [
    dns.rrset.from_text("a.test.", 300, "IN", "CNAME", "b.test."),
    dns.rrset.from_text("b.test.", 300, "IN", "TXT", '"v=spf1 -all" "x"', '"y"'),
    dns.rrset.from_text("b.test.", 300, "IN", "MX", "10 mx.test.", "0 ."),
    dns.rrset.from_text("b.test.", 300, "IN", "A", "192.0.2.1"),
    dns.rrset.from_text("b.test.", 300, "IN", "PTR", r"we\.ird\000.test."),
    dns.rrset.from_text("b.test.", 300, "IN", "TLSA", f"3 1 1 {DIGEST}"),
]
QUERIES = [build_query("a.test", rdtype) for rdtype in ("TXT", "MX", "A", "PTR", "TLSA")]


def said(data: bytes, query: dns.message.QueryMessage) -> Reading | None:
    try:
        return read_reply(query, parse_reply(data, query))
    except (NotOurReply, ServerTrouble):
        return None


@given(
    st.sampled_from(QUERIES),
    st.lists(st.tuples(st.integers(2, 400), st.integers(0, 255)), max_size=8),
    st.integers(0, 400),
)
def test_a_reply_with_any_octets_changed_is_read_refused_or_ignored(
    query: dns.message.QueryMessage, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(answer(query, *RRSETS))
    for position, octet in changes:
        data[position % len(data)] = octet
    reading = said(bytes(data[: len(data) - cut] if cut % 3 == 0 else data), query)
    assert reading is None or reading.status in Status


@given(st.sampled_from(QUERIES), st.binary(max_size=80))
def test_any_octets_behind_the_right_id_are_refused_or_ignored(
    query: dns.message.QueryMessage, noise: bytes
) -> None:
    reading = said(query.to_wire()[:2] + noise, query)
    assert reading is None or reading.status in Status


@pytest.mark.parametrize(
    ("rdtype", "records"),
    [
        ("TXT", {(b"v=spf1 -all", b"x"), (b"y",)}),
        ("MX", {(10, "mx.test"), (0, "")}),
        ("A", {"192.0.2.1"}),
        ("PTR", {r"we\.ird\000.test"}),
        ("TLSA", {f"3 1 1 {DIGEST}"}),
    ],
)
def test_each_type_is_read_behind_a_cname(rdtype: str, records: set[object]) -> None:
    query = build_query("a.test", rdtype)
    reading = said(answer(query, *RRSETS), query)
    assert reading is not None
    assert set(reading.records) == records


def test_a_name_with_odd_characters_is_asked_for_as_it_is() -> None:
    query = build_query(r"a%b c\d.test", "A")
    assert query.question[0].name.labels == (rb"a%b c\d", b"test", b"")
