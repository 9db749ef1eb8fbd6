"""What `postern check` does. Its manual and its arguments: `cli/manual/check.py`."""

import argparse
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cli import build
from cli.config import Config, find_config
from cli.config_types import Network
from cli.findings import Finding, check_blobs
from cli.presence import described
from cli.server_findings import check_server
from cli.sockets import is_loopback
from cli.table import show
from mail.errors import Problem
from mail.reply import printable
from store.database import Database, open_database
from store.dead_jobs import count_dead
from store.domains import list_domains
from store.nodes import disagreements, list_members
from store.operators import list_operators
from store.partitions import find_strays
from store.quotas import list_loads
from store.sweep_clock import clock_problem
from verify.zones import ZoneResolver

ENOUGH_DISK = 1024**3
"""Octets free, below which there is a warning."""
EXPIRES_SOON = timedelta(days=14)


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 if anything is bad."""
    findings = [finding for look in _LOOKS for finding in look(arguments, config)]
    if arguments.json:
        show([asdict(one) for one in findings], as_json=True, empty="")
    else:
        for one in findings:
            cure = f": {one.cure}" if one.cure else ""
            print(f"{one.state:<4}  {one.what}  {one.found}{cure}")
    return 1 if any(one.state == "bad" for one in findings) else 0


def _configuration(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    path = find_config(arguments.config)
    yield Finding("ok", "configuration", str(path) if path else "built-in defaults")
    public = [listen for listen in config.smtp.listen if not is_loopback(listen)]
    if "." not in config.hostname or config.hostname.startswith("localhost"):
        state = "bad" if public else "warn"
        cure = "set hostname to the name that the MX record points to"
        yield Finding(state, "hostname", f"{config.hostname} is no name of the Internet", cure)
    else:
        yield Finding("ok", "hostname", config.hostname)
    if not public:
        yield Finding(
            "warn",
            "smtp.listen",
            f"{', '.join(config.smtp.listen)} is reached from this machine only",
            'for the Internet: ["0.0.0.0:25", "[::]:25"]',
        )
    if config.verify.dns_zones:
        yield _zones(config.verify.dns_zones)


def _zones(path: Path) -> Finding:
    try:
        ZoneResolver.from_file(path)
    except Problem as problem:
        return Finding("bad", "verify.dns_zones", str(problem), "mend the file, or leave it out")
    cure = "leave it out, except in tests"
    return Finding("warn", "verify.dns_zones", "a file answers instead of the DNS", cure)


def _data(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    try:
        build.prepare_data_dir(config)
    except Problem as problem:
        yield Finding("bad", "data_dir", str(problem))
        return
    free = shutil.disk_usage(config.data_dir).free
    found = f"{config.data_dir} with {free / 1024**3:.1f} GiB free"
    if free < ENOUGH_DISK:
        yield Finding("warn", "data_dir", found, "make room, or mail will be deferred with 452")
    else:
        yield Finding("ok", "data_dir", found)


def _store(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    try:
        database = open_database(build.store_settings(config))
    except Problem as problem:
        yield Finding("bad", "store", str(problem))
        return
    try:
        yield Finding("ok", "store", database.place)
        yield from check_server(database)
        domains = [row.name for row in list_domains(database)]
        if domains:
            yield Finding("ok", "domains", ", ".join(domains))
        else:
            cure = "postern domain add reply.example.com"
            yield Finding("warn", "domains", "none, so every recipient is refused", cure)
        yield from check_blobs(database, everything=arguments.blobs)
        if not list_operators(database):
            yield Finding("warn", "operators", "nobody can sign in", "postern operator add NAME")
        yield from _keeping(database)
        yield from _nodes(database)
    except Problem as problem:
        yield Finding("bad", "store", str(problem))
    finally:
        database.close()


def _keeping(database: Database) -> Iterator[Finding]:
    """What keeps mail from being deleted in time, or from being taken."""
    problem = clock_problem(database, build.now())
    if problem is not None:
        yield Finding("bad", "clock", problem)
    for load in list_loads(database):
        if load.level:
            found = f"{load.name} is {load.percent} % full"
            yield Finding("warn", "quota", found, "postern quota list; delete mail or raise it")


def _nodes(database: Database) -> Iterator[Finding]:
    """Who uses the store, what they do not agree on, and what no node has taken care of."""
    seen = list_members(database, build.now())
    for one in sorted({one.member.name for one in seen}):
        programs = [found for found in seen if found.member.name == one]
        lost = [found.member.role for found in programs if found.lost]
        if lost:
            yield Finding("warn", "node", f"{one}: no sign of {', '.join(lost)}", "is it running?")
        else:
            yield Finding("ok", "node", f"{one}: {', '.join(p.member.role for p in programs)}")
    for found in disagreements(seen):
        yield Finding("bad", "nodes", described(found))
    jobs = count_dead(database)
    if jobs:
        number = sum(jobs.values())
        yield Finding("warn", "jobs", f"{number} failed for good", "postern jobs list")
    for stray in find_strays(database):
        yield Finding(
            "warn",
            "partitions",
            f"{stray.table}: rows from {stray.oldest} on lie in no month",
            "was a clock wrong? Does a worker run? See Running several nodes in operators.md",
        )


def _ports(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    for key, listen in [
        *(("smtp.listen", one) for one in config.smtp.listen),
        *(("smtp.tls_listen", one) for one in config.smtp.tls_listen),
        ("web.listen", config.web.listen),
    ]:
        yield _port(key, listen, config.smtp.proxy_networks)


def _port(key: str, listen: str, proxies: tuple[Network, ...]) -> Finding:
    host, _, port = listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    try:
        connection = socket.create_connection((host, int(port)), timeout=5)
    except OSError:
        return Finding("warn", key, f"nobody listens on {listen}", "start it: postern serve")
    with connection:
        if key == "web.listen":
            return Finding("ok", key, f"{listen} is served")
        try:
            if any(ip_address(host) in network for network in proxies):
                connection.sendall(b"PROXY UNKNOWN\r\n")  # a proxy that speaks for itself
            greeting = _greeting(connection, under_tls=key == "smtp.tls_listen")
        except OSError:
            greeting = ""
    if greeting.startswith("220 ") and "Postern" in greeting:
        return Finding("ok", key, f"{listen} is served by Postern")
    if greeting.startswith("421 "):
        return Finding("warn", key, f"{listen} takes no connection now: {printable(greeting)}")
    return Finding(
        "bad", key, f"{listen} is served by another program", "stop it, or use another port"
    )


def _greeting(connection: socket.socket, *, under_tls: bool) -> str:
    """Whatever the certificate is: that has a look of its own. Raises OSError."""
    if not under_tls:
        return connection.recv(512).decode("ascii", "replace").strip()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(connection) as tls:
        return tls.recv(512).decode("ascii", "replace").strip()


def _certificate(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    smtp = config.smtp
    if smtp.tls_certificate is None:
        cure = "set smtp.tls_certificate and smtp.tls_key"
        yield Finding("warn", "certificate", "none, so mail comes in the clear", cure)
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(smtp.tls_certificate, smtp.tls_key, password="")
        ends = _end_of(smtp.tls_certificate.read_bytes())
    except (OSError, ValueError) as error:
        found = f"{smtp.tls_certificate} cannot be used: {error}"
        yield Finding("bad", "certificate", found, "give the PEM files of chain and matching key")
        return
    left = ends - datetime.now(UTC)
    found = f"{smtp.tls_certificate} is valid until {ends:%Y-%m-%d}"
    if left < timedelta():
        yield Finding("bad", "certificate", found, "renew it; it is read again by itself")
    elif left < EXPIRES_SOON:
        yield Finding("warn", "certificate", found, "renew it; it is read again by itself")
    else:
        yield Finding("ok", "certificate", found)


def _end_of(pem: bytes) -> datetime:
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


_LOOKS: tuple[Callable[[argparse.Namespace, Config], Iterator[Finding]], ...] = (
    _configuration,
    _data,
    _store,
    _ports,
    _certificate,
)
