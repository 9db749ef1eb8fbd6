"""The table of rates: what a network may do in a minute, and that it never grows."""

import os
from dataclasses import replace
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

from mail.address import Domain
from mta.rates import WAYS, Allowance, Kind, Rates, RateTable
from mta.settings import SmtpSettings

SETTINGS = SmtpSettings(Domain("mx.postern.example"), Path("unused"), messages_per_minute=6)


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def allowance(rates: Rates, ip: str) -> Allowance:
    found = rates.of(ip_address(ip))
    assert found is not None
    return found


def taken(one: Allowance, kind: Kind = Kind.MESSAGES) -> int:
    """How many are allowed at once."""
    return next(number for number in range(1000) if not one.take(kind))


def test_a_minute_has_its_number_and_gives_back_as_time_passes() -> None:
    watch = Watch()
    rates = Rates(SETTINGS, clock=watch)
    client = allowance(rates, "192.0.2.1")
    assert taken(client) == 6
    watch.seconds += 9.9
    assert not client.take(Kind.MESSAGES)
    watch.seconds += 0.2
    assert client.take(Kind.MESSAGES)
    assert not client.take(Kind.MESSAGES)
    watch.seconds += 600
    assert taken(client) == 6


def test_kinds_that_have_no_limit_are_not_counted() -> None:
    client = allowance(Rates(SETTINGS), "192.0.2.1")
    assert all(client.take(Kind.RECIPIENTS) for _ in range(1000))
    assert all(client.has_room(Kind.ERRORS) for _ in range(1000))


def test_a_network_shares_its_allowance_and_others_have_their_own() -> None:
    rates = Rates(SETTINGS, clock=Watch())
    assert taken(allowance(rates, "192.0.2.1")) == 6
    assert not allowance(rates, "192.0.2.254").has_room(Kind.MESSAGES)
    assert taken(allowance(rates, "192.0.3.1")) == 6
    assert taken(allowance(rates, "2001:db8::1")) == 6
    assert taken(allowance(rates, "2001:db8::2")) == 0


def test_many_networks_of_one_house_share_a_wider_one() -> None:
    rates = Rates(SETTINGS, clock=Watch())
    first = int(IPv6Address("2001:db8:1::"))
    sent = [taken(allowance(rates, str(IPv6Address(first + (n << 64))))) for n in range(20)]
    assert sum(sent) == 8 * 6
    assert taken(allowance(rates, "2001:db8:2::1")) == 6


def test_large_senders_have_no_such_limit_and_nobody_has_where_none_is_set() -> None:
    large = replace(SETTINGS, large_senders=(ip_network("198.51.100.0/24"),))
    assert Rates(large).of(ip_address("198.51.100.7")) is None
    assert Rates(large).of(ip_address("198.51.101.7")) is not None
    assert Rates(replace(SETTINGS, messages_per_minute=0)).of(ip_address("192.0.2.1")) is None


def test_no_number_of_networks_makes_the_table_grow() -> None:
    table = RateTable(sets=4)
    rates = Rates(SETTINGS, table, Watch())
    size = len(table.keys)
    first = int(IPv6Address("2001:db8::"))
    for number in range(2000):
        assert allowance(rates, str(IPv6Address(first + (number << 80)))).take(Kind.MESSAGES)
    assert len(table.keys) == size
    assert sum(1 for key in table.keys[:: size // (4 * WAYS)] if key) <= 4 * WAYS


def test_who_was_idle_longest_makes_room() -> None:
    watch = Watch()
    table = RateTable(sets=1)
    rates = Rates(SETTINGS, table, watch)
    busy = allowance(rates, "192.0.2.1")
    assert taken(busy) == 6
    for number in range(WAYS * 3):
        watch.seconds += 0.01
        allowance(rates, f"198.51.{number}.1").take(Kind.MESSAGES)
    assert not busy.has_room(Kind.MESSAGES)


def test_sister_processes_count_together() -> None:
    table = RateTable()
    watch = Watch()
    pid = os.fork()
    if pid == 0:
        sent = taken(allowance(Rates(SETTINGS, table, watch), "192.0.2.1"))
        os._exit(sent)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6
    assert taken(allowance(Rates(SETTINGS, table, watch), "192.0.2.1")) == 0
