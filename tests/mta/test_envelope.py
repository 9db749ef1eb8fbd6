import asyncio
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address

import pytest

from mail.address import parse_address
from mta.commands import MailCommand
from mta.envelope import Peer, Transaction, client_address, freeze_envelope


@pytest.mark.parametrize(
    ("peername", "expected"),
    [
        (("192.0.2.1", 25000), (IPv4Address("192.0.2.1"), 25000)),
        (("2001:db8::1", 25000, 0, 0), (IPv6Address("2001:db8::1"), 25000)),
        (("::ffff:192.0.2.1", 25000, 0, 0), (IPv4Address("192.0.2.1"), 25000)),
        (("fe80::1%eth0", 25000, 0, 2), (IPv6Address("fe80::1"), 25000)),
        ("", (None, 0)),
        (None, (None, 0)),
    ],
)
def test_the_clients_address_is_what_it_means(peername: object, expected: object) -> None:
    assert client_address(peername) == expected


async def test_the_frozen_envelope_has_each_mailbox_once_in_order() -> None:
    peer = Peer(asyncio.get_running_loop(), ("192.0.2.1", 25000))
    peer.host_name, peer.extended_smtp = "mx.example.com", True
    transaction = Transaction("01JD0000000000000000000000", MailCommand(None, 10, "8BITMIME", True))
    for local, mailbox in (("a", "two"), ("b", "one"), ("c", "two")):
        transaction.recipients[parse_address(f"{local}@reply.example")] = mailbox
    at = datetime(2026, 11, 20, tzinfo=UTC)
    envelope = freeze_envelope(peer, transaction, at)
    assert envelope.mailboxes == ("two", "one")
    assert [one.local for one in envelope.rcpt_to] == ["a", "b", "c"]
    assert (envelope.mail_from, envelope.received_at, envelope.body) == (None, at, "8BITMIME")
    assert (envelope.client.helo, envelope.client.port, envelope.smtputf8) == (
        "mx.example.com",
        25000,
        True,
    )
