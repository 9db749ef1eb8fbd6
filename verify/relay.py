"""Sees through our own relays: who gave them the message that they bring to us.

Mail that came over a backup MX or another relay of ours has that relay as its client, for which
the sender's SPF record says nothing. The relay's own Received field, the topmost one, names the
client that we want to judge. Only one form of it is taken, the TCP-info of RFC 5321 §4.4 as
Postfix, Sendmail and Postern write it:

    from HELO (NAME [ADDRESS]) by …

What stands in HELO was said by a stranger, and a careless relay copies it as it came; so anything
in which a second address could be read is not taken at all. Then the client is not known: SPF and
reverse DNS say so, and no other address is believed in its place.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address

from mail.envelope import Door, Envelope, IPAddress
from mail.message import Message
from mail.report import SeenThrough
from verify.client import plain_ip

Networks = Iterable[IPv4Network | IPv6Network]

RELAYS_LIMIT = 5
"""Own relays that one message may pass, one after the other."""

# Tabs and spaces are one space by now. The name in the comment is the relay's own finding.
_FROM = re.compile(
    r"from (?P<helo>[A-Za-z0-9_.\-]{1,255}|\[[A-Za-z0-9.:]{1,60}\])"
    r" \((?:[A-Za-z0-9_.\-]{1,255} )?\[(?P<ip>[A-Za-z0-9.:]{1,60})\](?: \(may be forged\))?\)"
    r"(?: \((?:[^()\[\]]|\([^()\[\]]{0,100}\)){0,300}\)){0,5}"
    r" by [A-Za-z0-9_.\-]+(?=[ ;])(?P<rest>.*)"
)


def see_through(envelope: Envelope, message: Message, relays: Networks) -> SeenThrough | None:
    """The client behind our own relays; None where the client is no relay of ours.

    `ip` of the answer is None where a relay's Received field cannot be read for sure.
    """
    ours = tuple(relays)
    client = envelope.client.ip
    if envelope.door is not Door.SMTP or client is None or not _is_one_of(client, ours):
        return None
    relay = str(client)
    for header, _ in zip(message.all("received"), range(RELAYS_LIMIT), strict=False):
        found = _client_in(header.value)
        if found is None:
            break
        ip, helo = found
        if not _is_one_of(ip, ours):
            return SeenThrough(relay, ip, helo)
    return SeenThrough(relay, None, "")


def as_seen(envelope: Envelope, seen: SeenThrough | None) -> Envelope:
    """The envelope with the client that is to be judged."""
    if seen is None:
        return envelope
    return replace(envelope, client=replace(envelope.client, ip=seen.ip, helo=seen.helo))


def _is_one_of(ip: IPAddress, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    plain = plain_ip(ip)
    return any(plain.version == network.version and plain in network for network in networks)


def _client_in(value: bytes) -> tuple[IPAddress, str] | None:
    """The address and the HELO in one Received field; None unless exactly one can be meant."""
    if not value.isascii():
        return None
    match = _FROM.fullmatch(" ".join(value.decode("ascii").split()))
    if match is None or "[" in match["rest"] or " by " in match["rest"]:
        return None
    try:
        ip = plain_ip(ip_address(re.sub("(?i)^ipv6:", "", match["ip"])))
    except ValueError:
        return None
    return ip, match["helo"]
