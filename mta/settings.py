"""What the operator may set about the SMTP door; `cli.build` makes it from the configuration."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from mail.address import Domain


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Limits and files of the door. Times are seconds, sizes octets.

    `hostname` stands in the greeting and in EHLO's answer. `large_senders` are networks without
    a limit of their own; `greet_delay` is how long a client is watched before the greeting;
    `bare_newlines` says whether data with a CR or LF that stands alone are refused (550 5.6.0)
    or kept as they are. `tls_certificate` and `tls_key` are PEM files (the key may be in the
    certificate's file); without a certificate there is no STARTTLS. `require_tls` refuses mail
    in the clear from everybody or from these networks. From `proxy_networks` come connections
    that begin with a PROXY header, which is waited for `proxy_timeout`. Of one message
    `memory_threshold_bytes` stay in memory before it goes to a spool file, and
    `memory_budget_bytes` is what all messages together may hold there.

    Of one session: `max_errors` commands may fail, `max_commands` and among them
    `max_idle_commands` that bring no mail forward may be sent, each until a message is accepted;
    `max_transactions` may be begun (0: any number). From the `tarpit_after`th error on, the
    answer to each further one waits longer, `tarpit_seconds` at most (0: not at all). Data must
    come with `min_transfer_rate` octets a second, on the average of each `transfer_window`. A
    client's network may do so much in a minute as the four `..._per_minute` say (0: no limit).
    """

    hostname: Domain
    spool_dir: Path
    max_message_bytes: int = 52_428_800
    max_connections: int = 2000
    max_connections_per_client: int = 100
    large_senders: tuple[IPv4Network | IPv6Network, ...] = ()
    max_recipients: int = 1000
    memory_budget_bytes: int = 134_217_728
    memory_threshold_bytes: int = 131_072
    command_timeout: float = 300
    data_timeout: float = 180
    session_timeout: float = 3600
    greet_delay: float = 0
    max_errors: int = 20
    max_commands: int = 200_000
    max_idle_commands: int = 10_000
    max_transactions: int = 0
    tarpit_after: int = 10
    tarpit_seconds: float = 0
    min_transfer_rate: float = 100
    transfer_window: float = 300
    connections_per_minute: int = 0
    messages_per_minute: int = 0
    recipients_per_minute: int = 0
    errors_per_minute: int = 0
    max_hops: int = 50
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    require_tls: bool | tuple[IPv4Network | IPv6Network, ...] = False
    handshake_timeout: float = 60
    proxy_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_timeout: float = 10
    bare_newlines: Literal["refuse", "accept"] = "refuse"
