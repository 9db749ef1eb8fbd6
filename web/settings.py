"""How the console and the API are reached, and whom they believe."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from mail.public_page import PublicPages

IPNetwork = IPv4Network | IPv6Network

LOOPBACK: tuple[IPNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`public_url` is how others reach us, such as `https://mail.example.com`; cookies are marked
    Secure where it is https. `trusted_proxies` are the networks whose X-Forwarded-For and -Proto
    are believed; `metrics_networks` may read /metrics besides loopback. `hostname` and `version`
    are shown on the about page. `public_pages` reads the tokens of the pages for senders; without
    it there are none.
    """

    public_url: str | None = None
    trusted_proxies: tuple[IPNetwork, ...] = ()
    metrics_networks: tuple[IPNetwork, ...] = field(default=())
    hostname: str = ""
    version: str = ""
    public_pages: PublicPages | None = None

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by https only, so that cookies can be kept to it."""
        return (self.public_url or "").lower().startswith("https://")

    @property
    def public_origin(self) -> str | None:
        """Scheme, host and port of `public_url` as a browser writes them in Origin."""
        if self.public_url is None:
            return None
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower()
