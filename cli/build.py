"""From the configuration to what each room needs: small frozen settings, and the tools."""

import os
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from ipaddress import ip_network
from pathlib import Path

from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from cli.basis import basis_of
from cli.config import Config
from cli.config_types import TrustConfig
from cli.store_config import StoreConfig
from mail.address import Domain
from mail.errors import SettingsProblem
from mail.reply_address import ReplyKey
from mail.trust import Known, Trust
from mta.receive import Tools
from pull.mailbox import MailboxSettings
from pull.visit import PullSettings
from store.blobs.bucket import BucketSettings
from store.database import StoreSettings
from store.durable import make_folder
from store.secrets import SecretBox
from store.writer import Writer
from verify.arc.sealers import large_sealers
from verify.authenticate import VerifySettings
from verify.dmarc.suffixes import SuffixList, load_suffixes
from verify.dns_lists import DnsList, DnsLists
from verify.resolver import DnsResolver, Resolver, ResolverSettings
from verify.zones import ZoneResolver


def now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


def prepare_data_dir(config: Config) -> None:
    """Make `data_dir` if it is not there. Raises SettingsProblem if it cannot be written."""
    try:
        make_folder(config.data_dir)
        probe = config.data_dir / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsProblem(
            f"data_dir: {config.data_dir} cannot be written: {error.strerror}; "
            "give it to the user that runs postern, or name another folder"
        ) from None


def store_settings(config: Config) -> StoreSettings:
    """Where the store is: a file of its own under `data_dir` unless a URL is set."""
    store = config.store
    return StoreSettings(
        url=store.url or "",
        data_dir=config.data_dir,
        synchronous_commit=store.synchronous_commit,
        connections=store.connections,
        blobs="local" if store.blobs == "local" else _bucket(store),
        inline_bytes=store.inline_bytes,
    )


def _bucket(store: StoreConfig) -> BucketSettings:
    """Where the object store is, and how to get in."""
    bucket, _, prefix = store.blobs.removeprefix("s3://").partition("/")
    access, secret = store.s3_access_key, store.s3_secret_key
    return BucketSettings(
        bucket=bucket,
        prefix=prefix,
        endpoint=store.s3_endpoint,
        region=store.s3_region,
        access_key=access.get_secret_value() if access else None,
        secret_key=secret.get_secret_value() if secret else None,
        timeout=store.s3_timeout,
    )


def secret_box(config: Config) -> SecretBox:
    """What seals the secrets of bound accounts."""
    return SecretBox(keys_file(config))


def keys_file(config: Config) -> Path:
    """Where the keys are that seal secrets and sign reply addresses."""
    return config.keys_file or config.data_dir / "keys"


def verify_settings(config: Config) -> VerifySettings:
    """What authentication needs to know."""
    return VerifySettings(
        authserv_id=config.authserv_id,
        trust=_sealers(config),
        trusted_relays=config.verify.trusted_relays,
        suffixes=_suffixes(config),
    )


def _suffixes(config: Config) -> SuffixList | None:
    """The public suffix list, where DMARC is to be that of RFC 7489."""
    wanted = config.verify.dmarc == "rfc7489"
    return load_suffixes(config.verify.public_suffix_list) if wanted else None


def _sealers(config: Config) -> tuple[Trust, ...]:
    """Those that the operator names, and the large ones for the destinations that want them."""
    large = (
        Trust(Known.SEAL, sealer.domain, destination, note=sealer.operator)
        for destination in config.verify.large_sealers
        for sealer in large_sealers()
    )
    return (*_trust(Known.SEAL, config.verify.trusted_sealers), *large)


def _trust(known_by: Known, named: Sequence[TrustConfig]) -> tuple[Trust, ...]:
    return tuple(Trust(known_by, one.name, one.destination, one.expires, one.note) for one in named)


def policy(config: Config) -> Policy:
    """What the rules ask about the operator's wishes."""
    return Policy(
        enforce=config.verify.enforce,
        dmarc_reply=config.verify.dmarc_reply,
        trust=(*_trust(Known.CLIENT, config.verify.trusted_forwarders), *_sealers(config)),
        reply_keys=_reply_keys(config),
    )


def _reply_keys(config: Config) -> Sequence[ReplyKey]:
    """Those of the key file, which is not made where nothing has been signed yet."""
    return secret_box(config).reply_keys() if keys_file(config).exists() else ()


def resolver(config: Config, *, demo: bool = False) -> Resolver:
    """The zone file if one is set, else the DNS; with the bundled zone in front for --demo."""
    found: Resolver
    if config.verify.dns_zones:
        found = ZoneResolver.from_file(config.verify.dns_zones)
    else:
        found = DnsResolver(
            ResolverSettings(servers=config.verify.dns_servers, timeout=config.verify.dns_timeout),
            now,
        )
    if not demo:
        return found
    from cli.demo_zone import in_front_of

    return in_front_of(found, config)


_OWN = tuple(
    ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Addresses of one's own networks, of which no list knows anything."""


def dns_lists(config: Config, asked: Resolver) -> DnsLists | None:
    """The DNS lists that are asked about clients, if there are any."""
    smtp = config.smtp
    if not smtp.dns_lists:
        return None
    lists = [DnsList(one.zone, one.codes, one.cure, one.name) for one in smtp.dns_lists]
    exempt = (*_OWN, *smtp.large_senders, *config.verify.trusted_relays)
    return DnsLists(lists, exempt, asked, now)


def tools(config: Config, writer: Writer, *, demo: bool = False) -> Tools:
    """Everything that `receive` needs."""
    settings, wishes, rules = verify_settings(config), policy(config), load_rules()
    asked = resolver(config, demo=demo)
    return Tools(
        resolver=asked,
        verify=settings,
        policy=wishes,
        rules=rules,
        writer=writer,
        hostname=Domain(config.hostname),
        now=now,
        basis=basis_of(settings, wishes, rules),
        dns_lists=dns_lists(config, asked),
    )


def pull_settings(config: Config) -> PullSettings:
    """Where messages of bound accounts lie on their way in, and how large they may be."""
    return PullSettings(
        spool_dir=config.data_dir / "spool" / "pulled",
        lock_dir=config.data_dir / "locks",
        max_message_bytes=config.smtp.max_message_bytes,
        mailbox=MailboxSettings(version=version("postern")),
    )


def console_url(config: Config) -> str:
    """Where a person on this machine opens the console."""
    return (config.web.public_url or f"http://{config.web.listen}").rstrip("/")


def blobs_place(config: Config) -> str:
    """Where large messages lie, for other nodes to compare: "local", or a place that all reach."""
    store = config.store
    return (
        store.blobs
        if store.blobs == "local"
        else f"{store.blobs} {store.s3_endpoint or ''}".strip()
    )


def owner(role: str) -> str:
    """A name for leases of a command: this machine and process."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}"


def program() -> str:
    """How this program is called from the current folder, for a line to copy."""
    called = Path(sys.argv[0])
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return called.name
