"""The header with which a proxy names the client behind it (HAProxy's PROXY protocol, 1 and 2).

Pure: octets in, the client's address out. A header is read to its last octet and no further,
because a TLS handshake may follow; `missing` says how much may be read. What the specification
leaves to the receiver: sources that are no TCP client (Unix sockets, datagrams, UNKNOWN) and the
proxy's own checks (LOCAL) count as the proxy itself, and TLVs are skipped.
"""

import struct
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from mail.envelope import IPAddress
from mail.reply import printable

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""The first 12 octets of version 2."""

LONGEST_LINE = 107
"""Octets of a header of version 1 with its CRLF."""

LONGEST_BINARY = 4096
"""Octets of addresses and TLVs in version 2. The length field allows 65535; what proxies send
(unique ids, the client's certificate name) is a few hundred."""

_BINARY_HEAD = 16
_SHORTEST = 15
"""Octets of `PROXY UNKNOWN`, CR and LF, which no header is shorter than."""
_SHORTEST_LINE = {b"PROXY TCP4 ": 32, b"PROXY TCP6 ": 22}
_LOCAL, _PROXY = 0, 1
_STREAM = 1
_KINDS: dict[int, tuple[int, type[IPv4Address] | type[IPv6Address] | None]] = {
    0: (0, None),
    1: (4, IPv4Address),
    2: (16, IPv6Address),
    3: (108, None),
}
"""Address families of version 2: octets of one address, and what it is (0 unspecified, 3 Unix)."""

Source = tuple[IPAddress, int]


class BadProxyHeader(Exception):
    """What came is no PROXY header; says why in one printable line."""


def missing(received: bytes) -> int:
    """How many octets more belong to the header for certain; 0 once it is complete.

    Raises BadProxyHeader as soon as no header can begin like this.
    """
    if len(received) < _SHORTEST:
        if not _may_begin(received):
            raise BadProxyHeader(f"it begins with {printable(ascii(received))}")
        return _SHORTEST - len(received)
    if received.startswith(SIGNATURE):
        return _missing_binary(received)
    return _missing_line(received)


def _may_begin(received: bytes) -> bool:
    return any(
        received.startswith(start) or start.startswith(received)
        for start in (SIGNATURE, b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN")
    )


def _missing_binary(received: bytes) -> int:
    if len(received) < _BINARY_HEAD:
        return _BINARY_HEAD - len(received)
    length = int.from_bytes(received[14:16], "big")
    if length > LONGEST_BINARY:
        raise BadProxyHeader(f"{length} octets are more than the {LONGEST_BINARY} taken here")
    return _BINARY_HEAD + length - len(received)


def _missing_line(received: bytes) -> int:
    if not _may_begin(received) or b"\n" in received[:-1]:
        raise BadProxyHeader(f"it begins with {printable(ascii(received))}")
    if received.endswith(b"\r\n"):
        return 0
    if len(received) >= LONGEST_LINE:
        raise BadProxyHeader(f"it is longer than {LONGEST_LINE} octets")
    if len(received) < (shortest := _SHORTEST_LINE.get(received[:11], 0)):
        return shortest - len(received)
    return 1 if received.endswith(b"\r") or len(received) == LONGEST_LINE - 1 else 2


def parse_proxy_header(header: bytes) -> Source | None:
    """The client's address and port; None where the proxy speaks for itself.

    `header` is complete. Raises BadProxyHeader.
    """
    return _parse_binary(header) if header.startswith(SIGNATURE) else _parse_line(header)


def _parse_line(header: bytes) -> Source | None:
    if header.startswith(b"PROXY UNKNOWN"):  # what may follow is to be ignored
        return None
    try:
        _, family, source, destination, *ports = header.decode("ascii")[:-2].split(" ")
        if "%" in source + destination:  # a zone says nothing beyond its own machine
            raise ValueError("an address has a zone")
        kind = IPv4Address if family == "TCP4" else IPv6Address
        client = kind(source)
        kind(destination)
        port, _ = (_port(text) for text in ports)
    except ValueError as error:
        raise BadProxyHeader(f"{printable(ascii(header))} does not name a client") from error
    return client, port


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if str(port) != text or port > 65535:
        raise ValueError(f"{text} is no port")
    return port


def _parse_binary(header: bytes) -> Source | None:
    version, command = header[12] >> 4, header[12] & 15
    family, transport = header[13] >> 4, header[13] & 15
    if version != 2 or command not in (_LOCAL, _PROXY):
        raise BadProxyHeader(f"version and command are {header[12]:#04x}")
    if command == _LOCAL:
        return None
    if family not in _KINDS or transport > 2:
        raise BadProxyHeader(f"address family and transport are {header[13]:#04x}")
    octets, kind = _KINDS[family]
    needed = 2 * octets + (4 if kind else 0)
    if len(header) - _BINARY_HEAD < needed:
        raise BadProxyHeader(f"its addresses are shorter than {needed} octets")
    if kind is None or transport != _STREAM:
        return None
    return _binary_source(header[_BINARY_HEAD:], octets, kind)


def _binary_source(
    addresses: bytes, octets: int, kind: type[IPv4Address] | type[IPv6Address]
) -> Source:
    try:
        client = kind(addresses[:octets])
    except AddressValueError as error:
        raise BadProxyHeader("its source is no address") from error
    (port,) = struct.unpack_from("!H", addresses, 2 * octets)
    return client, port
