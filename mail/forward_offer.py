"""Know your forwarder: which paths of held and refused mail are worth a rule, and what of them
nobody has proved.

Signs of forwarding can be written by anybody, and whoever runs a domain passes SPF for it. So a
path is offered only where three things come together: the one who forwarded is proved (by SPF, by
a confirmed name in the forwarder's own domain, or by a seal), the signs name that very forwarder,
and the message could have been good before it was forwarded: its original sender or a signature
is the author's, or it names the destination that somebody set up. What stays open is said beside
the offer, and a person decides.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mail.forward import Rewriting
from mail.forward_path import ForwardPath
from mail.trust import Known

Report = Mapping[str, Any]
"""The stored form of a report, `mail.answer.answer_of`, or at least those parts that are asked
for here: dkim, dmarc, forward, forward_path, iprev, spf."""

EXAMPLES = 5
"""Transactions, and author domains, that an offer names."""

_UNSAID = ("none", "neutral")
"""SPF results by which a domain says nothing against the client."""

_NUMBER, _HEXADECIMAL, _ADDRESS_PARTS = re.compile("[0-9]+"), re.compile("[0-9a-f]{8}"), 4


class Unproven(StrEnum):
    """What an offer rests on and nobody has proved."""

    AUTHOR = "author"
    """That the author wrote it: only the forwarder or sealer says so."""
    FORWARDED = "forwarded"
    """That it was forwarded: whoever sends for that domain can write such a sender by itself."""
    MAILBOX = "mailbox"
    """That this mailbox forwarded it: what is proved is its domain."""
    DESTINATION = "destination"
    """That somebody forwards to this destination: no sign in the messages names it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One held or refused message that came by a path. `is_named`: its signs name the
    destination; `is_genuine`: undoing a change on the way makes the author's signature verify."""

    id: str
    at: datetime
    destination: str
    path: ForwardPath
    from_domain: str
    held: bool
    is_named: bool = False
    is_genuine: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """Messages that look like one path to one destination. `id` is the same each time.

    `examples` are ids of transactions, newest first, and `held_examples` those of them that are
    held messages. `named` and `genuine` count the messages of which that is true.
    """

    id: str
    destination: str
    path: ForwardPath
    held: int
    refused: int
    first_at: datetime
    last_at: datetime
    from_domains: tuple[str, ...]
    examples: tuple[str, ...]
    held_examples: frozenset[str] = frozenset()
    named: int = 0
    genuine: int = 0

    @property
    def messages(self) -> int:
        """How many there were."""
        return self.held + self.refused

    @property
    def unproven(self) -> tuple[Unproven, ...]:
        """What is not proved, the gravest first."""
        sealed = self.path.known_by is Known.SEAL
        doubts = {
            Unproven.AUTHOR: self.genuine < self.messages,
            Unproven.FORWARDED: not sealed,
            Unproven.MAILBOX: "@" in self.path.forwarder,
            Unproven.DESTINATION: self.named < self.messages,
        }
        return tuple(doubt for doubt, holds in doubts.items() if holds)


def offered_path(report: Report, destination: str) -> ForwardPath | None:
    """The path of a message to `destination` that is worth a rule; None where there is none."""
    path = _proved(report)
    if path is None or path.known_by is Known.SEAL:
        return path  # a chain in which the author passed, of a message that fails: a forward
    signs = report["forward"]
    says_so = _is_rewritten(signs) or path.forwarder in signs["forwarded_for"]
    return path if says_so and _could_have_passed(report, destination) else None


def names_destination(report: Report, destination: str) -> bool:
    """Whether the signs of forwarding name `destination`."""
    signs = report.get("forward")
    return signs is not None and destination in (signs["destination"], *signs["forwarded_to"])


def is_genuine(diagnosis: Mapping[str, Any] | None, report: Report) -> bool:
    """Whether a signature of the author's verifies when the changes on the way are undone."""
    return diagnosis is not None and any(
        one["proof"] == "signature" and _is_author_s(one["domain"], report)
        for one in diagnosis["signatures"]
    )


def group(attempts: Iterable[Attempt]) -> tuple[Offer, ...]:
    """One offer for each path and destination, the latest seen first."""
    groups: dict[tuple[str, ForwardPath], list[Attempt]] = {}
    for one in attempts:
        groups.setdefault((one.destination, one.path), []).append(one)
    offers = [_offer(*key, found) for key, found in groups.items()]
    return tuple(sorted(offers, key=lambda offer: (offer.last_at, offer.id), reverse=True))


def offer_id(destination: str, path: ForwardPath) -> str:
    """26 characters that name this path to this destination."""
    text = "\x00".join((destination, path.known_by, path.name, path.forwarder))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:26]


def _proved(report: Report) -> ForwardPath | None:
    """What the report says is proved, or a client whose confirmed name is the forwarder's own."""
    kept = report.get("forward_path")
    if kept is not None:
        return ForwardPath(Known(kept["known_by"]), kept["name"], kept["forwarder"])
    signs, iprev, spf = report.get("forward"), report["iprev"], report["spf"]
    failed = report["dmarc"]["result"] == "fail"
    if not (signs and failed and signs["forwarder"] and iprev["result"] == "pass"):
        return None
    domain = signs["forwarder"].rpartition("@")[2]
    own = _is_own_server(iprev["name"].lower().rstrip("."), domain)
    if not own or spf["identity"] != "mailfrom" or spf["result"] not in _UNSAID:
        return None
    return ForwardPath(Known.CLIENT, domain, signs["forwarder"])


def _is_own_server(name: str, domain: str) -> bool:
    """Whether the confirmed name says that `domain` itself runs the server.

    A name that is made of the server's address is what providers give to whoever rents one there,
    and below a top-level domain anybody has a name.
    """
    host = name.removesuffix(domain)
    rented = len(_NUMBER.findall(host)) >= _ADDRESS_PARTS or _HEXADECIMAL.search(host) is not None
    return "." in domain and _is_within(name, domain) and not rented


def _is_rewritten(signs: Report) -> bool:
    return bool(signs["rewriting"] != Rewriting.NONE.value)


def _could_have_passed(report: Report, destination: str) -> bool:
    """Whether DMARC could have passed where it was forwarded; else no forward is to blame."""
    original = report["forward"]["original_sender"].rpartition("@")[2]
    signed = any(_is_author_s(one["domain"], report) for one in report["dkim"])
    own = bool(original) and _is_author_s(original, report)
    return signed or own or names_destination(report, destination)


def _is_author_s(domain: str, report: Report) -> bool:
    """Whether it is the author's domain or of the same organisation, as far as the record's place
    tells."""
    author, organisation = report["dmarc"]["domain"], report["dmarc"]["policy_domain"]
    wide = organisation if "." in organisation else author
    return bool(author) and (_is_within(domain, author) or _is_within(domain, wide))


def _is_within(name: str, domain: str) -> bool:
    return bool(domain) and (name == domain or name.endswith("." + domain))


def _offer(destination: str, path: ForwardPath, found: list[Attempt]) -> Offer:
    newest = sorted(found, key=lambda one: one.id, reverse=True)
    held = sum(one.held for one in found)
    domains = dict.fromkeys(one.from_domain for one in newest if one.from_domain)
    return Offer(
        offer_id(destination, path),
        destination,
        path,
        held,
        len(found) - held,
        min(one.at for one in found),
        max(one.at for one in found),
        tuple(domains)[:EXAMPLES],
        tuple(one.id for one in newest[:EXAMPLES]),
        frozenset(one.id for one in newest[:EXAMPLES] if one.held),
        sum(one.is_named for one in found),
        sum(one.is_genuine for one in found),
    )
