"""Who is asked for a second opinion, and how much of a message is told there."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mail.errors import SettingsProblem


@dataclass(frozen=True, slots=True)
class OpinionSettings:
    """`url` is the endpoint's base, such as https://api.example/v1; `threshold` the confidence
    below which it is asked; `timeout` the seconds of one question, in all."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    threshold: float = 0.6
    timeout: float = 10.0
    max_characters: int = 2000
    max_calls_per_minute: int = 30

    def __post_init__(self) -> None:
        """Raises SettingsProblem for an address that would send mail in the clear, and for what no
        request can be made with."""
        host = _host_of(self.url)
        if host is None:
            raise SettingsProblem(
                "digest.second_opinion.url must be an address such as https://api.example.com/v1"
            )
        if self.key is not None and not (self.key.isascii() and self.key.isprintable()):
            raise SettingsProblem(
                "digest.second_opinion.key must be one line of plain ASCII characters"
            )
        if self.url.lower().startswith("http:") and not _is_loopback(host):
            raise SettingsProblem(
                "digest.second_opinion.url must begin with https:// unless it is on this machine"
            )


def _host_of(url: str) -> str | None:
    """The host of an address that a request can be sent to; None for any other text."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number of a port
    except ValueError:
        return None
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not is_plain or parts.scheme not in ("http", "https") or parts.username:
        return None
    return parts.hostname or None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
