"""DNS messages: our questions, and what a reply to one of them says (RFC 1035 §4).

Only the answer to what was asked is read: records of other owners, of other types and in other
sections are ignored, whoever put them there.
"""

import secrets
from dataclasses import dataclass

import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.txtbase import TXTBase

from verify.answer import Record, Status

PAYLOAD = 1232
"""Octets of a UDP reply that we ask for: what passes IPv6 paths unfragmented."""

CNAME_LIMIT = 10
"""Links of a CNAME chain that are followed. RFC 1034 §3.6.2 leaves the number to us."""

NO_SOA_TTL = 60
"""Seconds for a negative answer that names no zone to hold it (RFC 2308 §5 would keep none)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says. `alias` is set where it ends in a CNAME whose target was not asked."""

    status: Status
    records: tuple[Record, ...] = ()
    ttl: int = 0
    alias: str = ""


def build_query(name: str, rdtype: str, *, edns: bool = True) -> dns.message.QueryMessage:
    """A recursive query with a random id. `name` is one that can be asked."""
    labels = [label.encode("ascii") for label in name.split(".")]
    return dns.message.make_query(
        dns.name.Name([*labels, b""]),
        dns.rdatatype.from_text(rdtype),
        id=secrets.randbits(16),
        use_edns=0 if edns else False,
        payload=PAYLOAD,
    )


def read_reply(query: dns.message.QueryMessage, reply: dns.message.Message) -> Reading:
    """The reply's answer to the query's one question."""
    if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Reading(Status.SERVFAIL)
    question = query.question[0]
    name, ttl, links = question.name, 2**31 - 1, [question.name]
    while (rrset := _find(reply, name, question.rdtype)) is None:
        cname = _find(reply, name, dns.rdatatype.CNAME)
        if cname is None:
            return _negative(reply, name, ttl, aliased=len(links) > 1)
        name, ttl = _target(cname), min(ttl, cname.ttl)
        if name in links or len(links) > CNAME_LIMIT:
            return Reading(Status.SERVFAIL)
        links.append(name)
    records = tuple(_record(rdata) for rdata in rrset)
    return Reading(Status.OK, records, min(ttl, rrset.ttl))


def _find(
    reply: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
) -> dns.rrset.RRset | None:
    return reply.get_rrset(reply.answer, name, dns.rdataclass.IN, rdtype)


def _negative(
    reply: dns.message.Message, name: dns.name.Name, ttl: int, *, aliased: bool
) -> Reading:
    """RFC 2308 §2, §5: which kind of nothing, and for how long."""
    soa = _soa_ttl(reply)
    ttl = min(ttl, NO_SOA_TTL if soa is None else soa)
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return Reading(Status.NXDOMAIN, ttl=ttl)
    if aliased and soa is None:
        return Reading(Status.NODATA, ttl=ttl, alias=_text(name))
    return Reading(Status.NODATA, ttl=ttl)


def _soa_ttl(reply: dns.message.Message) -> int | None:
    for rrset in reply.authority:
        for rdata in rrset:
            if isinstance(rdata, SOA):
                return min(rrset.ttl, rdata.minimum)
    return None


def _target(cname: dns.rrset.RRset) -> dns.name.Name:
    target = cname[0].target
    assert isinstance(target, dns.name.Name)
    return target


def _record(rdata: dns.rdata.Rdata) -> Record:
    if isinstance(rdata, TXTBase):
        return tuple(rdata.strings)
    if isinstance(rdata, MX):
        return rdata.preference, _text(rdata.exchange)
    target = getattr(rdata, "target", None)
    return _text(target) if isinstance(target, dns.name.Name) else rdata.to_text()


def _text(name: dns.name.Name) -> str:
    """Dots and strange octets inside a label stay escaped: such a name equals no other."""
    return name.to_text(omit_final_dot=True).removesuffix(".")
