"""The client's address as the DNS knows it."""

from ipaddress import IPv6Address

from mail.envelope import IPAddress


def plain_ip(ip: IPAddress) -> IPAddress:
    """An IPv4-mapped address is the IPv4 address (RFC 7208 §5); a zone id says nothing here."""
    if isinstance(ip, IPv6Address):
        return ip.ipv4_mapped or IPv6Address(int(ip))
    return ip
