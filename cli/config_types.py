"""The kinds of values that a configuration has, each checked and brought into one form.

What is wrong is a ValueError in words; `cli.config` adds which key of which file it is.
"""

import ipaddress
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from mail.address import parse_domain
from mail.trust import parse_destination


def _list(value: Any) -> Any:
    """`a, b` from the environment as a list; a real list as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _listen(value: Any) -> Any:
    """Check `host:port`, `[v6]:port`; returns it in that form."""
    if not isinstance(value, str):
        raise ValueError("must be text such as 127.0.0.1:2525 or [::1]:2525")
    host, colon, port = value.rpartition(":")
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{value!r} is not ADDRESS:PORT such as 127.0.0.1:2525") from None
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} needs a port between 0 and 65535")
    return value


def _domain(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a domain name")
    return parse_domain(value.strip()).ascii


def _network(value: Any) -> Any:
    return ipaddress.ip_network(value, strict=False)


def _everybody_or_networks(value: Any) -> Any:
    """`true` and `false`, also as the environment has them; else networks."""
    word = value.strip().lower() if isinstance(value, str) else value
    if word in (True, "true", "1"):
        return True
    if word in (False, "false", "0", ""):
        return False
    networks = _list(value)
    if not isinstance(networks, list | tuple):
        raise ValueError("must be true, false or a list of networks")
    return tuple(_network(one) for one in networks)


Listen = Annotated[str, BeforeValidator(_listen)]
DomainName = Annotated[str, BeforeValidator(_domain)]
Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]
Listens = Annotated[tuple[Listen, ...], BeforeValidator(_list)]
Names = Annotated[tuple[str, ...], BeforeValidator(_list)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_list)]
EverybodyOrNetworks = Annotated[
    bool | tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...],
    PlainValidator(_everybody_or_networks),
]


class Section(BaseModel):
    """One table of the file: nothing unknown in it, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _destination(value: Any) -> Any:
    """An address or a domain of ours, in one spelling; empty for all."""
    if not isinstance(value, str):
        raise ValueError("must be an address or a domain of ours")
    return parse_destination(value)


def _moment(value: Any) -> Any:
    """A day or a moment; without a time zone in UTC, a day from its beginning."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    raise ValueError("must be a day or a moment such as 2027-01-31")


def _trusted(value: Any) -> Any:
    """Names as the tables that they stand for."""
    found = _list(value)
    if not isinstance(found, list | tuple):
        return found
    return [{"name": one} if isinstance(one, str) else one for one in found]


Destination = Annotated[str, BeforeValidator(_destination)]
Destinations = Annotated[tuple[Destination, ...], BeforeValidator(_list)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class TrustConfig(Section):
    """Somebody whose forwards are taken."""

    name: DomainName = Field(description="The domain.")
    destination: Destination = Field(
        "", description="For mail to this address or domain of ours only; empty for all."
    )
    expires: Moment | None = Field(None, description="Until when, such as 2027-01-31.")
    note: str = Field("", description="Why, for whoever reads it later.")


Trusts = Annotated[tuple[TrustConfig, ...], BeforeValidator(_trusted)]
