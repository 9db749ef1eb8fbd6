"""From the configuration to what it takes to receive mail."""

from ipaddress import ip_network

from bounce_rules.load import load_rules
from cli.basis import basis_of
from cli.clock import now
from cli.config import Config
from cli.judging import policy, resolver, verify_settings
from mail.address import Domain
from mta.receive import Tools
from store.writer import Writer
from verify.dns_lists import DnsList, DnsLists
from verify.resolver import Resolver

_OWN = tuple(
    ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Addresses of one's own networks, of which no list knows anything."""


def dns_lists(config: Config, asked: Resolver) -> DnsLists | None:
    """The DNS lists that are asked about clients, if there are any."""
    smtp = config.smtp
    if not smtp.dns_lists:
        return None
    lists = [DnsList(one.zone, one.codes, one.cure, one.name) for one in smtp.dns_lists]
    exempt = (*_OWN, *smtp.large_senders, *config.verify.trusted_relays)
    return DnsLists(lists, exempt, asked, now)


def tools(config: Config, writer: Writer, *, demo: bool = False) -> Tools:
    """Everything that `receive` needs."""
    settings, wishes, rules = verify_settings(config), policy(config), load_rules()
    asked = resolver(config, demo=demo)
    return Tools(
        resolver=asked,
        verify=settings,
        policy=wishes,
        rules=rules,
        writer=writer,
        hostname=Domain(config.hostname),
        now=now,
        basis=basis_of(settings, wishes, rules),
        dns_lists=dns_lists(config, asked),
    )
