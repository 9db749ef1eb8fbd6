import asyncio
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest

from mail.address import parse_address
from mta.commands import MailCommand
from mta.envelope import Peer, Transaction, client_address, freeze_envelope
from tests.fakes import NOON, make_envelope


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


async def test_the_peer_is_what_it_said() -> None:
    peer = Peer(asyncio.get_running_loop(), ("192.0.2.1", 25000))
    assert (peer.client().helo, peer.client().extended) == ("", False)
    peer.host_name, peer.extended_smtp = "mx.example.com", True
    client = peer.client()
    assert (str(client.ip), client.port, client.helo) == ("192.0.2.1", 25000, "mx.example.com")
    assert client.extended


def test_the_frozen_envelope_has_each_mailbox_once_in_order() -> None:
    opening = replace(make_envelope(mail_from=None, rcpt_to=()), body="8BITMIME", smtputf8=True)
    transaction = Transaction(opening, MailCommand(None, 10, "8BITMIME", smtputf8=True))
    for local, mailbox in (("a", "two"), ("b", "one"), ("c", "two")):
        transaction.recipients[parse_address(f"{local}@reply.example")] = mailbox
    at = NOON + timedelta(seconds=9)
    envelope = freeze_envelope(transaction, at)
    assert envelope.mailboxes == ("two", "one")
    assert [one.local for one in envelope.rcpt_to] == ["a", "b", "c"]
    assert (envelope.id, envelope.mail_from, envelope.received_at) == (opening.id, None, at)
    assert (envelope.client, envelope.body, envelope.smtputf8) == (opening.client, "8BITMIME", True)
