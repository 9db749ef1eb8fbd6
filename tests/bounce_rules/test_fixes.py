"""For each kind of failure: the message is refused, its stored report names the remedy, the remedy
is carried out as it was printed, and the message passes.

A record is read back from the printed zone line and put into the zone; what was signed wrongly is
signed again with what the printed change says. Everything else stays as it was.
"""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bounce_rules.explain.find import findings
from bounce_rules.explain.finding import Finding, Kind
from bounce_rules.explain.mending import PUBLIC_KEY
from bounce_rules.explain.plain import told
from bounce_rules.explain.words import LANGUAGES, words_of
from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from mail.address import Domain, parse_address
from mail.identifier import new_id
from mail.raw import RawMessage
from mail.received import StoredMessage
from mail.verdict import Action
from mta.receive import Tools, receive
from store.database import Database, StoreSettings, migrate, open_database
from store.domains import add_domain
from store.transactions import get_transaction
from store.writer import Writer
from tests.fakes import NOON, FixedClock, make_envelope
from tests.verify.signing import private_key, public_base64, sign
from verify.authenticate import VerifySettings
from verify.zones import ZoneResolver

CLIENT = "198.51.100.7"
PLAIN = (
    b"From: Li <li@shop.example>\r\nTo: <bob@reply.example>\r\nSubject: Your order\r\n"
    b"Date: Fri, 20 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@shop.example>\r\n\r\nIt is sent.\r\n"
)
TAGS: dict[str, str | None] = {
    "v": "1",
    "a": "rsa-sha256",
    "c": "relaxed/relaxed",
    "d": "shop.example",
    "s": "s1",
    "h": "from:to:subject:date",
    "bh": "auto",
    "b": "auto",
}
KEY_NAME = "s1._domainkey.shop.example"
DENIED = {"TXT": "v=spf1 ip4:192.0.2.1 -all"}
POLICY = {"TXT": "v=DMARC1; p=reject"}


def signed(message: bytes = PLAIN, key: str = "rsa", **tags: str | None) -> bytes:
    wanted = {**TAGS, **tags}
    return sign(message, wanted, private_key(key)) + message


def key(name: str = "rsa", text: str = "v=DKIM1; k=rsa; p={}") -> dict[str, str]:
    return {"TXT": text.format(public_base64(name))}


@dataclass
class Case:
    """A way to fail. `again` makes the message anew where the sender's program was at fault, from
    the printed change."""

    kind: Kind
    zone: dict[str, list[Any]]
    message: bytes = PLAIN
    mail_from: str = "li@shop.example"
    enforce: str = "dmarc"
    again: Callable[[Finding], bytes] | None = None
    refused: Action = Action.REJECT
    more: dict[str, list[Any]] = field(default_factory=dict)
    """What stands in the zone as soon as the name servers answer."""


def base(**names: list[Any]) -> dict[str, list[Any]]:
    zone: dict[str, list[Any]] = {"shop.example": [DENIED], "_dmarc.shop.example": [POLICY]}
    return zone | names


def tag(line: str, name: str) -> str:
    """A tag of the printed change of a signature."""
    match = re.search(rf"\b{name}=([^;\s]+)", line)
    assert match is not None, line
    return match[1]


def sign_as_told(finding: Finding) -> bytes:
    """With the domain and selector of the printed change, and our key."""
    return signed(d=tag(finding.change, "d"), s=tag(finding.change, "s"))


def sign_in_domain(finding: Finding) -> bytes:
    return signed(d=tag(finding.change, "d"))


SPF_LOOP = [
    {"TXT": "v=spf1 " + " ".join(f"include:i{n}.shop.example" for n in range(12)) + " -all"}
]
INCLUDES = {f"i{n}.shop.example": [{"TXT": "v=spf1 ip4:192.0.2.9"}] for n in range(12)}

CASES = {
    "no SPF record": Case(Kind.SPF_MISSING, base() | {"shop.example": [{"A": "192.0.2.1"}]}),
    "server not listed": Case(Kind.SPF_NOT_LISTED, base()),
    "server not listed, IPv6 only": Case(
        Kind.SPF_NOT_LISTED, base() | {"shop.example": [{"TXT": "v=spf1 ip6:2001:db8::/32 ~all"}]}
    ),
    "server forbidden by name": Case(
        Kind.SPF_NOT_LISTED,
        base() | {"shop.example": [{"TXT": f"v=spf1 -ip4:{CLIENT} redirect=r.example"}]},
    ),
    "misspelt SPF term": Case(
        Kind.SPF_SYNTAX,
        base() | {"shop.example": [{"TXT": f"v=spf1 ipv4:{CLIENT} includes:x.example foo -all"}]},
    ),
    "two SPF records": Case(
        Kind.SPF_SEVERAL,
        base() | {"shop.example": [DENIED, {"TXT": "v=spf1 include:mail.example ~all"}]},
    ),
    "too many SPF look-ups": Case(Kind.SPF_LOOKUPS, base() | {"shop.example": SPF_LOOP} | INCLUDES),
    "SPF terms that lead nowhere": Case(
        Kind.SPF_LOOKUPS,
        base()
        | {
            "shop.example": [
                {"TXT": "v=spf1 a:a.gone.example a:b.gone.example mx:c.gone.example -all"}
            ]
        },
    ),
    "provider's return path": Case(
        Kind.RETURN_PATH,
        base() | {"provider.example": [{"TXT": f"v=spf1 ip4:{CLIENT} -all"}]},
        mail_from="b-1@provider.example",
    ),
    "strict SPF alignment": Case(
        Kind.SPF_STRICT,
        {
            "shop.example": [DENIED],
            "_dmarc.shop.example": [{"TXT": "v=DMARC1; p=reject; aspf=s"}],
            "news.shop.example": [{"TXT": f"v=spf1 ip4:{CLIENT} -all"}],
        },
        mail_from="li@news.shop.example",
    ),
    "not signed": Case(Kind.DKIM_UNSIGNED, base(), again=sign_as_told),
    "key not published": Case(Kind.DKIM_NO_KEY, base(), signed()),
    "key revoked": Case(
        Kind.DKIM_REVOKED,
        base() | {KEY_NAME: [key(text="v=DKIM1; p=")]},
        signed(),
        again=sign_as_told,
    ),
    "key cut off": Case(
        Kind.DKIM_BAD_KEY,
        base() | {KEY_NAME: [{"TXT": f"v=DKIM1; k=rsa; p={public_base64('rsa')[:200]}"}]},
        signed(),
    ),
    "key record is something else": Case(
        Kind.DKIM_BAD_KEY, base() | {KEY_NAME: [{"TXT": "hello world"}]}, signed()
    ),
    "key of another type": Case(
        Kind.DKIM_BAD_KEY,
        base() | {KEY_NAME: [key("ed25519", "v=DKIM1; k=ed25519; p={}")]},
        signed(),
    ),
    "key too short": Case(
        Kind.DKIM_WEAK_KEY,
        base()
        | {
            KEY_NAME: [
                key(
                    text="v=DKIM1; p="
                    + (
                        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMdZ1ZZRRPHfKVQ9BWyRXHqlTtDqmOZ5KjxIRe9NtqvoBk4H"
                        "6DrcrjQKDMQnXXRSBpTSnB0QNWm9H9kBDlUmrhECAwEAAQ=="
                    )
                )
            ]
        },
        signed(),
        again=sign_as_told,
    ),
    "key for another service": Case(
        Kind.DKIM_RESTRICTED_KEY,
        base() | {KEY_NAME: [key(text="v=DKIM1; k=rsa; s=tlsrpt; p={}")]},
        signed(),
    ),
    "key for SHA-1 only": Case(
        Kind.DKIM_RESTRICTED_KEY,
        base() | {KEY_NAME: [key(text="v=DKIM1; h=sha1; p={}")]},
        signed(),
    ),
    "key of the very domain, identity below": Case(
        Kind.DKIM_RESTRICTED_KEY,
        base() | {KEY_NAME: [key(text="v=DKIM1; t=s; p={}")]},
        signed(i="@news.shop.example"),
    ),
    "provider's signature": Case(
        Kind.DKIM_FOREIGN,
        base() | {"s1._domainkey.provider.example": [key()]},
        signed(d="provider.example"),
        again=sign_as_told,
    ),
    "strict DKIM alignment": Case(
        Kind.DKIM_STRICT,
        {
            "shop.example": [DENIED],
            "_dmarc.shop.example": [{"TXT": "v=DMARC1; adkim=s; p=reject"}],
            "s1._domainkey.news.shop.example": [key()],
        },
        signed(d="news.shop.example"),
    ),
    "text changed after signing": Case(
        Kind.DKIM_BODY,
        base() | {KEY_NAME: [key()]},
        signed() + b"-- \r\nScanned.\r\n",
        again=lambda _: signed(PLAIN + b"-- \r\nScanned.\r\n"),
    ),
    "subject changed after signing": Case(
        Kind.DKIM_HEADER,
        base() | {KEY_NAME: [key()]},
        signed().replace(b"Subject: ", b"Subject: [EXTERNAL] "),
        again=lambda _: signed(PLAIN.replace(b"Subject: ", b"Subject: [EXTERNAL] ")),
    ),
    "both changed after signing": Case(
        Kind.DKIM_BOTH,
        base() | {KEY_NAME: [key()]},
        signed().replace(b"Subject: ", b"Subject: [EXTERNAL] ") + b"-- \r\nScanned.\r\n",
        again=lambda _: signed(),
    ),
    "expired": Case(
        Kind.DKIM_EXPIRED,
        base() | {KEY_NAME: [key()]},
        signed(t="1700000000", x="1700000600"),
        again=lambda finding: signed(
            d=tag(finding.change, "d"), s=tag(finding.change, "s"), t="1763640000"
        ),
    ),
    "SHA-1": Case(
        Kind.DKIM_SHA1,
        base() | {KEY_NAME: [key()]},
        signed(a="rsa-sha1"),
        again=lambda finding: signed(a=tag(finding.change, "a")),
    ),
    "signed in part": Case(
        Kind.DKIM_PARTIAL,
        base() | {KEY_NAME: [key()]},
        signed(l="3"),
        again=sign_in_domain,
    ),
    "From not signed": Case(
        Kind.DKIM_NO_FROM,
        base() | {KEY_NAME: [key()]},
        signed(h="to:subject:date"),
        again=lambda finding: signed(h=tag(finding.change, "h")),
    ),
    "signature without a version": Case(
        Kind.DKIM_MALFORMED,
        base() | {KEY_NAME: [key()]},
        signed(v=None),
        again=lambda finding: signed(v=tag(finding.change, "v"), c=tag(finding.change, "c")),
    ),
    "no policy, nothing proved": Case(
        Kind.SPF_NOT_LISTED, {"shop.example": [DENIED]}, enforce="authenticated"
    ),
    "name servers silent": Case(
        Kind.DNS_TROUBLE,
        {"shop.example": ["TIMEOUT"], "_dmarc.shop.example": ["SERVFAIL"]},
        refused=Action.DEFER,
        more={"shop.example": [{"TXT": f"v=spf1 ip4:{CLIENT}"}], "_dmarc.shop.example": [POLICY]},
    ),
    "no From field": Case(
        Kind.FROM_MISSING,
        base() | {KEY_NAME: [key()]},
        PLAIN.replace(b"From: ", b"X-From: "),
        again=lambda finding: signed(with_from(finding)),
    ),
    "two From fields": Case(
        Kind.FROM_SEVERAL,
        base() | {KEY_NAME: [key()]},
        b"From: <boss@bank.example>\r\n" + PLAIN,
        again=lambda finding: signed(with_from(finding)),
    ),
    "two ways to read From": Case(
        Kind.FROM_MALFORMED,
        base() | {KEY_NAME: [key()]},
        PLAIN.replace(b"Li <li@shop.example>", b"li@shop.example <boss@bank.example"),
        again=lambda finding: signed(with_from(finding)),
    ),
}


def with_from(finding: Finding) -> bytes:
    """One From field in the printed form."""
    field = finding.change.replace("you@your-domain.example", "li@shop.example")
    return field.encode() + b"\r\n" + PLAIN.partition(b"\r\n")[2]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Database, Tools]]:
    """The real path from the envelope to the store; each test puts in its zone."""
    settings = StoreSettings("", tmp_path)
    migrate(settings)
    clock = FixedClock()
    with closing(open_database(settings)) as database:
        add_domain(database, "reply.example", "all", "test", NOON)
        writer = Writer(database, clock)
        writer.start()
        yield (
            database,
            Tools(
                resolver=ZoneResolver.from_mapping({}),
                verify=VerifySettings("mx.reply.example"),
                policy=Policy(),
                rules=load_rules(),
                writer=writer,
                hostname=Domain("mx.reply.example"),
                now=clock,
            ),
        )
        writer.close()


async def deliver(
    tools: Tools, zone: dict[str, list[Any]], message: bytes, mail_from: str
) -> StoredMessage:
    tools = replace(tools, resolver=ZoneResolver.from_mapping(zone))
    envelope = replace(make_envelope(CLIENT, mail_from), id=new_id(NOON))
    return await receive(envelope, RawMessage.in_memory(message), tools)


def publish(zone: dict[str, list[Any]], line: str, instead: bool) -> None:
    """Do what the printed zone line says. `instead` takes away what was of its kind."""
    match = re.fullmatch(r'(\S+)\. IN TXT ((?:"(?:[^"\\]|\\.)*" ?)+)', line)
    assert match is not None, line
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', match[2])
    assert all(len(one) <= 255 for one in strings)
    text = "".join(strings).replace(PUBLIC_KEY, public_base64("rsa"))
    version = text.partition(" ")[0].rstrip(";")
    there = list(zone.get(match[1], []))
    if instead:
        assert there, "there is nothing that it could replace"
        same = version if version in ("v=spf1", "v=DMARC1") else ""
        there = [one for one in there if not str(one.get("TXT", "")).startswith(same)]
    zone[match[1]] = [*there, {"TXT": text}]


@pytest.mark.parametrize("name", CASES)
async def test_the_printed_remedy_makes_the_message_pass(
    name: str, house: tuple[Database, Tools]
) -> None:
    case = CASES[name]
    database, tools = house
    tools = replace(tools, policy=Policy(enforce=case.enforce))
    stored = await deliver(tools, case.zone, case.message, case.mail_from)
    assert stored.verdict.action is case.refused
    finding = found(database, stored.id, case.kind)
    zone, sender = dict(case.zone), case.mail_from
    if finding.record is not None:
        publish(zone, finding.record.zone_line, finding.record.instead)
    else:
        assert finding.change or case.kind in (
            Kind.DKIM_BODY,
            Kind.DKIM_HEADER,
            Kind.DKIM_BOTH,
            Kind.DNS_TROUBLE,
        )
    if case.kind is Kind.RETURN_PATH:
        domain = finding.change.partition("@")[2].rstrip(">")
        sender = str(parse_address(f"b-1@{domain}"))
    message = case.again(finding) if case.again else case.message
    again = await deliver(tools, zone | case.more, message, sender)
    assert again.verdict.action is Action.ACCEPT, again.verdict.reasons
    report = get_transaction(database, again.id)
    assert report is not None
    assert report.report is not None
    expected = "none" if case.enforce == "authenticated" else "pass"
    assert report.report["dmarc"]["result"] == expected


def found(database: Database, identifier: str, kind: Kind) -> Finding:
    """The finding of that kind, out of what the store kept."""
    detail = get_transaction(database, identifier)
    assert detail is not None
    assert detail.report is not None
    told = findings(detail.report, detail.evidence, detail.summary.client_ip)
    kinds = [one.kind for one in told]
    assert kind in kinds, (kinds, detail.report)
    finding = told[kinds.index(kind)]
    for language in LANGUAGES:
        words = words_of(finding, language)
        assert "{" not in " ".join((words.found, words.fix, words.checked, words.passes))
    return finding


GOLDEN = Path(__file__).with_name("explained")
"""Every case as it is told, in both languages, read and approved by a person. Delete a file and
run the test with POSTERN_WRITE_GOLDEN=1 to have it written anew."""


@pytest.mark.parametrize("name", CASES)
async def test_what_is_told_was_read_by_a_person(name: str, house: tuple[Database, Tools]) -> None:
    case = CASES[name]
    database, tools = house
    tools = replace(tools, policy=Policy(enforce=case.enforce))
    stored = await deliver(tools, case.zone, case.message, case.mail_from)
    detail = get_transaction(database, stored.id)
    assert detail is not None
    assert detail.report is not None
    all_found = findings(detail.report, detail.evidence, detail.summary.client_ip)
    lines = [line for language in LANGUAGES for line in (*told(all_found, language), "", "")]
    text = re.sub(r"p=[A-Za-z0-9+/=]{40,}.*", 'p=(key)"', "\n".join(lines))
    file = GOLDEN / f"{name.replace(' ', '-').replace(',', '').replace(chr(39), '')}.txt"
    if os.environ.get("POSTERN_WRITE_GOLDEN") and not file.exists():
        file.write_text(text)
    assert text == file.read_text()


def test_every_kind_that_can_be_refused_has_a_case() -> None:
    advice_only = {Kind.DMARC_MISSING, Kind.DMARC_SEVERAL, Kind.DMARC_INVALID}
    assert {case.kind for case in CASES.values()} | advice_only == set(Kind)
