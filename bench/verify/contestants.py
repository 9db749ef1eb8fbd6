"""Who is measured: Postern's own path, and two ways of doing the same with the libraries.

Each is a function that makes ready for some messages and gives back what is to be measured. All
have every DNS answer in memory, and all make the value of an Authentication-Results field.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import authheaders
import dkim
import spf
from authheaders import dmarc_lookup
from publicsuffix2 import PublicSuffixList

from bench.verify.messages import Sample, zone_of
from mail.address import parse_address
from mail.envelope import Client, Door, Envelope
from mail.message import parse_message
from mail.raw import RawMessage
from verify.authenticate import VerifySettings, authenticate
from verify.resolver import DnsResolver, ResolverSettings
from verify.results import authentication_results
from verify.zones import ZoneResolver

Contestant = Callable[[Sequence[Sample]], Callable[[], None]]

_SETTINGS = VerifySettings("mx.reply.example")
_BOB = parse_address("bob@reply.example")


def _now() -> datetime:
    return datetime.now(UTC)


def envelope_of(sample: Sample) -> Envelope:
    """What the SMTP session knows of a message."""
    return Envelope(
        id="0" * 26,
        door=Door.SMTP,
        client=Client(ipaddress.ip_address(sample.client), helo=sample.helo),
        mail_from=parse_address(sample.sender),
        rcpt_to=(_BOB,),
        received_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    )


async def warm_resolver(samples: Sequence[Sample]) -> DnsResolver:
    """The server's own resolver, whose cache has every answer that the messages need."""
    resolver = DnsResolver(ResolverSettings(servers=("127.0.0.1:9",)), _now)
    zone = zone_of(samples)
    table = ZoneResolver.from_mapping(zone)
    hosts = {sample.sender.partition("@")[2] for sample in samples}
    asked = {(name, rdtype) for name, records in zone.items() for one in records for rdtype in one}
    asked |= {(f"_dmarc.{name}", "TXT") for name in (*hosts, "com")}
    for name, rdtype in sorted(asked):
        answer = replace(await table.query(name, rdtype), at=_now(), ttl=900)
        resolver._cache.put((name, rdtype), answer)
    return resolver


async def verify(raw: RawMessage, envelope: Envelope, resolver: DnsResolver) -> str:
    """One message as the server verifies it: parse, SPF, DKIM, ARC, iprev, DMARC, evidence.

    Its SHA-256 was counted while it came in, as the server does.
    """
    message = parse_message(raw)
    report = await authenticate(envelope, message, resolver, _SETTINGS, _now)
    value = authentication_results(report, envelope, _SETTINGS.authserv_id)
    assert report.dmarc.aligned == ("spf", "dkim"), value
    return value


def postern(samples: Sequence[Sample]) -> Callable[[], None]:
    """Postern, one message after the other."""
    work = [(RawMessage.in_memory(one.octets), envelope_of(one)) for one in samples]
    resolver = asyncio.run(warm_resolver(samples))

    async def run() -> None:
        for raw, envelope in work:
            await verify(raw, envelope, resolver)

    return lambda: asyncio.run(run())


Texts = dict[str, str]


def _texts(samples: Sequence[Sample]) -> Texts:
    zone = zone_of(samples)
    return {name: one["TXT"] for name, records in zone.items() for one in records if "TXT" in one}


def _txt(texts: Texts) -> Callable[..., Any]:
    """dkimpy's and authheaders' dnsfunc: the one TXT record, from memory."""

    def look_up(name: bytes | str, timeout: float = 5) -> Any:
        if isinstance(name, bytes):
            found = texts.get(name.decode().rstrip("."))
            return None if found is None else found.encode()
        return texts.get(str(name).rstrip("."))

    return look_up


def _spf_lookup(samples: Sequence[Sample]) -> Callable[..., list[Any]]:
    """pyspf's lookup, from memory."""
    found: dict[tuple[str, str], list[Any]] = {}
    for name, records in zone_of(samples).items():
        for one in records:
            for rdtype, value in one.items():
                shaped = (value.encode(),) if rdtype == "TXT" else value
                shaped = tuple(value) if rdtype == "MX" else shaped
                found.setdefault((name, rdtype), []).append(((name, rdtype), shaped))

    def look_up(name: str, rdtype: str, *more: Any, **named: Any) -> list[Any]:
        return found.get((name.rstrip(".").lower(), rdtype), [])

    return look_up


def authheaders_plain(samples: Sequence[Sample]) -> Callable[[], None]:
    """authheaders.authenticate_message as it comes."""
    dnsfunc, spf.DNSLookup = _txt(_texts(samples)), _spf_lookup(samples)

    def run() -> None:
        for sample in samples:
            value = authheaders.authenticate_message(
                sample.octets,
                "mx.reply.example",
                spf=True,
                ip=sample.client,
                mail_from=sample.sender,
                helo=sample.helo,
                dnsfunc=dnsfunc,
            )
            assert "dmarc=pass" in value, value

    return run


_SUFFIXES: list[PublicSuffixList] = []


def _organisation(domain: str) -> str:
    if not _SUFFIXES:
        _SUFFIXES.append(PublicSuffixList())
    return str(_SUFFIXES[0].get_public_suffix(domain))


@contextmanager
def _suffixes_parsed_once() -> Any:
    before = authheaders.get_org_domain, dmarc_lookup.get_org_domain
    authheaders.get_org_domain = dmarc_lookup.get_org_domain = _organisation
    try:
        yield
    finally:
        authheaders.get_org_domain, dmarc_lookup.get_org_domain = before


def fair_reference(samples: Sequence[Sample]) -> Callable[[], None]:
    """pyspf, dkimpy, and authheaders' DMARC look-up with the suffix list parsed once."""
    dnsfunc, spf.DNSLookup = _txt(_texts(samples)), _spf_lookup(samples)
    _organisation("example.com")

    def run() -> None:
        with _suffixes_parsed_once():
            for sample in samples:
                _refer(sample, dnsfunc)

    return run


def _refer(sample: Sample, dnsfunc: Callable[..., Any]) -> None:
    word, reason = spf.check2(sample.client, sample.sender, sample.helo)
    by_spf = authheaders.SPFAuthenticationResult(
        result=word, reason=reason, smtp_mailfrom=sample.sender, smtp_helo=sample.helo
    )
    signature = dkim.DKIM(sample.octets)
    passed = signature.verify(dnsfunc=dnsfunc)
    by_dkim = authheaders.DKIMAuthenticationResult(
        result="pass" if passed else "fail",
        header_d=signature.signature_fields[b"d"].decode(),
    )
    dmarc = authheaders.check_dmarc(sample.octets, by_spf, by_dkim, dnsfunc=dnsfunc)
    assert (word, passed, dmarc.result) == ("pass", True, "pass"), (word, passed, dmarc)
    str(
        authheaders.AuthenticationResultsHeader(
            authserv_id="mx.reply.example", results=[by_spf, by_dkim, dmarc]
        )
    )


CONTESTANTS: dict[str, Contestant] = {
    "postern": postern,
    "fair reference": fair_reference,
    "authheaders": authheaders_plain,
}
