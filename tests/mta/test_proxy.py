"""The PROXY header, version 1 and 2: what is read, what is refused, and never an octet too far."""

import asyncio
import socket
import struct
from ipaddress import ip_address

import pytest
from aiosmtpd.proxy_protocol import get_proxy

from mta.proxy import LONGEST_BINARY, SIGNATURE, BadProxyHeader, missing, parse_proxy_header

V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 4711, 25)
V6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + struct.pack("!HH", 4711, 25)
)
TLV = b"\x04\x00\x03abc" + b"\x20\x00\x05\x01\0\0\0\0"


def binary(command: int, kind: int, content: bytes = b"") -> bytes:
    return SIGNATURE + bytes((command, kind)) + struct.pack("!H", len(content)) + content


GOOD: dict[str, tuple[bytes, str | None]] = {
    "tcp4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", "192.0.2.7"),
    "shortest-tcp4": (b"PROXY TCP4 1.1.1.1 2.2.2.2 0 1\r\n", "1.1.1.1"),
    "tcp6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n", "2001:db8::7"),
    "shortest-tcp6": (b"PROXY TCP6 :: :: 1 1\r\n", "::"),
    "longest-tcp6": (
        b"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ),
    "unknown": (b"PROXY UNKNOWN\r\n", None),
    "unknown-with-more": (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
    "longest-unknown": (b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", None),
    "binary-ipv4": (binary(0x21, 0x11, V4), "192.0.2.7"),
    "binary-ipv6": (binary(0x21, 0x21, V6), "2001:db8::7"),
    "binary-with-tlvs": (binary(0x21, 0x11, V4 + TLV), "192.0.2.7"),
    "binary-of-the-greatest-length": (
        binary(0x21, 0x11, V4.ljust(LONGEST_BINARY, b"\0")),
        "192.0.2.7",
    ),
    "binary-local": (binary(0x20, 0x00), None),
    "binary-local-with-addresses": (binary(0x20, 0x11, V4), None),
    "binary-unspecified": (binary(0x21, 0x00, TLV), None),
    "binary-unix": (binary(0x21, 0x31, bytes(216)), None),
    "binary-datagram": (binary(0x21, 0x12, V4), None),
}


@pytest.mark.parametrize(("header", "client"), GOOD.values(), ids=GOOD)
def test_a_header_names_its_client(header: bytes, client: str | None) -> None:
    found = parse_proxy_header(header)
    assert (None if found is None else str(found[0])) == client


@pytest.mark.parametrize(("header", "client"), [one for one in GOOD.values() if one[1] is not None])
async def test_another_reader_finds_the_same_client(header: bytes, client: str) -> None:
    """aiosmtpd's, which we do not use: it reads on to a line end that may not come, and too far."""
    reader = asyncio.StreamReader()
    reader.feed_data(header)
    found = await get_proxy(reader)
    assert found.valid
    assert str(found.src_addr) == client
    assert parse_proxy_header(header) == (found.src_addr, found.src_port)


def test_the_port_is_that_of_the_client() -> None:
    for header in (GOOD["tcp4"][0], GOOD["binary-ipv4"][0], GOOD["binary-ipv6"][0]):
        found = parse_proxy_header(header)
        assert found is not None
        assert found[1] == 4711


@pytest.mark.parametrize(("header", "client"), GOOD.values(), ids=GOOD)
def test_a_header_is_read_to_its_end_and_never_further(header: bytes, client: str | None) -> None:
    """Whoever reads as much as is missing, or any part of it, has the header and no more."""
    for most in (1, 7, 10_000):
        received = b""
        while wanted := missing(received):
            received += (header + b"EHLO x\r\n")[len(received) :][: min(wanted, most)]
        assert received == header


BAD = {
    "smtp": b"EHLO client.example\r\n",
    "lower-case": b"proxy TCP4 192.0.2.7 198.51.100.1 4711 25\r\n",
    "half-a-signature": b"\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0",
    "udp": b"PROXY UDP4 192.0.2.7 198.51.100.1 4711 25\r\n",
    "no-addresses": b"PROXY TCP4 \r\nEHLO client.example\r\n",
    "line-feed-alone": b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\nEHLO client.example\r\n",
    "endless": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "too-long": SIGNATURE + b"\x21\x11" + struct.pack("!H", LONGEST_BINARY + 1),
}


@pytest.mark.parametrize("octets", BAD.values(), ids=BAD)
def test_what_is_no_header_is_seen_before_it_ends(octets: bytes) -> None:
    received = b""
    with pytest.raises(BadProxyHeader) as problem:
        while wanted := missing(received):
            assert len(received) < len(octets)
            received += octets[len(received) :][:wanted]
    assert str(problem.value).isprintable()


WRONG = {
    "name-for-an-address": b"PROXY TCP4 mx.example 198.51.100.1 4711 25\r\n",
    "ipv6-as-ipv4": b"PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n",
    "ipv4-as-ipv6": b"PROXY TCP6 192.0.2.7 198.51.100.1 4711 25\r\n",
    "octal": b"PROXY TCP4 192.0.02.7 198.51.100.1 4711 25\r\n",
    "scope": b"PROXY TCP6 fe80::1%eth0\t :: 4711 25\r\n",
    "too-few": b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n",
    "too-many": b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25 x\r\n",
    "two-spaces": b"PROXY TCP4 192.0.2.7  198.51.100.1 4711 25\r\n",
    "port-too-large": b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n",
    "port-with-zeros": b"PROXY TCP4 192.0.2.7 198.51.100.1 0025 25\r\n",
    "port-with-a-sign": b"PROXY TCP4 192.0.2.7 198.51.100.1 +25 25\r\n",
    "port-in-other-digits": "PROXY TCP4 192.0.2.7 198.51.100.1 ٢٥ 25\r\n".encode(),
    "eight-bit": b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\xff\r\n",
    "version-1-in-binary": binary(0x11, 0x11, V4),
    "unknown-command": binary(0x22, 0x11, V4),
    "unknown-family": binary(0x21, 0x41, V4),
    "unknown-transport": binary(0x21, 0x13, V4),
    "short-ipv4": binary(0x21, 0x11, V4[:11]),
    "short-ipv6": binary(0x21, 0x21, V6[:35]),
    "short-unix": binary(0x21, 0x31, bytes(215)),
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG)
def test_a_header_that_names_nobody_is_refused(header: bytes) -> None:
    with pytest.raises(BadProxyHeader) as problem:
        parse_proxy_header(header)
    assert str(problem.value).isprintable()


def test_an_address_is_kept_as_it_is_said() -> None:
    found = parse_proxy_header(GOOD["tcp6"][0])
    assert found == (ip_address("2001:db8::7"), 4711)
