"""Transactions of many kinds, taken in by the real path into a real store: to be decided again."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dkim

from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from cli.basis import basis_of
from cli.judge import Judge
from mail.address import Domain, parse_address
from mail.envelope import Client, Door, Envelope, PulledFrom
from mail.identifier import new_id
from mail.raw import RawMessage
from mail.received import StoredMessage
from mta.receive import Tools, receive
from store.database import Database, open_database
from store.domains import add_domain
from store.writer import Writer
from tests.stores import new_store
from tests.verify import test_dkim_cases as dkim_table
from tests.verify.signing import private_pem, public_base64
from tests.verify.vectors import cases
from verify.authenticate import VerifySettings
from verify.zones import ZoneResolver

KEY = {"TXT": f"v=DKIM1; p={public_base64('rsa')}"}
SENDERS = ("li@example.com", "li@other.example", "", "li@slow.example", "postmaster@example.com")
CLIENTS = ("192.0.2.1", "198.51.100.9", "2001:db8::1")
HELOS = ("mx.example.com", "slow.example", "[192.0.2.1]", "not a name", "")
RECIPIENTS = ("wu@reply.example", "postmaster@reply.example")
POLICIES = ("none", "quarantine", "reject", "reject; pct=50; sp=none", "bogus")
SETTINGS = VerifySettings("mx.reply.example", trusted_sealers=("fwd.example",))


@dataclass(slots=True)
class House:
    """A store with a writer, and the tools that `receive` needs."""

    database: Database
    writer: Writer
    tools: Tools

    def judge(self, policy: Policy | None = None) -> Judge:
        """The judge by today's settings."""
        tools = self.tools
        return Judge(tools.verify, policy or tools.policy, tools.rules, tools.now)

    async def take(self, octets: bytes, envelope: Envelope, zone: dict[str, Any]) -> StoredMessage:
        """One transaction, as the door would bring it."""
        tools = replace(self.tools, resolver=ZoneResolver.from_mapping(zone))
        return await receive(envelope, RawMessage.in_memory(octets), tools)


def open_house(
    folder: Path,
    now: Callable[[], datetime],
    policy: Policy | None = None,
    verify: VerifySettings = SETTINGS,
) -> House:
    """A new store in `folder`; close it with `close_house`."""
    database = open_database(new_store(folder))
    add_domain(database, "reply.example", "all", "cli", now())
    writer = Writer(database, now)
    writer.start()
    wishes, rules = policy or Policy(trusted_forwarders=("fwd.example",)), load_rules()
    tools = Tools(
        resolver=ZoneResolver({}),
        verify=verify,
        policy=wishes,
        rules=rules,
        writer=writer,
        hostname=Domain("mx.reply.example"),
        now=now,
        basis=basis_of(verify, wishes, rules),
    )
    return House(database, writer, tools)


def close_house(house: House) -> None:
    """Stop the writer and close the store."""
    house.writer.close()
    house.database.close()


def envelope(
    at: datetime,
    mail_from: str = "li@example.com",
    *,
    ip: str = "192.0.2.1",
    helo: str = "mx.example.com",
    rcpt: str = "wu@reply.example",
    pulled: int | None = None,
) -> Envelope:
    """A transaction at `at`; `pulled` makes it one of the IMAP door with that UID."""
    imap = pulled is not None
    return Envelope(
        id=new_id(at),
        door=Door.IMAP if imap else Door.SMTP,
        client=Client(None if imap else ip_address(ip), helo=helo),
        mail_from=parse_address(mail_from) if mail_from else None,
        rcpt_to=(parse_address(rcpt),),
        received_at=at,
        pulled_from=PulledFrom("A", "INBOX", 1, pulled) if pulled is not None else None,
    )


def many(
    number: int, at: datetime, seed: int = 7
) -> Iterator[tuple[bytes, Envelope, dict[str, Any]]]:
    """So many transactions, no two alike and always the same: our DKIM and author tables, chains,
    damage, odd senders, dead zones, policies of all kinds."""
    chance = random.Random(seed)
    made = [*_signed_cases(), *_author_cases(), *_sealed()]
    for count in range(number):
        octets, zone = made[count % len(made)]
        if chance.random() < 0.4:
            octets = _damaged(octets, chance)
        letter = envelope(
            at,
            chance.choice(SENDERS),
            ip=chance.choice(CLIENTS),
            helo=chance.choice(HELOS),
            rcpt=chance.choice(RECIPIENTS),
            pulled=count if chance.random() < 0.05 else None,
        )
        identifier = letter.id[:10] + "".join(chance.choices("0123456789ABCDEF", k=16))
        yield octets, replace(letter, id=identifier), _zone(zone, chance)


def _signed_cases() -> Iterator[tuple[bytes, dict[str, Any]]]:
    plain = {"sel._domainkey.example.com": [KEY]}
    for param in dkim_table.cases():
        case: Any = param.values[0]
        yield dkim_table.build(case), dkim_table.filled(case.get("zone", plain))


def _author_cases() -> Iterator[tuple[bytes, dict[str, Any]]]:
    for case in cases("author"):
        header = case["header"].encode("utf-8", "surrogateescape")
        yield header.rstrip(b"\r\n") + b"\r\nSubject: x\r\n\r\nHello.\r\n", {}


def _sealed() -> Iterator[tuple[bytes, dict[str, Any]]]:
    for claim in (b"dmarc=pass header.from=example.com", b"spf=fail", b"none"):
        octets = b"From: li@example.com\r\nSubject: list\r\nDate: x\r\n\r\nforwarded\r\n"
        octets = b"Authentication-Results: fwd.example; " + claim + b"\r\n" + octets
        fields = dkim.arc_sign(octets, b"s", b"fwd.example", private_pem("rsa"), b"fwd.example")
        yield b"".join(fields) + octets, {"s._domainkey.fwd.example": [KEY]}


def _damaged(octets: bytes, chance: random.Random) -> bytes:
    """One octet of the message is another, or something stands at its end."""
    if not octets or chance.random() < 0.3:
        return octets + b"-- \r\na footer\r\n"
    at = chance.randrange(len(octets))
    return octets[:at] + bytes([chance.randrange(256)]) + octets[at + 1 :]


def _zone(zone: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """`zone` with the other records of the domains, some of which do not answer."""
    spf = chance.choice(
        ("ip4:192.0.2.1 -all", "include:slow.example ~all", "exists:%{i}.x.example ?all")
    )
    more: dict[str, Any] = {
        "example.com": [{"TXT": f"v=spf1 {spf}"}],
        "_dmarc.example.com": [{"TXT": f"v=DMARC1; p={chance.choice(POLICIES)}"}],
        "1.2.0.192.in-addr.arpa": [{"PTR": chance.choice(("mx.example.com", "a.fwd.example"))}],
        "mx.example.com": [{"A": "192.0.2.1"}],
        "a.fwd.example": [{"A": "192.0.2.1"}],
        "slow.example": ["TIMEOUT"],
    }
    if chance.random() < 0.15:
        more[chance.choice(("example.com", "_dmarc.example.com"))] = ["SERVFAIL"]
    return {**more, **zone}
