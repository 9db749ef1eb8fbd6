"""What is kept of a message so that its conversation can be found: digests of Message-IDs, of
addresses and of the subject, and nothing that could be read.

Digests, because ids and subjects are as long as strangers make them, and because what is left
of a person after an erasure must not name anybody.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Any

from mail.address import parse_domain
from mail.lineage import Lineage
from store.columns import EPOCH, storable
from store.conversations import Signs

_SILENT = ("bounce", "complaint")
"""Categories whose sender is a machine that writes to everybody in everybody's name."""

_LONGEST_ADDRESS = 320


class Role(IntEnum):
    """The part that a key plays in a message."""

    OWN = 0
    """Its Message-ID."""
    REFERENCE = 1
    """An ancestor's."""
    SUBJECT = 2
    """Its subject."""
    SOUGHT_SUBJECT = 3
    """The subject of a reply that does not say to what."""


def address_of(text: str | None) -> str | None:
    """An address as people are known by: lower case, the domain in A-labels; None if it is none.

    Only the owner may say whether two spellings of a local part are one person (RFC 5321 §2.4),
    and in practice no owner tells them apart by case.
    """
    local, at, domain = (text or "").strip().rpartition("@")
    if not at or not local or len(local) + len(domain) >= _LONGEST_ADDRESS:
        return None
    try:
        domain = parse_domain(domain).ascii
    except ValueError:
        domain = domain.lower()
    return storable(f"{local.lower()}@{domain}") if domain else None


def person_of(digest: Mapping[str, Any]) -> tuple[str | None, str]:
    """Who wrote a message, and the name that they gave. Who forwarded it by hand did not."""
    forward = digest.get("forward") or {}
    author = digest.get("from") or {}
    original = address_of(forward.get("original_sender"))
    if original is None and forward.get("original_sender"):
        return None, storable(forward["original_sender"], 200)  # a name alone, or no address
    if original is None:
        return address_of(author.get("address")), storable(author.get("name") or "", 200)
    same = original == address_of(author.get("address"))
    return original, storable(author.get("name") or "", 200) if same else ""


def shown_author(digest: Mapping[str, Any]) -> tuple[str, str]:
    """Name and address of whom lists and pages show as the author, "" for nothing: whoever wrote
    what was forwarded by hand, never the forwarder."""
    author = digest.get("from") or {}
    original = (digest.get("forward") or {}).get("original_sender")
    person, name = person_of(digest)
    if original and person is None:
        return name, ""
    if original and person != address_of(author.get("address")):
        return name, storable(original, _LONGEST_ADDRESS)
    return author.get("name") or "", author.get("address") or ""


def signs_of(
    identifier: str, at: datetime, digest: Mapping[str, Any], lineage: Lineage | None
) -> Signs:
    """What the message says of its conversation; without a lineage as much as its digest tells."""
    lineage = lineage or _from_digest(digest)
    person, _ = person_of(digest)
    author = "" if person is None or digest.get("category") in _SILENT else _mark("person", person)
    named = filter(None, map(address_of, lineage.people))
    people = {_mark("person", one) for one in named} | ({author} - {""})
    return Signs(
        id=identifier,
        at=round((at - EPOCH).total_seconds() * 1_000_000),
        author=author,
        people=frozenset(people),
        own=_mark("id", lineage.message_id) if lineage.message_id else "",
        references=tuple(_mark("id", one) for one in lineage.references),
        subject=_mark("subject", lineage.subject) if lineage.subject else "",
        is_reply=lineage.is_reply,
    )


def _from_digest(digest: Mapping[str, Any]) -> Lineage:
    people = [digest.get("from") or {}, *(digest.get("to") or ())]
    named = tuple(one["address"] for one in people if one.get("address"))
    return Lineage(message_id=digest.get("message_id"), people=named)


def as_json(signs: Signs) -> dict[str, Any]:
    """The row's form; `id` is the row's own."""
    return {
        "at": signs.at,
        "author": signs.author,
        "people": sorted(signs.people),
        "own": signs.own,
        "references": list(signs.references),
        "subject": signs.subject,
        "is_reply": signs.is_reply,
    }


def from_json(identifier: str, kept: Mapping[str, Any]) -> Signs:
    """The reverse of `as_json`."""
    return Signs(
        id=identifier,
        at=kept["at"],
        author=kept["author"],
        people=frozenset(kept["people"]),
        own=kept["own"],
        references=tuple(kept["references"]),
        subject=kept["subject"],
        is_reply=kept["is_reply"],
    )


def keys_of(signs: Signs) -> Iterator[tuple[str, Role]]:
    """The keys that others can find the message by, each with its part; each once."""
    if signs.own:
        yield signs.own, Role.OWN
    for reference in dict.fromkeys(signs.references):
        yield reference, Role.REFERENCE
    if signs.subject and signs.author:
        yield signs.subject, Role.SOUGHT_SUBJECT if signs.seeks_by_subject else Role.SUBJECT


def mark_of_id(message_id: str) -> str:
    """The digest of a Message-ID, brackets included, by which messages that name it are found."""
    return _mark("id", message_id)


def _mark(kind: str, text: str) -> str:
    octets = f"{kind}:{text}".encode("utf-8", "surrogatepass")
    return blake2b(octets, digest_size=12).hexdigest()
