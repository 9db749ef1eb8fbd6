"""Undoing changes of a body until its hash is the one that was signed.

First every prefix is hashed in one pass, which finds whatever was put behind the end. Then whole
bodies are made: each undoes one thing that relays are known to do. At last those of them that
undo one thing throughout are searched for appended text as well, so that two changes are found.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from verify.breakage.budget import PREFIX_OCTETS, Budget, Exhausted
from verify.breakage.change import Change, Kind, excerpt
from verify.breakage.insertions import without_inserted_text
from verify.breakage.reversals import REWRITE_LIMIT, Mended, without_relays_changes
from verify.breakage.structure import read_structure
from verify.dkim.canonical import BodyScope, CanonicalBody, hash_body

PREFIXES = 100_000
"""Line ends at the end of a body where the signed text may have ended."""


@dataclass(frozen=True, slots=True)
class BodyGoal:
    """The hash that a signature states, and what a try costs."""

    scope: BodyScope
    body_hash: bytes
    budget: Budget

    def fits(self, body: bytes) -> bool:
        """Whether this is the signed body. Raises Exhausted."""
        self.budget.take(len(body))
        found = hash_body([body], {self.scope})[self.scope]
        if self.scope.length is not None and found.body_length < self.scope.length:
            return False
        return hmac.compare_digest(found.sha256, self.body_hash)

    def signed_prefix(self, body: bytes) -> int | None:
        """How many octets of `body` are the signed one, if it begins with it.

        One pass: at each line end the hash so far is that of a body that ends there. A signature
        with l= says by itself where its text ends. Raises Exhausted.
        """
        if self.scope.length is not None:
            return len(body) if self.fits(body) else None
        self.budget.take(len(body))
        octets = b"".join(_canonical(body, self.scope))
        lines = octets.count(b"\r\n")
        number = min(lines, PREFIXES, self.budget.octets // PREFIX_OCTETS)
        self.budget.octets -= number * PREFIX_OCTETS
        line = _matching_line(octets, lines - number, self.body_hash)
        return None if line is None else _start_of_line(body, line)


def mend_body(body: bytes, content_type: bytes, encoding: bytes, goal: BodyGoal) -> Mended | None:
    """The body as it was signed and what was done to it; None if nothing that we know fits.

    `content_type` and `encoding` are the values of the message's fields. Raises Exhausted.
    """
    if (found := _without_appended(Mended(body), goal)) is not None:
        return found
    structure = read_structure(content_type, encoding, body)
    whole = list(_affordable(without_relays_changes(body, structure), goal))
    for candidate in whole:
        if goal.fits(candidate.body):
            return candidate
    if len(body) > REWRITE_LIMIT:
        raise Exhausted
    for candidate in without_inserted_text(body, structure):
        if goal.fits(candidate.body):
            return candidate
    return _two_changes(whole, content_type, encoding, goal)


def _affordable(candidates: Iterator[Mended], goal: BodyGoal) -> Iterator[Mended]:
    """As many as can be hashed: making one costs about what hashing it does."""
    octets = goal.budget.octets
    for candidate in candidates:
        octets -= len(candidate.body)
        yield candidate
        if octets < 0:
            return


def _two_changes(
    whole: list[Mended], content_type: bytes, encoding: bytes, goal: BodyGoal
) -> Mended | None:
    for candidate in whole:
        if (found := _without_appended(candidate, goal)) is not None:
            return found
    for candidate in whole:
        kept = candidate.fields
        inner = read_structure(
            kept.get("content-type", content_type),
            kept.get("content-transfer-encoding", encoding),
            candidate.body,
        )
        for second in without_inserted_text(candidate.body, inner):
            if goal.fits(second.body):
                return Mended(second.body, (*candidate.changes, *second.changes), kept)
    return None


def _without_appended(candidate: Mended, goal: BodyGoal) -> Mended | None:
    end = goal.signed_prefix(candidate.body)
    if end is None:
        return None
    rest = candidate.body[end:]
    if not rest.replace(b"\r\n", b""):  # a bare LF is text: it counts in both forms
        return candidate
    change = Change(Kind.TEXT_APPENDED, "body", len(rest), excerpt(rest))
    return Mended(candidate.body[:end], (*candidate.changes, change), candidate.fields)


def _canonical(body: bytes, scope: BodyScope) -> Iterator[bytes]:
    form = CanonicalBody(scope.form)
    yield from form.update(body)
    yield from form.finish()


def is_of_nothing(body_hash: bytes) -> bool:
    """Whether this is the hash of an empty body: every body begins with that one."""
    return body_hash in _EMPTY


def _matching_line(octets: bytes, first: int, wanted: bytes) -> int | None:
    """After how many lines of the canonical `octets` a body ends that has the hash `wanted`;
    ends within the `first` lines are not tried."""
    if is_of_nothing(wanted):
        return 0
    position, line = _offset_of_line(octets, first), first
    so_far = hashlib.sha256(octets[:position])
    while (end := octets.find(b"\r\n", position)) >= 0:
        so_far.update(octets[position : end + 2])
        line += 1
        # An empty line at the end does not count, so its end is no other body.
        if end > position and so_far.copy().digest() == wanted:
            return line
        position = end + 2
    return None


_EMPTY = (hashlib.sha256(b"").digest(), hashlib.sha256(b"\r\n").digest())


def _offset_of_line(octets: bytes, line: int) -> int:
    position = 0
    for _ in range(line):
        position = octets.index(b"\r\n", position) + 2
    return position


def _start_of_line(body: bytes, line: int) -> int:
    """The canonical forms keep the number of CRLFs, so the line is the same in `body`."""
    position = 0
    for _ in range(line):
        found = body.find(b"\r\n", position)
        if found < 0:
            return len(body)
        position = found + 2
    return position
