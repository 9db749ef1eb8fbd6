from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mail.address import Domain
from mta.limits import ConnectionLimits
from mta.rates import client_networks
from mta.settings import SmtpSettings
from tests.mta.test_rates import Watch

SETTINGS = SmtpSettings(
    Domain("mx.postern.example"),
    Path("unused"),
    max_connections=5,
    max_connections_per_client=2,
    large_senders=(ip_network("198.51.100.0/24"),),
)


def test_a_client_is_its_network() -> None:
    for one, other, stranger in (
        ("192.0.2.77", "192.0.2.1", "192.0.3.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::", "2001:db8:1:3::4"),
    ):
        networks = [client_networks(ip_address(ip))[0] for ip in (one, other, stranger)]
        assert networks[0] == networks[1] != networks[2]


def test_who_has_many_networks_of_ipv6_does_not_get_all_connections() -> None:
    limits = ConnectionLimits(replace(SETTINGS, max_connections=100))
    admitted = [limits.admit(ip_address(f"2001:db8:1:{n:x}::1")) is None for n in range(50)]
    assert admitted.count(True) == 8 * 2
    assert limits.admit(ip_address("2001:db8:2::1")) is None


def test_one_network_has_its_limit_and_others_are_not_touched() -> None:
    limits = ConnectionLimits(SETTINGS)
    assert limits.admit(ip_address("192.0.2.1")) is None
    assert limits.admit(ip_address("192.0.2.2")) is None
    refusal = limits.admit(ip_address("192.0.2.3"))
    assert refusal is not None
    assert str(refusal).startswith("421 4.7.0")
    assert limits.admit(ip_address("192.0.3.1")) is None


def test_all_together_have_a_limit_too() -> None:
    limits = ConnectionLimits(SETTINGS)
    for number in range(5):
        assert limits.admit(ip_address(f"192.0.{number}.1")) is None
    refusal = limits.admit(ip_address("192.0.9.1"))
    assert refusal is not None
    assert str(refusal).startswith("421 4.3.2")


def test_who_leaves_makes_room() -> None:
    limits = ConnectionLimits(SETTINGS)
    for _ in range(20):
        assert limits.admit(ip_address("192.0.2.1")) is None
        assert limits.admit(ip_address("192.0.2.2")) is None
        limits.release(ip_address("192.0.2.1"))
        limits.release(ip_address("192.0.2.2"))
    assert limits.open == 0


def test_large_senders_have_the_limit_of_all_only() -> None:
    limits = ConnectionLimits(SETTINGS)
    for number in range(5):
        assert limits.admit(ip_address(f"198.51.100.{number}")) is None
    assert limits.admit(ip_address("198.51.100.9")) is not None


def test_a_flood_of_refused_connections_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()
    limits = ConnectionLimits(SETTINGS, clock=watch)
    ip = ip_address("192.0.2.1")
    for _ in range(100):
        limits.admit(ip)
    watch.seconds += 1
    limits.admit(ip)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        f"connection client=192.0.2.1 event=refused untold={untold} reply=421 4.7.0 "
        "Too many connections from your network"
        for untold in (0, 97)
    ]
