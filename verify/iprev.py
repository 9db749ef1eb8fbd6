"""iprev (RFC 8601 §3.1): does the client's address have a name that leads back to it?

Forward-confirmed reverse DNS: the address's PTR names are asked for their addresses, and the
first that has the client's own among them is its confirmed name. It proves that who runs the
network also runs the name; it says nothing about the mail.
"""

from functools import lru_cache
from ipaddress import ip_address

from mail.envelope import Client, IPAddress
from mail.reply import printable
from mail.report import IprevResult, IprevWord
from verify.answer import Answer, Resolver, can_be_asked, plain_name
from verify.client import plain_ip
from verify.side_by_side import Begun, finish

NAMES = 10
"""PTR names that are looked at, as RFC 7208 §4.6.4 has it; nobody honest has more."""


async def check_iprev(client: Client, resolver: Resolver) -> IprevResult:
    """The client's confirmed name; never raises for what the DNS did."""
    if client.ip is None:
        return IprevResult(IprevWord.PERMERROR, "", "no client address is known")
    ip = plain_ip(client.ip)
    reverse = await resolver.query(_pointer(str(ip)), "PTR")
    if reverse.failed:
        return IprevResult(IprevWord.TEMPERROR, "", f"the PTR query for {ip} {reverse.trouble}")
    names = [name for name in map(plain_name, reverse.hosts[:NAMES]) if can_be_asked(name)]
    if not names:
        return IprevResult(IprevWord.PERMERROR, "", f"{ip} has no name (PTR record)")
    return _judge(str(ip), names, await _addresses(ip, names, resolver))


@lru_cache(maxsize=1024)
def _pointer(ip: str) -> str:
    """The name under which its PTR records are."""
    return ip_address(ip).reverse_pointer


def _judge(ip: str, names: list[str], answers: list[Answer]) -> IprevResult:
    """RFC 8601 §3.1: one name that leads back is enough."""
    for name, answer in zip(names, answers, strict=True):
        if ip in answer.hosts:
            shown = printable(name, 253)
            return IprevResult(IprevWord.PASS, shown, f"{ip} is {printable(name)}")
    shown = printable(", ".join(names))
    if any(answer.failed for answer in answers):
        return IprevResult(IprevWord.TEMPERROR, "", f"no address of {shown} could be had")
    return IprevResult(IprevWord.FAIL, "", f"{shown} does not lead back to {ip}")


async def _addresses(ip: IPAddress, names: list[str], resolver: Resolver) -> list[Answer]:
    rdtype = "A" if ip.version == 4 else "AAAA"
    asked = [Begun(resolver.query(name, rdtype)) for name in names]
    await finish(*asked)
    return [one.result for one in asked]
