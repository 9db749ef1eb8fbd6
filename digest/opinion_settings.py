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
        """Raises SettingsProblem for an address that would send mail in the clear."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise SettingsProblem(
                "digest.second_opinion.url must be an address such as https://api.example.com/v1"
            )
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise SettingsProblem(
                "digest.second_opinion.url must begin with https:// unless it is on this machine"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
