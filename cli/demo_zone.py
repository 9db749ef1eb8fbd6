"""The demonstration's corner of the DNS, its signing key and its domain.

All of it exists only while `postern serve --demo` runs on loopback: the names under demo.test
are reserved (RFC 2606), and the key is made in `data_dir` on first use and is worth nothing
elsewhere. One provider's names are answered by the zone as well, or its request to confirm a
forward could not be shown: only the provider can sign one.
"""

import base64
import os
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cli.config import Config
from mail.errors import SettingsProblem
from store.database import Database
from store.domains import add_domain, list_domains, remove_domain
from verify.resolver import Resolver
from verify.zones import SplitResolver, ZoneResolver

DOMAIN = "demo.test"
SELECTOR = "demo"
PROVIDER = "google.com"
"""Whose request to confirm a forward is among the samples; its names are the zone's meanwhile."""
SIGNERS = ("buyer.demo.test", "trade.demo.test", PROVIDER)
_SUFFIXES = (DOMAIN, PROVIDER, "1.0.0.127.in-addr.arpa")


def prepare(database: Database, config: Config, now: datetime) -> None:
    """Serve the demonstration's domain and make its key."""
    if DOMAIN not in {row.name for row in list_domains(database)}:
        add_domain(database, DOMAIN, "all", "demo", now, by="postern")
    key_file(config)


def clear(database: Database, now: datetime) -> None:
    """Stop serving what an earlier start with --demo left behind; its mail is kept."""
    for row in list_domains(database):
        if row.source == "demo":
            remove_domain(database, row.name, now, by="postern")


def key_file(config: Config) -> Path:
    """The PEM file of the demonstration's private key; made if it is not there."""
    path = config.data_dir / "demo-key.pem"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
    return path


def in_front_of(other: Resolver, config: Config) -> Resolver:
    """Names under demo.test from the bundled zone; `other` answers for all the rest."""
    text = (files("cli") / "demo_zone.yaml").read_text("utf-8")
    zone: dict[str, Any] = yaml.safe_load(text)
    for domain in SIGNERS:
        zone[f"{SELECTOR}._domainkey.{domain}"] = [{"TXT": _key_record(key_file(config))}]
    return SplitResolver(ZoneResolver.from_mapping(zone), _SUFFIXES, other)


def _key_record(path: Path) -> str:
    """RFC 6376 §3.6.1: the public half as a TXT record."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except ValueError:
        raise SettingsProblem(
            f"{path}: not a private key; delete it, and it is made anew"
        ) from None
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode('ascii')}"
