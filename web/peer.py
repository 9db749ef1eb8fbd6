"""Who is at the other end: the client's address and scheme, through proxies that we trust.

X-Forwarded-For is a list to which every proxy appends whom it saw. It is read from the right,
and only as far as the proxies that wrote it are ours: what stands left of the first foreign
address may be anybody's invention.
"""

from ipaddress import ip_address

from starlette.requests import HTTPConnection

from mail.envelope import IPAddress
from web.settings import LOOPBACK, IPNetwork, WebSettings


def client_address(request: HTTPConnection, settings: WebSettings) -> IPAddress | None:
    """The client's own address; None where there is none (a Unix socket)."""
    peer = _parse(request.client.host) if request.client else None
    if peer is None or not _is_in(peer, settings.trusted_proxies):
        return peer
    for word in reversed(_forwarded_for(request)):
        hop = _parse(word)
        if hop is None:
            break
        peer = hop
        if not _is_in(hop, settings.trusted_proxies):
            break
    return peer


def origins(request: HTTPConnection, settings: WebSettings) -> set[str]:
    """The origins under which this request may have been made: the public one, and the one that
    the request itself names. A page elsewhere cannot choose the Host of a browser's request."""
    own = {f"{_scheme(request, settings)}://{request.headers.get('host', '')}".lower()}
    return own | {settings.public_origin} if settings.public_origin else own


def may_read_metrics(request: HTTPConnection, settings: WebSettings) -> bool:
    """Loopback and the networks of the settings. A request that some proxy passed on is not
    loopback's own, even where we were not told to trust that proxy."""
    address = client_address(request, settings)
    peer = _parse(request.client.host) if request.client else None
    if address is None or peer is None:
        return False
    relayed = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if relayed and not _is_in(peer, settings.trusted_proxies):
        return False
    return _is_in(address, LOOPBACK + settings.metrics_networks)


def network_of(address: IPAddress | None) -> str:
    """What counts as one client where attempts are counted: an IPv4 address, an IPv6 /64."""
    if address is None:
        return "local"
    if address.version == 6:
        return str(ip_address(int(address) >> 64 << 64)) + "/64"
    return str(address)


def _scheme(request: HTTPConnection, settings: WebSettings) -> str:
    peer = _parse(request.client.host) if request.client else None
    if peer is not None and _is_in(peer, settings.trusted_proxies):
        forwarded = request.headers.get("x-forwarded-proto", "").strip().lower()
        if forwarded in ("http", "https"):
            return forwarded
    return request.url.scheme


def _forwarded_for(request: HTTPConnection) -> list[str]:
    fields = request.headers.getlist("x-forwarded-for")
    return [word.strip() for field in fields for word in field.split(",")]


def _parse(text: str) -> IPAddress | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _is_in(address: IPAddress, networks: tuple[IPNetwork, ...]) -> bool:
    return any(address in network for network in networks)
