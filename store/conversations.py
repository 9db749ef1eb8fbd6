"""Which messages belong together: a pure function of what they say of each other.

Because it is a function of the set of messages, the order in which they arrive cannot matter.
Two messages that name a common Message-ID (RFC 5322 §3.6.4) are not yet one conversation: an id
can be forged, guessed, or the same in a campaign's ten thousand mails, and one message that names
two conversations of other people must not make one of them. Such messages belong together if

- one wrote both, or each names the other's author; or
- one names the other as its ancestor, and both name the same first ancestor; or
- one names the other and nobody else, as the only one that has this id.

The first is open only to somebody who is in both conversations. By the others a message joins
one conversation, and cannot bring a second into it. A message that names no ancestor, but whose
subject says that it is a reply, belongs to messages with that subject about the same time between
the same two people.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import timedelta

SUBJECT_WINDOW = timedelta(days=14) // timedelta(microseconds=1)
"""Microseconds between two messages that belong together by their subject alone."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What one message says: `id` is ours, `at` microseconds since 1970; everything else is a
    digest of what it said, "" for what it does not say. `people` has the author too."""

    id: str
    at: int
    author: str = ""
    people: frozenset[str] = frozenset()
    own: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    is_reply: bool = False

    @property
    def root(self) -> str:
        """The Message-ID with which, as it says, its conversation began."""
        return self.references[0] if self.references else self.own

    @property
    def keys(self) -> Iterator[str]:
        """The Message-IDs that it has in common with its conversation."""
        if self.own:
            yield self.own
        yield from self.references

    @property
    def seeks_by_subject(self) -> bool:
        """Whether it is a reply that does not say to what."""
        return self.is_reply and not self.references and bool(self.subject)


def contested_among(members: Iterable[Signs]) -> frozenset[str]:
    """The Message-IDs under which several people sent something: one of them is forged."""
    authors = defaultdict(set)
    for one in members:
        authors[one.own].add(one.author)
    return frozenset(own for own, named in authors.items() if own and len(named) > 1)


def conversations(members: Iterable[Signs], contested: Set[str]) -> dict[str, str]:
    """The conversation of each message, by its id: the least id of the messages in it.

    `contested`: Message-IDs that several people used. Work grows with the number of messages and
    of people and references in them.
    """
    sets = _Sets()
    known = {one.id: one for one in sorted(members, key=lambda one: one.id)}
    for one in known.values():
        sets.add(one.id)
    _join_correspondents(known.values(), sets)
    _join_ancestors(known.values(), contested, sets)
    _join_subjects(known.values(), sets)
    return {identifier: sets.find(identifier) for identifier in known}


class _Sets:
    """Disjoint sets of ids, each known by its least."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def add(self, identifier: str) -> None:
        self._above[identifier] = identifier

    def find(self, identifier: str) -> str:
        above = self._above
        while above[identifier] != identifier:
            above[identifier] = identifier = above[above[identifier]]
        return identifier

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self._above[second] = first


def _join_correspondents(members: Iterable[Signs], sets: _Sets) -> None:
    """Who shares a Message-ID with what they wrote themselves, or with those whom they write to
    and who write to them."""
    sharing: dict[str, dict[str, list[Signs]]] = defaultdict(lambda: defaultdict(list))
    for one in members:
        for key in one.keys if one.author else ():
            sharing[key][one.author].append(one)
    for written in sharing.values():
        named = {author: _named_by(those) for author, those in written.items()}
        for author, (first, *others) in written.items():
            for one in others:
                sets.join(first.id, one.id)
            for other in named[author] & written.keys():
                if author in named[other]:
                    sets.join(first.id, written[other][0].id)


def _named_by(messages: Iterable[Signs]) -> set[str]:
    return {person for one in messages for person in one.people}


def _join_ancestors(members: Iterable[Signs], contested: Set[str], sets: _Sets) -> None:
    """Who names an ancestor that is here, and agrees with it about where it all began."""
    holders: dict[tuple[str, str], list[Signs]] = defaultdict(list)
    owners: dict[str, list[Signs]] = defaultdict(list)
    known = list(members)
    for one in known:
        if one.own:
            holders[one.own, one.root].append(one)
            owners[one.own].append(one)
    for one in known:
        for reference in one.references:
            for ancestor in holders.get((reference, one.root), ()):
                sets.join(one.id, ancestor.id)
        if len(one.references) == 1 and one.root not in contested:
            for parent in owners.get(one.root, ()):
                sets.join(one.id, parent.id)


def _join_subjects(members: Iterable[Signs], sets: _Sets) -> None:
    """Replies that name no ancestor, with what the same two people wrote under that subject."""
    between: dict[tuple[str, str, str], list[Signs]] = defaultdict(list)
    for one in members:
        for other in one.people - {one.author} if one.subject and one.author else ():
            first, second = sorted((one.author, other))
            between[one.subject, first, second].append(one)
    for those in between.values():
        if any(one.seeks_by_subject for one in those):
            _join_near(sorted(those, key=lambda one: (one.at, one.id)), sets)


def _join_near(those: list[Signs], sets: _Sets) -> None:
    """Each that seeks, with all that are near it in time; `those` are sorted by time."""
    start = end = 0
    for one in those:
        if not one.seeks_by_subject:
            continue
        while those[start].at < one.at - SUBJECT_WINDOW:
            start += 1
        near = max(start, end - 1)
        while near < len(those) and those[near].at <= one.at + SUBJECT_WINDOW:
            sets.join(one.id, those[near].id)
            near += 1
        end = near
