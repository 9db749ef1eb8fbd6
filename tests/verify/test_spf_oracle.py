"""pyspf, and our evaluation of the same records over the same DNS: they agree on the result."""

from ipaddress import ip_address
from typing import Any

import spf
from hypothesis import given
from hypothesis import strategies as st

from mail.address import Address, Domain
from mail.envelope import Client, Door, Envelope
from tests.fakes import NOON
from verify.spf.check import check_spf
from verify.zones import ZoneResolver

NAMES = ["d.example", "a.example", "b.example", "c.example"]
TERMS = [
    "a", "mx", "a/24", "mx/24", "ip4:192.0.2.0/25", "ip4:203.0.113.9", "ip6:2001:db8::/32",
    "exists:%{d}", "exists:%{o}", *(f"{word}:{name}" for word in ("a", "mx") for name in NAMES),
]  # fmt: skip
ENDS = ["", "-all", "~all", "?all", "+all"]


def hosts(included: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A name that includes only these, so that no record includes itself: pyspf sees that before
    it matches the first term. It counts what leads nowhere otherwise too (RFC 7208 §4.6.4), so
    every name has every type of record."""
    choices = st.sampled_from([*TERMS, *(f"include:{name}" for name in included)])
    terms = st.tuples(st.sampled_from(["", "+", "-", "~", "?"]), choices).map("".join)
    records = st.tuples(st.lists(terms, max_size=4), st.sampled_from(ENDS)).map(
        lambda made: " ".join(["v=spf1", *made[0], made[1]])
    )
    return st.fixed_dictionaries(
        {
            "TXT": records,
            "A": st.sampled_from(["192.0.2.1", "192.0.2.200", "203.0.113.1"]),
            "MX": st.sampled_from(NAMES).map(lambda name: [10, name]),
        }
    )


zones = st.fixed_dictionaries({name: hosts(NAMES[at + 1 :]) for at, name in enumerate(NAMES)})


class Oracle(spf.query):  # type: ignore[misc]
    """pyspf as it is, over a table."""

    def __init__(self, zone: dict[str, dict[str, Any]], ip: str, sender: str, helo: str) -> None:
        super().__init__(i=ip, s=sender, h=helo)
        self.zone = zone

    def dns(self, name: str, qtype: str, *more: object, **named: object) -> list[Any]:
        value = self.zone[name.rstrip(".").lower()][qtype]
        if qtype == "TXT":
            value = (value.encode(),)
        return [tuple(value) if qtype == "MX" else value]


@given(zones, st.sampled_from(["192.0.2.1", "203.0.113.1"]))
async def test_pyspf_comes_to_the_same_result(zone: dict[str, dict[str, Any]], ip: str) -> None:
    word = Oracle(zone, ip, "li@d.example", "mx.example").check()[0]
    table = {name: [{kind: one} for kind, one in host.items()] for name, host in zone.items()}
    envelope = Envelope(
        id="oracle",
        door=Door.SMTP,
        client=Client(ip=ip_address(ip), helo="mx.example"),
        mail_from=Address("li", Domain("d.example")),
        rcpt_to=(),
        received_at=NOON,
    )
    ours = await check_spf(envelope, ZoneResolver.from_mapping(table))
    assert ours.result.value == word
