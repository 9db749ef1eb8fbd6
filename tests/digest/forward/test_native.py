"""Forwards by mail systems: what counts as a sign, and what work it costs."""

from digest.digest import Digest, digest_message
from mail.raw import RawMessage
from tests.digest.test_mime import work_of

OURS = ["in@ours.example"]
FROM = "From: li@customer.example\r\nSubject: Price\r\nMessage-ID: <a@customer.example>\r\n"


def read(header: str) -> Digest:
    raw = RawMessage.in_memory(f"{FROM}{header}\r\nPrice?\r\n".encode())
    return digest_message(raw, "li@customer.example", OURS)


def test_a_sign_that_names_the_author_is_none() -> None:
    assert read("X-MS-Exchange-Inbox-Rules-Loop: li@customer.example\r\n").forward is None


def test_an_address_of_a_web_client_is_no_mailbox() -> None:
    assert read("To: in@ours.example\r\nX-Forwarded-For: 192.0.2.1\r\n").forward is None


def test_a_mailbox_of_our_domain_forwards_nothing_to_us() -> None:
    assert read("To: in@ours.example\r\nDelivered-To: wang@ours.example\r\n").forward is None


def test_a_replaced_author_is_found_in_the_name() -> None:
    header = "To: shop@alias.example\r\nX-Forwarded-To: in@ours.example\r\n"
    raw = f'From: "li@customer.example via alias" <x@alias.example>\r\n{header}\r\nPrice?\r\n'
    found = digest_message(RawMessage.in_memory(raw.encode()), "x@alias.example", OURS)
    assert found.forward is not None
    assert found.forward.original_sender == "li@customer.example"


def test_without_an_author_the_rewritten_sender_tells() -> None:
    raw = b"Subject: x\r\nTo: a@trade.example\r\n\r\nx\r\n"
    sender = "SRS0=HH=TT=buyer.example=luc@trade.example"
    found = digest_message(RawMessage.in_memory(raw), sender, OURS).forward
    assert found is not None
    assert (found.original_sender, found.forwarder) == ("luc@buyer.example", "a@trade.example")


def test_a_provider_that_rewrites_in_its_own_name_forwards_for_whom_was_written_to() -> None:
    header = "X-Delivered-To: desk@print.example\r\n"
    raw = f"{FROM}To: desk@print.example\r\n{header}\r\nPrice?\r\n".encode()
    sender = "SRS0=HH=TT=customer.example=li@srs.provider.example"
    found = digest_message(RawMessage.in_memory(raw), sender, OURS).forward
    assert found is not None
    assert found.forwarder == "desk@print.example"


def test_thousands_of_fields_cost_little() -> None:
    many = "".join(
        f"Received: from a by b for <u{n}@x.example>; x\r\nDelivered-To: u{n}@y{n}.example\r\n"
        f"X-Original-To: v{n}@z.example\r\nReturn-Path: <SRS0=a=b=c.example=d{n}@e.example>\r\n"
        for n in range(5000)
    )
    people = ",".join(f"p{n}@q.example" for n in range(5000))
    assert work_of(lambda: read(f"To: {people}\r\n{many}")) < 2_000_000
