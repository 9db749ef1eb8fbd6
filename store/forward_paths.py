"""Forward paths: those that somebody here trusts, and those that could be offered.

A trusted path is one row: one destination, one forwarder, until a day, with a count of what it let
in. An offer is made of the log each time; that somebody dismissed one is a setting.

The SMTP door asks for each message, so its `TrustedPaths` keeps them in memory and reads them
again once a second at most: what is trusted in the console holds at once, without a restart.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, or_, select

from mail.address import parse_address
from mail.errors import StoreProblem
from mail.forward_offer import (
    Attempt,
    Offer,
    group,
    is_genuine,
    names_destination,
    offered_path,
)
from mail.forward_path import ForwardPath
from mail.trust import Known, Trust, destination_of
from store import schema
from store.audit import note
from store.columns import storable
from store.database import Database
from store.page import first_id
from store.renewed import Renewed
from store.upsert import insert_into

_log = logging.getLogger("postern.store")
_paths = schema.forward_paths
_settings = schema.settings

OFFER_DAYS = timedelta(days=30)
"""How far back offers look."""

ATTEMPTS_LIMIT = 5000
"""Held and refused messages that are looked at for offers, the newest."""

RECIPIENTS_LIMIT = 3
"""Recipients of a message that is looked at for offers. Somebody's forward has one or a few, and a
path holds for mail to its own destination only; a stranger who writes to a thousand must not make
a thousand offers of each message."""

LONGEST_DAYS = 366

DISMISSED_LIMIT = 1000
"""Dismissals that are remembered, the newest; none for longer than LONGEST_DAYS."""

_DISMISSED = "dismissed_forward_paths"
_PARTS = ("forward_path", "forward", "dkim", "dmarc", "iprev", "spf")


@dataclass(frozen=True, slots=True)
class PathRow:
    """A trusted path; `uses` counts the messages that it let in, `used_at` is the last one's."""

    id: str
    destination: str
    path: ForwardPath
    note: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    uses: int
    used_at: datetime | None

    def trust(self) -> Trust:
        """What it means for a decision."""
        return Trust(
            self.path.known_by,
            self.path.name,
            self.destination,
            self.expires_at,
            self.note,
            self.path.forwarder,
            self.id,
        )


@dataclass(frozen=True, slots=True)
class Offers:
    """What could be trusted: what waits for a decision, and what somebody said no to."""

    waiting: tuple[Offer, ...]
    dismissed: tuple[Offer, ...]

    def find(self, identifier: str) -> Offer | None:
        """The offer with this id, dismissed or not; who said no may think again."""
        return next((one for one in self.waiting + self.dismissed if one.id == identifier), None)


def look_for_offers(database: Database, now: datetime) -> Offers:
    """Paths of the last days' held and refused mail that are not trusted now."""
    trusted = {one.id for one in list_paths(database) if one.expires_at > now}
    with database.read() as connection:
        dismissed = _dismissed(connection)
    offers = [one for one in group(_attempts(database, now - OFFER_DAYS)) if one.id not in trusted]
    return Offers(
        tuple(one for one in offers if one.id not in dismissed),
        tuple(one for one in offers if one.id in dismissed),
    )


def find_offers(database: Database, now: datetime) -> tuple[Offer, ...]:
    """The offers that wait for a decision."""
    return look_for_offers(database, now).waiting


def dismiss_offer(database: Database, offer: Offer, now: datetime, by: str) -> None:
    """Let it wait for no decision any more, however much mail comes by it from now on."""
    with database.write() as connection:
        since = (now - timedelta(days=LONGEST_DAYS)).isoformat()
        kept = {key: at for key, at in _dismissed(connection).items() if at >= since}
        _keep_dismissed(connection, kept | {offer.id: now.isoformat()})
        detail = {"path": offer.path.name, "forwarder": offer.path.forwarder}
        note(connection, by, "forward-path.dismiss", offer.destination, now, **detail)


def _keep_dismissed(connection: Connection, dismissed: Mapping[str, str]) -> None:
    newest = sorted(dismissed.items(), key=lambda item: item[1])[-DISMISSED_LIMIT:]
    anew = insert_into(connection, _settings).values(name=_DISMISSED, value=dict(newest))
    connection.execute(
        anew.on_conflict_do_update(
            index_elements=[_settings.c.name], set_={"value": anew.excluded.value}
        )
    )


def _dismissed(connection: Connection) -> dict[str, str]:
    """When each offer was dismissed (RFC 3339), by its id."""
    query = select(_settings.c.value).where(_settings.c.name == _DISMISSED)
    return dict(connection.execute(query).scalar() or {})


def _attempts(database: Database, since: datetime) -> Iterator[Attempt]:
    """What came with signs of a forward, of the newest held and refused messages."""
    log, reports, diagnoses = schema.transactions, schema.reports, schema.diagnoses
    newest = (
        select(log.c.id)
        .where(log.c.outcome.in_(("held", "refused")), log.c.stage == "data")
        .where(log.c.id >= first_id(since), log.c.received_at >= since)
        .where(log.c.duplicate_of.is_(None), log.c.recipients <= RECIPIENTS_LIMIT)
        .order_by(log.c.id.desc())
        .limit(ATTEMPTS_LIMIT)
        .subquery()
    )
    parts = {name: reports.c.report[name] for name in _PARTS}
    signs = (parts[name].as_string().is_not(None) for name in ("forward", "forward_path"))
    query = (
        select(log, diagnoses.c.diagnosis, *(part.label(name) for name, part in parts.items()))
        .join(newest, newest.c.id == log.c.id)
        .join(reports, reports.c.transaction_id == log.c.id)
        .outerjoin(diagnoses, diagnoses.c.transaction_id == log.c.id)
        .where(or_(*signs))
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        report = {name: getattr(row, name) for name in _PARTS}
        for destination in destinations(row.rcpt_to):
            attempt = _attempt(row, report, destination)
            if attempt is not None:
                yield attempt


def destinations(recipients: Sequence[str]) -> Iterator[str]:
    """Stored recipients as destinations, none where there are too many for an offer. One that can
    no longer be read is left out: offers stand on every page, and one odd address must not cost
    them all."""
    for text in recipients if len(recipients) <= RECIPIENTS_LIMIT else ():
        with contextlib.suppress(ValueError):
            yield destination_of(parse_address(text))


def _attempt(row: Any, report: Mapping[str, Any], destination: str) -> Attempt | None:
    path = offered_path(report, destination)
    if path is None:
        return None
    return Attempt(
        row.id,
        row.received_at,
        destination,
        path,
        row.from_domain or "",
        row.outcome == "held",
        names_destination(report, destination),
        is_genuine(row.diagnosis, report),
    )


def trust_path(
    database: Database, offer: Offer, days: int, remark: str, now: datetime, by: str
) -> PathRow:
    """Trust what was offered for so many days from now; again, it lasts anew. If it was dismissed,
    it no longer is.

    Raises ValueError where `days` is not between 1 and LONGEST_DAYS.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"a path is trusted for 1 to {LONGEST_DAYS} days")
    row = PathRow(
        offer.id,
        offer.destination,
        offer.path,
        storable(remark, 500),
        now,
        storable(by, 200),
        now + timedelta(days=days),
        0,
        None,
    )
    with database.write() as connection:
        anew = insert_into(connection, _paths).values(
            id=row.id,
            destination=row.destination,
            known_by=row.path.known_by.value,
            name=row.path.name,
            forwarder=row.path.forwarder,
            note=row.note,
            created_at=now,
            created_by=row.created_by,
            expires_at=row.expires_at,
            uses=0,
        )
        lasting = {"expires_at": row.expires_at, "note": row.note, "created_by": row.created_by}
        connection.execute(anew.on_conflict_do_update(index_elements=[_paths.c.id], set_=lasting))
        dismissed = _dismissed(connection)
        if dismissed.pop(offer.id, None):
            _keep_dismissed(connection, dismissed)
        detail = {"path": offer.path.name, "forwarder": offer.path.forwarder, "days": days}
        note(connection, by, "forward-path.trust", row.destination, now, **detail)
    return next(one for one in list_paths(database) if one.id == row.id)


def remove_path(database: Database, identifier: str, now: datetime, by: str) -> bool:
    """Trust it no longer. False: there is no such path."""
    with database.write() as connection:
        gone = connection.execute(delete(_paths).where(_paths.c.id == identifier)).rowcount
        if gone:
            note(connection, by, "forward-path.remove", identifier, now)
    return bool(gone)


def list_paths(database: Database) -> tuple[PathRow, ...]:
    """All trusted paths, those that are over too, the newest first."""
    query = select(_paths).order_by(_paths.c.created_at.desc(), _paths.c.id)
    with database.read() as connection:
        return tuple(_row(row) for row in connection.execute(query))


def _row(row: Any) -> PathRow:
    return PathRow(
        row.id,
        row.destination,
        ForwardPath(Known(row.known_by), row.name, row.forwarder),
        row.note,
        row.created_at,
        row.created_by,
        row.expires_at,
        row.uses,
        row.used_at,
    )


class TrustedPaths:
    """The trusted paths as of at most a second ago. For one thread."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        def read() -> tuple[Trust, ...]:
            return tuple(row.trust() for row in list_paths(database))

        self._trust = Renewed(database, "forward-paths", read, clock)

    def __call__(self) -> tuple[Trust, ...]:
        """What they mean for a decision. A store that cannot be read now changes nothing."""
        try:
            return self._trust()
        except StoreProblem as problem:
            _log.warning("event=forward-paths-unknown reason=%s", problem)
            return ()
