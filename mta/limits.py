"""How many connections there may be, in all and from one client network."""

from collections import Counter
from ipaddress import IPv4Network, IPv6Network, ip_network

from mail.envelope import IPAddress
from mail.reply import Reply
from mta.settings import SmtpSettings

IPNetwork = IPv4Network | IPv6Network

_PREFIX_LENGTH = {4: 24, 6: 64}
"""What one client has at its disposal, usually: a /24 of IPv4, a /64 of IPv6."""


class ConnectionLimits:
    """Counts the open connections; `admit` each new one, and `release` it when it is closed."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._most = settings.max_connections
        self._most_per_client = settings.max_connections_per_client
        self._large_senders = settings.large_senders
        self._by_network: Counter[IPNetwork] = Counter()
        self.open = 0

    def admit(self, ip: IPAddress | None) -> Reply | None:
        """Count a connection; or the reply that refuses it, and then it is not counted."""
        if self.open >= self._most:
            return Reply(421, "4.3.2", "Too many connections, try again later")
        network = client_network(ip) if ip is not None else None
        if network is not None:
            if self._by_network[network] >= self._most_per_client and not self._is_large(ip):
                return Reply(421, "4.7.0", "Too many connections from your network")
            self._by_network[network] += 1
        self.open += 1
        return None

    def release(self, ip: IPAddress | None) -> None:
        """A connection that was admitted is closed."""
        self.open -= 1
        if ip is None:
            return
        network = client_network(ip)
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]

    def _is_large(self, ip: IPAddress | None) -> bool:
        return ip is not None and any(ip in network for network in self._large_senders)


def client_network(ip: IPAddress) -> IPNetwork:
    """The network that counts as one client: /24 or /64."""
    return ip_network((ip, _PREFIX_LENGTH[ip.version]), strict=False)
