"""From the configuration to what it takes to judge mail, which needs no store."""

from collections.abc import Sequence

from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from cli.clock import now
from cli.config import Config
from cli.config_types import TrustConfig
from cli.judge import Judge
from cli.keys import keys_file, secret_box
from mail.reply_address import ReplyKey
from mail.trust import Known, Trust
from verify.arc.sealers import large_sealers
from verify.authenticate import VerifySettings
from verify.dmarc.suffixes import SuffixList, load_suffixes
from verify.resolver import DnsResolver, Resolver, ResolverSettings
from verify.zones import ZoneResolver


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


def judge(config: Config) -> Judge:
    """What decides about a message without a server."""
    return Judge(verify_settings(config), policy(config), load_rules(), now)
