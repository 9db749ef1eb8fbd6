"""Who is measured: Postern's own path, and two ways of doing the same with the libraries.

All have a warm cache, and all make the value of an Authentication-Results field.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import authheaders
import dkim
import spf
from authheaders import dmarc_lookup
from publicsuffix2 import PublicSuffixList

from bench.verify.messages import CLIENT, HELO, SENDER, ZONE
from mail.address import parse_address
from mail.envelope import Client, Door, Envelope
from mail.message import parse_message
from mail.raw import RawMessage
from verify.authenticate import VerifySettings, authenticate
from verify.resolver import DnsResolver, ResolverSettings
from verify.results import authentication_results
from verify.zones import ZoneResolver

Run = Callable[[Sequence[bytes]], None]

_SETTINGS = VerifySettings("mx.reply.example")
_ENVELOPE = Envelope(
    id="0" * 26,
    door=Door.SMTP,
    client=Client(ipaddress.ip_address(CLIENT), helo=HELO),
    mail_from=parse_address(SENDER),
    rcpt_to=(parse_address("bob@reply.example"),),
    received_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
)


def _now() -> datetime:
    return datetime.now(UTC)


async def warm_resolver(messages: Sequence[bytes]) -> DnsResolver:
    """The server's own resolver, whose cache has every answer that the messages need."""
    resolver = DnsResolver(ResolverSettings(servers=("127.0.0.1:9",)), _now)
    zone = ZoneResolver.from_mapping(ZONE)
    message = parse_message(RawMessage.in_memory(messages[0]))
    report = await authenticate(_ENVELOPE, message, zone, _SETTINGS, _now)
    for one in report.evidence:
        resolver._cache.put((one.name, one.rdtype), await zone.query(one.name, one.rdtype))
    return resolver


async def verify(octets: bytes, resolver: DnsResolver) -> str:
    """One message as the server verifies it: parse, SPF, DKIM, ARC, iprev, DMARC, evidence."""
    message = parse_message(RawMessage.in_memory(octets))
    report = await authenticate(_ENVELOPE, message, resolver, _SETTINGS, _now)
    value = authentication_results(report, _ENVELOPE, _SETTINGS.authserv_id)
    assert report.dmarc.aligned == ("spf", "dkim"), value
    return value


def postern(messages: Sequence[bytes]) -> None:
    """Postern, one message after the other."""

    async def run() -> None:
        resolver = await warm_resolver(messages)
        for octets in messages:
            await verify(octets, resolver)

    asyncio.run(run())


def _txt(name: bytes | str, timeout: float = 5) -> Any:
    """dkimpy's and authheaders' dnsfunc: the one TXT record, from memory."""
    text = name.decode() if isinstance(name, bytes) else str(name)
    for record in ZONE.get(text.rstrip("."), []):
        if "TXT" in record:
            return record["TXT"].encode() if isinstance(name, bytes) else record["TXT"]
    return None


def _spf_lookup(name: str, rdtype: str, *more: Any, **named: Any) -> list[Any]:
    """pyspf's lookup, from memory."""
    found = [one[rdtype] for one in ZONE.get(name.rstrip(".").lower(), []) if rdtype in one]
    values = [(one.encode(),) if rdtype == "TXT" else one for one in found]
    return [((name, rdtype), value) for value in values]


spf.DNSLookup = _spf_lookup


def authheaders_plain(messages: Sequence[bytes]) -> None:
    """authheaders.authenticate_message as it comes."""
    for octets in messages:
        value = authheaders.authenticate_message(
            octets,
            "mx.reply.example",
            spf=True,
            ip=CLIENT,
            mail_from=SENDER,
            helo=HELO,
            dnsfunc=_txt,
        )
        assert "dmarc=pass" in value, value


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


def fair_reference(messages: Sequence[bytes]) -> None:
    """pyspf, dkimpy, and authheaders' DMARC look-up with the suffix list parsed once."""
    with _suffixes_parsed_once():
        for octets in messages:
            word, reason = spf.check2(CLIENT, SENDER, HELO)
            by_spf = authheaders.SPFAuthenticationResult(
                result=word, reason=reason, smtp_mailfrom=SENDER, smtp_helo=HELO
            )
            signature = dkim.DKIM(octets)
            passed = signature.verify(dnsfunc=_txt)
            by_dkim = authheaders.DKIMAuthenticationResult(
                result="pass" if passed else "fail",
                header_d=signature.signature_fields[b"d"].decode(),
            )
            dmarc = authheaders.check_dmarc(octets, by_spf, by_dkim, dnsfunc=_txt)
            assert dmarc.result == "pass", dmarc
            str(
                authheaders.AuthenticationResultsHeader(
                    authserv_id="mx.reply.example", results=[by_spf, by_dkim, dmarc]
                )
            )


CONTESTANTS: dict[str, Run] = {
    "postern": postern,
    "fair reference": fair_reference,
    "authheaders": authheaders_plain,
}
