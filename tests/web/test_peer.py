"""Who is at the other end, through proxies that we trust and past those that we do not."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.requests import Request

from tests.web.conftest import PASSWORD, Front, console, csrf_of
from web.caller import COOKIE
from web.peer import client_address, may_read_metrics, network_of, origins
from web.settings import WebSettings

PROXY = WebSettings(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def request(peer: str | None, **headers: str) -> Request:
    """A request as the server hands it over."""
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "scheme": "http",
            "server": ("127.0.0.1", 8025),
            "path": "/",
            "headers": fields,
            "client": (peer, 4711) if peer else None,
        }
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_client_is_the_first_foreign_address_from_the_right(
    peer: str, forwarded: str, client: str
) -> None:
    assert str(client_address(request(peer, x_forwarded_for=forwarded), PROXY)) == client


def test_a_unix_socket_has_no_address() -> None:
    assert client_address(request(None), PROXY) is None
    assert network_of(None) == "local"


def test_an_ipv6_client_counts_as_its_network() -> None:
    first = client_address(request("2001:db8:1:2::5"), PROXY)
    second = client_address(request("2001:db8:1:2:ffff::9"), PROXY)
    assert network_of(first) == network_of(second) == "2001:db8:1:2::/64"


def test_an_origin_is_ours_by_the_public_address_or_by_the_request() -> None:
    settings = WebSettings(
        public_url="https://Mail.example.com/", trusted_proxies=PROXY.trusted_proxies
    )
    direct = request("127.0.0.1", host="127.0.0.1:8025")
    assert origins(direct, settings) == {"https://mail.example.com", "http://127.0.0.1:8025"}
    behind = request("10.0.0.1", host="console.example.com", x_forwarded_proto="https")
    assert "https://console.example.com" in origins(behind, settings)
    forged = request("203.0.113.9", host="console.example.com", x_forwarded_proto="https")
    assert "https://console.example.com" not in origins(forged, settings)


@pytest.mark.parametrize(
    ("peer", "headers", "allowed"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("192.0.2.7", {}, True),
        ("203.0.113.9", {}, False),
        ("127.0.0.1", {"x_forwarded_for": "203.0.113.9"}, False),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, False),
        ("10.0.0.1", {"x_forwarded_for": "192.0.2.7"}, True),
        ("10.0.0.1", {"x_forwarded_for": "203.0.113.9"}, False),
        (None, {}, False),
    ],
)
def test_metrics_are_for_loopback_and_their_networks(
    peer: str | None, headers: dict[str, str], allowed: bool
) -> None:
    settings = WebSettings(
        trusted_proxies=PROXY.trusted_proxies, metrics_networks=(ip_network("192.0.2.0/24"),)
    )
    assert may_read_metrics(request(peer, **headers), settings) is allowed


def test_with_https_cookies_are_secure_and_browsers_are_told_to_stay(
    front: Front, folder: Path
) -> None:
    settings = WebSettings(public_url="https://mail.example.com")
    with console(front, folder, settings) as site:
        client = site.client()
        page = client.get("/login")
        assert "max-age" in page.headers["strict-transport-security"]
        visit = page.headers["set-cookie"].split(";")[0]
        form = {"name": "admin", "password": PASSWORD, "csrf": csrf_of(page.text)}
        headers = {"cookie": visit, "origin": "https://mail.example.com"}
        answer = client.post("/login", data=form, headers=headers)
        lines = answer.headers.get_list("set-cookie")
        session = next(line for line in lines if line.startswith(COOKIE))
        assert "Secure" in session
