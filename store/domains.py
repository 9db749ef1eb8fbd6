"""Our domains, whom they accept mail for, and which mailbox that mail lies in.

Each domain has one system mailbox, made with it: mail to a new domain is visible with nothing
else set up. A removed domain leaves its mailbox and mail, and finds them again when it returns.

The SMTP door asks for every RCPT. The domains are few, so its `Directory` keeps them in memory
and has them read again each second (`store.renewed`): a domain that another process added works
at once.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from mail.address import Address, Domain, parse_domain
from mail.errors import SettingsProblem
from mail.identifier import new_id
from mail.reply_address import ReplyKey, read
from store import schema
from store.audit import note
from store.database import Database
from store.quotas import full_mailboxes
from store.renewed import Renewed


@dataclass(frozen=True, slots=True)
class DomainRow:
    """`accept` is `all`, `signed`, or local parts with commas between; `mailbox` is an id."""

    name: str
    accept: str
    source: str
    mailbox: str


def add_domain(
    database: Database, name: str, accept: str, source: str, now: datetime, by: str = "cli"
) -> DomainRow:
    """Accept mail for a domain from now on. One that is there gets the new `accept`, except
    from the configuration file (`source` "file"), which only adds what is missing.

    Raises SettingsProblem where the name is no domain or `accept` is none of its forms.
    """
    ascii_name, words = _domain_name(name), parse_accept(accept)
    table = schema.domains
    with database.write() as connection:
        found = connection.execute(select(table).where(table.c.name == ascii_name)).first()
        if found is not None and source == "file":
            return DomainRow(found.name, found.accept, found.source, found.mailbox_id)
        if found is not None:
            changed = update(table).where(table.c.name == ascii_name)
            connection.execute(changed.values(accept=words, source=source))
            note(connection, by, "domain.change", ascii_name, now, accept=words)
            return DomainRow(ascii_name, words, source, found.mailbox_id)
        mailbox = _system_mailbox(connection, ascii_name, now)
        connection.execute(
            insert(table).values(
                name=ascii_name, accept=words, source=source, mailbox_id=mailbox, created_at=now
            )
        )
        note(connection, by, "domain.add", ascii_name, now, accept=words, source=source)
    return DomainRow(ascii_name, words, source, mailbox)


def list_domains(database: Database) -> tuple[DomainRow, ...]:
    """All domains, by name."""
    table = schema.domains
    with database.read() as connection:
        return tuple(
            DomainRow(row.name, row.accept, row.source, row.mailbox_id)
            for row in connection.execute(select(table).order_by(table.c.name))
        )


def remove_domain(database: Database, name: str, now: datetime, by: str = "cli") -> bool:
    """Accept nothing for the domain any more; its mailbox and mail stay. False: no such domain."""
    ascii_name = _domain_name(name)
    table = schema.domains
    with database.write() as connection:
        gone = connection.execute(delete(table).where(table.c.name == ascii_name)).rowcount
        if gone:
            note(connection, by, "domain.remove", ascii_name, now)
    return bool(gone)


def parse_accept(accept: str) -> str:
    """`accept` in its one spelling. Raises SettingsProblem."""
    parts = [part.strip() for part in accept.split(",")]
    if not all(parts) or any("@" in part or " " in part for part in parts):
        raise SettingsProblem(
            f"accept {accept!r} is not allowed: use all, signed, or local parts such as info,sales"
        )
    return ",".join(parts)


def _domain_name(name: str) -> str:
    try:
        domain = parse_domain(name.strip())
    except ValueError as error:
        raise SettingsProblem(f"{name!r} is not a domain: {error}") from error
    if domain.is_literal:
        raise SettingsProblem(f"{name!r} is an address literal: mail needs a domain name")
    return domain.ascii


def _system_mailbox(connection: Connection, domain: str, now: datetime) -> str:
    """The id of the domain's mailbox; made where the domain never had one."""
    table = schema.mailboxes
    query = select(table.c.id).where(table.c.kind == "system", table.c.address == domain)
    found = connection.execute(query).scalar()
    if found is not None:
        return str(found)
    identifier = new_id(now)
    connection.execute(
        insert(table).values(
            id=identifier, kind="system", name=domain, address=domain, created_at=now
        )
    )
    return identifier


@dataclass(frozen=True, slots=True)
class Route:
    """`mailbox` is the id of the domain's mailbox; `known` is False for an unknown user there;
    `full` where its quota is used up and its recipients shall be deferred."""

    mailbox: str
    known: bool
    full: bool = False


class Directory:
    """The domains as of at most a second ago, and the reply addresses that `reply_keys` signed.

    For one thread.
    """

    def __init__(
        self,
        database: Database,
        hostname: Domain,
        clock: Callable[[], float] = time.monotonic,
        reply_keys: Callable[[], Sequence[ReplyKey]] = tuple,
    ) -> None:
        self._hostname = hostname
        self._reply_keys = reply_keys
        self._known = Renewed(database, "directory", lambda: _read(database), clock)

    def route(self, address: Address) -> Route | None:
        """Where mail to `address` goes; None where its domain is not ours.

        Postmaster of our own host name leads to the first domain (RFC 5321 §4.5.1). Raises
        StoreProblem only if the domains could never be read.
        """
        domains, full = self._known()
        row = domains.get(address.domain.ascii)
        if row is None:
            if address.is_postmaster and address.domain == self._hostname and domains:
                return Route(next(iter(domains.values())).mailbox, known=True)
            return None
        known = address.is_postmaster or _accepts(row, address.local) or self._minted(address)
        return Route(row.mailbox, known, row.mailbox in full)

    def _minted(self, address: Address) -> bool:
        """Whether it is a reply address that we signed: those are known wherever they are."""
        return read(self._reply_keys(), address) is not None


def _read(database: Database) -> tuple[dict[str, DomainRow], frozenset[str]]:
    """The domains by name, and the ids of mailboxes that take no more."""
    rows = list_domains(database)
    with database.read() as connection:
        return {row.name: row for row in rows}, full_mailboxes(connection)


def _accepts(row: DomainRow, local: str) -> bool:
    """Whether the domain takes mail for this local part. Ours are compared without case."""
    if row.accept == "all":
        return True
    if row.accept == "signed":
        return False
    wanted = local.casefold()
    return any(part.casefold() == wanted for part in row.accept.split(","))
