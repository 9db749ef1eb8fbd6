"""What a first start makes so that nothing needs to be set up by hand."""

import secrets
from datetime import datetime

from cli.config import Config, DomainConfig
from mail.errors import SettingsProblem
from store.database import Database
from store.domains import add_domain, list_domains
from store.operators import add_operator, list_operators

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without the characters that are mistaken for one another."""


def prepare_domains(database: Database, config: Config, now: datetime) -> None:
    """Add the configuration's domains that are not there yet, marked as from the file."""
    present = {row.name for row in list_domains(database)}
    for domain in config.domains:
        if domain.name not in present:
            add_domain(database, domain.name, accept_text(domain), "file", now, by="postern")


def accept_text(domain: DomainConfig) -> str:
    """`all`, `signed`, or local parts with commas, as the store has it."""
    return domain.accept if isinstance(domain.accept, str) else ",".join(domain.accept)


def first_operator(database: Database, now: datetime) -> str | None:
    """Make `admin` if nobody can sign in yet. Returns the one-time password, or None."""
    if list_operators(database):
        return None
    password = one_time_password()
    try:
        add_operator(database, "admin", "admin", password, now, by="postern")
    except SettingsProblem:
        return None  # another node, which was started together with this one, was first
    return password


def one_time_password() -> str:
    """Four groups of four characters that can be read aloud: 79 bits."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
