"""What reports say of addresses, kept as digests are saved, and the entries that follow from it.

Nobody proves who wrote a report. A house that registers what it sends knows more: there a report
counts where it speaks of such a message to this address, or came to an address that only we can
make; any other asks a person after several. And a report by RFC 3464 has the null sender.

Runs within `Database.write`. Rows are taken in the order of their addresses.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, delete, exists, select, update

from mail.campaign import How
from store import schema
from store.bulk import Bulk
from store.campaign_links import QUOTED, SIGNED
from store.columns import storable
from store.page import chunks, first_id
from store.standing import Evidence, Says, Standing, State, standing
from store.suppression_schema import suppression_evidence as _evidence
from store.suppression_schema import suppressions as _entries
from store.thread_signs import address_of
from store.upsert import insert_into

BY_REPORTS = "reports"
"""Who changed an entry where nobody did."""

MOST_BELIEVED = 5
"""Recipients beside the first of one report that count as dead by it; of the rest a person is
asked, so that one forged report silences few."""

MOST_EVIDENCE = 50
"""Reports that an entry names, the newest of them."""

_MOST_WEIGHED = 1000
"""Reports of one address that are looked at; of those of a kind the newest, and what weighs most
first, so that no flood of weak ones hides a strong one."""

_WEIGHT = {Says.UNCLEAR.value: 0, Says.HARD.value: 1, Says.COMPLAINT.value: 2}

_REPORTS = ("bounce", "complaint")
_WRITTEN = ("to_reply", "inquiry", "rejection")
"""Categories of mail that a person wrote."""

_STRUCTURED = frozenset({"dsn-failed", "arf-feedback-report"})

_messages = schema.messages
_sent = schema.campaign_messages
_links = schema.message_campaigns
_spoken = (
    select(
        _messages.c.id,
        _messages.c.received_at,
        _messages.c.held,
        _messages.c.category,
        schema.transactions.c.mail_from,
        _links.c.how,
        _links.c.confidence,
        _links.c.recipient,
    )
    .join(schema.transactions, schema.transactions.c.id == _messages.c.id)
    .outerjoin(_links, _links.c.message_id == _messages.c.id)
)
_wrote = schema.person_messages
_EVIDENCE = Bulk(
    _evidence,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[_evidence.c.address, _evidence.c.message_id],
        set_={
            name: insertion.excluded[name]
            for name in ("at", "kind", "structured", "counted", "about", "said")
        },
    ),
)


def weigh(connection: Connection, digests: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what these messages say of addresses; again where they were read before."""
    told = {one: _told(digest) for one, digest in digests.items()}
    touched = _forget(connection, [one for one in digests if not told[one]])
    speaking = [one for one in sorted(digests) if told[one]]
    if speaking:
        touched |= _forget(connection, speaking)
        registers = connection.execute(select(exists().select_from(_sent))).scalar()
        found = connection.execute(_spoken.where(_messages.c.id.in_(speaking))).all()
        rows = [
            _row(one, digests[one.id], each, ours=not registers or _ours(one, each.address))
            for one in found
            for each in told[one.id]
        ]
        _EVIDENCE.insert(connection, rows)
        touched |= {row["address"] for row in rows}
    settle(connection, touched | _who_wrote(connection, digests))


def recount(connection: Connection, identifier: str) -> None:
    """The category or the place of a message was changed by somebody: count it, or no more."""
    query = select(_messages.c.held, _messages.c.category).where(_messages.c.id == identifier)
    row = connection.execute(query).one()
    ours = update(_evidence).where(_evidence.c.message_id == identifier)
    counted = not row.held and row.category in _REPORTS
    found = connection.execute(ours.values(counted=counted).returning(_evidence.c.address))
    settle(connection, set(found.scalars()))


def withdraw(connection: Connection, identifiers: Sequence[str]) -> None:
    """Somebody deleted these messages: what they said is taken back."""
    settle(connection, _forget(connection, identifiers))


def _forget(connection: Connection, identifiers: Collection[str]) -> set[str]:
    """Take evidence away; of whom it was."""
    touched: set[str] = set()
    for chunk in chunks(sorted(identifiers)):
        known = select(_evidence.c.address).where(_evidence.c.message_id.in_(chunk))
        found = set(connection.execute(known).scalars())
        if found:
            connection.execute(delete(_evidence).where(_evidence.c.message_id.in_(chunk)))
        touched |= found
    return touched


@dataclass(frozen=True, slots=True)
class _Told:
    """What a report says of one address."""

    address: str
    says: Says
    words: str


def _told(digest: Mapping[str, Any]) -> tuple[_Told, ...]:
    """What a digest says of addresses, as far as it bears on them; each once."""
    bounce = digest.get("bounce") or {}
    found: dict[str, _Told] = {}
    for place, one in enumerate((bounce, *(bounce.get("others") or ()))):
        address = address_of(one.get("recipient"))
        says = _says(digest, one) if place == 0 else _says_of_another(one, place)
        if address is not None and says is not None:
            found.setdefault(address, _Told(address, says, one.get("diagnostic") or ""))
    return tuple(found.values())


def _says(digest: Mapping[str, Any], bounce: Mapping[str, Any]) -> Says | None:
    if bounce.get("kind") is None:
        return Says.COMPLAINT if digest.get("category") == "complaint" else None
    if _is_dead(bounce):
        return Says.HARD
    return Says.UNCLEAR if "ask-after-three" in (digest.get("why") or ()) else None


def _says_of_another(failure: Mapping[str, Any], place: int) -> Says | None:
    """The reasons of a digest are about its first recipient alone."""
    if not _is_dead(failure):
        return None
    return Says.HARD if place <= MOST_BELIEVED else Says.UNCLEAR


def _is_dead(failure: Mapping[str, Any]) -> bool:
    return failure.get("kind") == "hard" and failure.get("permanent") is not False


def _ours(message: Any, address: str) -> bool:
    """Whether it speaks of mail that we sent to this address, by a sign that no stranger makes up:
    a signed address, or a registered Message-ID."""
    if message.how is None or message.confidence < QUOTED:
        return False
    if message.how == How.ADDRESS.value and message.confidence < SIGNED:
        return False
    known = address_of(message.recipient)
    return known is None or known == address


def _row(message: Any, digest: Mapping[str, Any], told: _Told, *, ours: bool) -> dict[str, Any]:
    by_program = told.says is Says.COMPLAINT or message.mail_from is None
    return {
        "address": told.address,
        "message_id": message.id,
        "at": message.received_at,
        "kind": told.says.value if ours else Says.UNCLEAR.value,
        "structured": by_program and bool(_STRUCTURED & set(digest.get("why") or ())),
        "counted": not message.held and message.category in _REPORTS,
        "about": storable(digest["bounce"].get("original_message_id") or "", 1000),
        "said": storable(told.words, 500),
    }


def _who_wrote(connection: Connection, digests: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Authors of these messages who have an entry: it may end now."""
    authors = {
        address_of((digest.get("from") or {}).get("address"))
        for digest in digests.values()
        if digest.get("category") in _WRITTEN
    } - {None}
    found: set[str] = set()
    for chunk in chunks(sorted(one for one in authors if one is not None)):
        query = select(_entries.c.address).where(
            _entries.c.address.in_(chunk), _entries.c.state != State.LIFTED.value
        )
        found |= set(connection.execute(query).scalars())
    return found


def settle(connection: Connection, addresses: Iterable[str]) -> None:
    """Make the entries of these addresses what their evidence says. What a person added stays."""
    for address in sorted(addresses):
        query = select(_entries).where(_entries.c.address == address)
        entry = connection.execute(query).first()
        if entry is not None and entry.reason == "manual" and entry.state == State.ACTIVE.value:
            continue
        found = _standing(connection, address, entry.lifted_at if entry else None)
        if found is not None:
            _write(connection, address, entry, found)
        elif entry is not None and entry.state != State.LIFTED.value:
            _end(connection, entry)


def _standing(connection: Connection, address: str, lifted_at: Any) -> Standing | None:
    query = select(_evidence).where(_evidence.c.address == address, _evidence.c.counted.is_(True))
    weight = case(_WEIGHT, value=_evidence.c.kind, else_=0)
    heaviest = weight.desc(), _evidence.c.structured.desc(), _evidence.c.at.desc()
    evidence = [
        Evidence(row.message_id, row.at, Says(row.kind), row.structured, row.about)
        for row in connection.execute(query.order_by(*heaviest).limit(_MOST_WEIGHED))
    ]
    if not evidence:
        return None
    first = min(one.at for one in evidence)
    wrote = (
        select(_messages.c.received_at)
        .join(_wrote, and_(_wrote.c.message_id == _messages.c.id))
        .where(_wrote.c.address == address, _wrote.c.message_id >= first_id(first))
        .where(_messages.c.held.is_not(True), _messages.c.category.in_(_WRITTEN))
        .order_by(_wrote.c.message_id.desc())
        .limit(1)
    )
    return standing(evidence, lifted_at, connection.execute(wrote).scalar())


def _write(connection: Connection, address: str, entry: Any, found: Standing) -> None:
    values = {
        "address": address,
        "state": found.state.value,
        "reason": found.reason,
        "source": found.source,
        "note": entry.note if entry is not None else "",
        "evidence": list(found.evidence[-MOST_EVIDENCE:]),
        "first_seen": found.first_seen,
        "last_seen": found.last_seen,
        "expires_at": None,
        "lifted_at": entry.lifted_at if entry is not None else None,
        "changed_by": BY_REPORTS,
    }
    anew = insert_into(connection, _entries).values(values)
    connection.execute(anew.on_conflict_do_update(index_elements=["address"], set_=values))


def _end(connection: Connection, entry: Any) -> None:
    """Nothing speaks for an entry any more; it leaves no trace unless a person decided once."""
    ours = _entries.c.address == entry.address
    if entry.lifted_at is None:
        connection.execute(delete(_entries).where(ours))
        return
    lifted = {"state": State.LIFTED.value, "evidence": [], "changed_by": BY_REPORTS}
    connection.execute(update(_entries).where(ours).values(lifted))
