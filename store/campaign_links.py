"""Which campaign a message answers: what it says of itself, compared with what was sent.

The surest sign wins: an address that only we can make, then the Message-ID that it answers, then
tags and quotations. Where it says nothing at all but answers something, and its author was sent
exactly one campaign lately, that is a guess, and said to be one.

Runs within the transaction that keeps the digest, and reads with a few statements for all of its
messages together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select

from mail.address import parse_address
from mail.campaign import Campaign, How, read_tag
from mail.lineage import Lineage
from mail.reply_address import ReplyKey, ReplyTag, claimed, read
from store import schema
from store.bulk import Bulk
from store.columns import storable
from store.page import chunks
from store.thread_signs import address_of, mark_of_id, person_of

GUESS_DAYS = timedelta(days=14)
"""Between a campaign and an answer that does not say what it answers."""

SIGNED, ANSWERED, TAGGED, QUOTED, LABELLED, GUESSED = 1.0, 0.95, 0.9, 0.9, 0.75, 0.3
"""How sure each sign is, where the campaign is known here."""

UNKNOWN = 0.6
"""So much is left of it where nobody registered the campaign that a tag of ours names."""

_REPORTS = ("bounce", "complaint")
_LONGEST = 200
_campaigns = schema.campaigns
_sent = schema.campaign_messages
_links = schema.message_campaigns
_messages = schema.messages
_ROWS = Bulk(
    _links,
    lambda insertion: insertion.on_conflict_do_update(
        index_elements=[_links.c.message_id],
        set_={
            name: insertion.excluded[name]
            for name in ("campaign_id", "recipient", "how", "confidence")
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A message's campaign, and how sure we are of it (0 to 1)."""

    campaign: Campaign
    confidence: float


@dataclass(slots=True)
class _Known:
    """What the store knows of all that the messages name."""

    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Campaign and recipient by the digest of a Message-ID."""
    spelled: dict[str, str] = field(default_factory=dict)
    """Ids of campaigns by their lower case."""
    handles: dict[str, ReplyTag] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()


def find_links(
    connection: Connection,
    digests: Mapping[str, Mapping[str, Any]],
    lineages: Mapping[str, Lineage],
    keys: Sequence[ReplyKey] = (),
) -> dict[str, Link]:
    """The campaigns of those messages, by id, that answer one. `keys` read signed addresses."""
    telling = {one: lineages[one] for one in digests if one in lineages}
    known = _known(connection, telling.values(), keys)
    found = {}
    for identifier, lineage in telling.items():
        best = max(_candidates(lineage, known, keys), key=lambda one: one.confidence, default=None)
        if best is not None:
            found[identifier] = _about(best, digests[identifier])
    found |= _kept(connection, telling.keys() - found.keys())
    guesses = {one: digests[one] for one in telling.keys() - found.keys()}
    return found | _guesses(connection, guesses, telling)


def forget_links(connection: Connection, identifiers: Collection[str]) -> None:
    """These messages answer no campaign, whatever was thought before."""
    connection.execute(delete(_links).where(_links.c.message_id.in_(identifiers)))


def link_from(row: Any) -> Link:
    """A row of `message_campaigns`."""
    return Link(Campaign(row.campaign_id, row.recipient or None, How(row.how)), row.confidence)


def write_links(connection: Connection, links: Mapping[str, Link]) -> None:
    """Keep them, in place of what was kept of these messages."""
    rows = [
        {
            "message_id": identifier,
            "campaign_id": link.campaign.id,
            "recipient": link.campaign.recipient or "",
            "how": link.campaign.how.value,
            "confidence": link.confidence,
        }
        for identifier, link in sorted(links.items())
    ]
    _ROWS.insert(connection, rows)


def recipient_of(text: str | None) -> str:
    """A recipient as it is kept: an address as people are known by, or what the sender calls
    them; "" for nobody."""
    return address_of(text) or storable((text or "").strip(), _LONGEST)


def _about(link: Link, digest: Mapping[str, Any]) -> Link:
    """A report about a message that names no recipient of its own names one itself."""
    if link.campaign.recipient is not None or digest.get("category") not in _REPORTS:
        return link
    recipient = address_of((digest.get("bounce") or {}).get("recipient"))
    return replace(link, campaign=replace(link.campaign, recipient=recipient))


def _kept(connection: Connection, identifiers: Collection[str]) -> dict[str, Link]:
    """What was known before, from Message-IDs that are forgotten by now; guesses are made anew."""
    query = select(_links).where(_links.c.message_id.in_(identifiers))
    rows = connection.execute(query.where(_links.c.how != How.NONE.value))
    return {row.message_id: link_from(row) for row in rows}


def _known(
    connection: Connection, lineages: Collection[Lineage], keys: Sequence[ReplyKey]
) -> _Known:
    known = _Known()
    marks = {mark_of_id(one) for lineage in lineages for one in _ids(lineage)}
    for chunk in chunks(sorted(marks)):
        for row in connection.execute(select(_sent).where(_sent.c.key.in_(chunk))):
            known.sent[row.key] = row.campaign_id, row.recipient
    if not any(_addresses(lineage) or lineage.clues.labels for lineage in lineages):
        return known
    named = {name.lower() for lineage in lineages for name in _named(lineage)}
    for chunk in chunks(sorted(named)):
        query = select(_campaigns.c.id).where(func.lower(_campaigns.c.id).in_(chunk))
        known.spelled |= {one.lower(): one for one in connection.execute(query).scalars()}
    tags = [_signed(address, keys) for lineage in lineages for address in _addresses(lineage)]
    handles = schema.reply_tags
    for chunk in chunks(sorted({tag.handle for tag in tags if tag and tag.handle})):
        query = select(handles).where(handles.c.handle.in_(chunk))
        for row in connection.execute(query):
            known.handles[row.handle] = ReplyTag(row.campaign, row.recipient, row.handle)
    known.domains = frozenset(connection.execute(select(schema.domains.c.name)).scalars())
    return known


def _ids(lineage: Lineage) -> tuple[str, ...]:
    return (*lineage.references, *lineage.clues.quoted_ids)


def _addresses(lineage: Lineage) -> tuple[str, ...]:
    return (*lineage.clues.addresses, *lineage.clues.quoted_addresses)


def _named(lineage: Lineage) -> Iterator[str]:
    yield from lineage.clues.labels
    for address in _addresses(lineage):
        yield from (campaign for campaign, _ in read_tag(address, is_ours=True))


def _candidates(lineage: Lineage, known: _Known, keys: Sequence[ReplyKey]) -> Iterator[Link]:
    """Everything that it says, the nearest of each kind first."""
    clues = lineage.clues
    for address in clues.addresses:
        yield from _by_address(address, How.ADDRESS, known, keys)
    for message_id in reversed(lineage.references):
        yield from _by_id(message_id, How.REFERENCES, ANSWERED, known)
    for message_id in clues.quoted_ids:
        yield from _by_id(message_id, How.QUOTED, QUOTED, known)
    for address in clues.quoted_addresses:
        yield from _by_address(address, How.QUOTED, known, keys)
    for label in clues.labels:
        if label.lower() in known.spelled:
            yield Link(Campaign(known.spelled[label.lower()], None, How.QUOTED), LABELLED)


def _by_id(message_id: str, how: How, confidence: float, known: _Known) -> Iterator[Link]:
    found = known.sent.get(mark_of_id(message_id))
    if found is not None:
        yield Link(Campaign(found[0], found[1] or None, how), confidence)


def _by_address(address: str, how: How, known: _Known, keys: Sequence[ReplyKey]) -> Iterator[Link]:
    """A quotation is a little less sure than where the message was sent to."""
    less = 0.9 if how is How.QUOTED else 1.0
    tag = _signed(address, keys)
    if tag is not None and tag.handle:
        tag = known.handles.get(tag.handle)
    if tag is not None:
        yield Link(Campaign(storable(tag.campaign), storable(tag.recipient), how), SIGNED * less)
    if claimed(address) is not None or address.rpartition("@")[2].lower() not in known.domains:
        return
    pairs = read_tag(address, is_ours=True)
    registered = [pair for pair in pairs if pair[0].lower() in known.spelled]
    for campaign, recipient in registered[-1:]:
        spelled = known.spelled[campaign.lower()]
        yield Link(Campaign(spelled, recipient, how), TAGGED * less)
    for campaign, recipient in pairs[:1] if not registered else ():
        yield Link(Campaign(storable(campaign), recipient, how), UNKNOWN * less)


def _signed(address: str, keys: Sequence[ReplyKey]) -> ReplyTag | None:
    """What an address says that one of our keys signed."""
    if not keys or claimed(address) is None:
        return None
    try:
        return read(keys, parse_address(address))
    except ValueError:
        return None


def _guesses(
    connection: Connection,
    digests: Mapping[str, Mapping[str, Any]],
    lineages: Mapping[str, Lineage],
) -> dict[str, Link]:
    """By recipient and time. Whoever answers something that we know nothing of was not asked by
    a campaign of ours, and who only writes to us may not have been asked at all."""
    wanted = {
        identifier: about
        for identifier, digest in digests.items()
        if not _ids(lineages[identifier])
        and (about := _answering(digest, lineages[identifier])) is not None
    }
    if not wanted:
        return {}
    query = select(_messages.c.id, _messages.c.received_at)
    rows = connection.execute(query.where(_messages.c.id.in_(wanted))).all()
    found = {row.id: _only_campaign(connection, wanted[row.id], row.received_at) for row in rows}
    return {
        identifier: Link(Campaign(campaign, wanted[identifier], How.NONE), GUESSED)
        for identifier, campaign in found.items()
        if campaign is not None
    }


def _answering(digest: Mapping[str, Any], lineage: Lineage) -> str | None:
    """Who answers, where the message is an answer to something; of a report, whom it is about."""
    category = digest.get("category")
    if category in _REPORTS:
        return address_of((digest.get("bounce") or {}).get("recipient"))
    is_answer = lineage.is_reply or category in ("ooo", "rejection")
    return person_of(digest)[0] if is_answer else None


def _only_campaign(connection: Connection, recipient: str, at: datetime) -> str | None:
    """The one that was sent to them shortly before; None for none or several."""
    query = select(_sent.c.campaign_id).where(
        _sent.c.recipient == recipient, _sent.c.sent_at <= at, _sent.c.sent_at > at - GUESS_DAYS
    )
    found = connection.execute(query.distinct().limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None
