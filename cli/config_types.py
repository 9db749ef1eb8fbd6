"""The kinds of values that a configuration has, each checked and brought into one form.

What is wrong is a ValueError in words; `cli.config` adds which key of which file it is.
"""

import ipaddress
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    field_validator,
)

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


def _node_name(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]{1,64}", value):
        raise ValueError("must be a word of up to 64 ASCII characters, such as mx1")
    return value


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
NodeName = Annotated[str, BeforeValidator(_node_name)]
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


def _secret(value: Any) -> Any:
    """A secret as text, or where it is: `{ env = "NAME" }` or `{ file = "PATH" }`."""
    if not isinstance(value, dict):
        return value
    match value:
        case {"env": str(name), **rest} if not rest:
            found = os.environ.get(name, "")
        case {"file": str(name), **rest} if not rest:
            try:
                found = Path(name).read_text("utf-8").strip()
            except (OSError, UnicodeError) as error:
                raise ValueError(f"the file {name} cannot be read: {error}") from None
        case _:
            raise ValueError('must be text, { env = "NAME" } or { file = "PATH" }')
    if not found:
        raise ValueError(f"there is nothing in {name}")
    return found


def _blobs_place(value: Any) -> Any:
    """`local`, or a bucket with a prefix."""
    wanted = r"local|s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/\-]{1,200})?"
    if not isinstance(value, str) or not re.fullmatch(wanted, value):
        raise ValueError('must be "local" or "s3://bucket/prefix"')
    return value.rstrip("/")


Secret = Annotated[SecretStr | None, BeforeValidator(_secret)]
BlobsPlace = Annotated[str, BeforeValidator(_blobs_place)]
Destination = Annotated[str, BeforeValidator(_destination)]
Destinations = Annotated[tuple[Destination, ...], BeforeValidator(_list)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


def _answers(value: Any) -> Any:
    """Answers of a DNS list, an address or a network each, within 127.0.0.0/8."""
    found = [ipaddress.IPv4Network(one, strict=False) for one in _list(value)]
    if any(not one.subnet_of(ipaddress.IPv4Network("127.0.0.0/8")) for one in found):
        raise ValueError("a DNS list answers with addresses in 127.0.0.0/8")
    return tuple(found)


class DnsListConfig(Section):
    """A DNS list that is believed."""

    zone: DomainName = Field(description="The list's zone, such as zen.spamhaus.org.")
    codes: Annotated[tuple[ipaddress.IPv4Network, ...], PlainValidator(_answers)] = Field(
        (), description="The answers that count, such as 127.0.0.2 or 127.0.0.0/28; all if empty."
    )
    cure: str = Field(
        "", description="How to be taken off it, for the reply; empty: the list's own words."
    )
    name: str = Field("", description="What replies call it, where its zone holds a key of yours.")

    @field_validator("cure", "name")
    @classmethod
    def _in_ascii(cls, value: str) -> str:
        """It stands in a reply."""
        if not re.fullmatch(r"[\x20-\x7e]{0,200}", value):
            raise ValueError("must be up to 200 printable characters of ASCII")
        return value


def _zones(value: Any) -> Any:
    """Zones as the tables that they stand for."""
    found = _list(value)
    if not isinstance(found, list | tuple):
        return found
    return [{"zone": one} if isinstance(one, str) else one for one in found]


DnsListConfigs = Annotated[tuple[DnsListConfig, ...], BeforeValidator(_zones)]


class TrustConfig(Section):
    """Somebody whose forwards are taken."""

    name: DomainName = Field(description="The domain.")
    destination: Destination = Field(
        "", description="For mail to this address or domain of ours only; empty for all."
    )
    expires: Moment | None = Field(None, description="Until when, such as 2027-01-31.")
    note: str = Field("", description="Why, for whoever reads it later.")


Trusts = Annotated[tuple[TrustConfig, ...], BeforeValidator(_trusted)]
