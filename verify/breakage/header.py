"""Undoing changes of the header until the signature verifies.

Each edit undoes one thing that relays do to one field. They are tried alone, then two together.
A signature that verifies is proof enough: whoever has not the key cannot make two headers fit it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mail.message import Header
from verify.breakage.budget import Budget
from verify.breakage.change import Change
from verify.breakage.edits import Edit
from verify.breakage.fields import edits_of
from verify.dkim.fields import FieldIndex
from verify.dkim.keys import PublicKey
from verify.dkim.parse import Coverage, Signer
from verify.dkim.proof import find_key

FIELDS = 300
"""More signed fields than this are not searched: nobody signs so many."""

_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:")


@dataclass(frozen=True, slots=True)
class HeaderGoal:
    """A signature, the keys that may have made it, and what a try costs."""

    signer: Signer
    coverage: Coverage
    keys: Sequence[PublicKey]
    budget: Budget

    def fits(self, headers: Sequence[Header]) -> bool:
        """Whether this is the signed header. Raises Exhausted."""
        field = self.signer.field
        self.budget.take(sum(len(one.raw) for one in headers) + len(field.raw))
        index = FieldIndex(headers)
        chosen = index.select(self.coverage.fields, field)
        digest = index.digest(chosen, field, self.coverage.header_form)
        return find_key(self.keys, self.signer, digest) is not None


@dataclass(frozen=True, slots=True)
class MendedHeader:
    """The signed fields as they were, and what was done to them."""

    headers: tuple[Header, ...]
    changes: tuple[Change, ...]


def mend_header(
    headers: Sequence[Header], fields: dict[str, bytes], goal: HeaderGoal
) -> MendedHeader | None:
    """The header as it was signed; None if nothing that we know fits. Raises Exhausted.

    `fields` are the values of MIME fields that belong to the body as it was signed.
    """
    names = {*goal.coverage.fields}
    own = goal.signer.field
    signed = tuple(one for one in headers if one.key in names or one is own)
    if len(signed) > FIELDS:
        return None
    for start in _starts(signed, fields, goal):
        if goal.fits(start):
            return MendedHeader(start, ())
        found = _search(start, headers, goal)
        if found is not None:
            return found
    return None


def _starts(
    signed: tuple[Header, ...], fields: dict[str, bytes], goal: HeaderGoal
) -> Iterator[tuple[Header, ...]]:
    """With the MIME fields that belong to the mended body, then as it came."""
    if fields:
        kept = tuple(one for one in signed if one.key not in fields)
        written = {one.key: one.raw.partition(b":")[0] for one in signed}
        belonging = [
            Header(name, written.get(name, name.title().encode()) + b": " + value.strip() + b"\r\n")
            for name, value in fields.items()
            if value and name in goal.coverage.fields
        ]
        yield (*kept, *belonging)
    yield signed


def _search(
    signed: tuple[Header, ...], headers: Sequence[Header], goal: HeaderGoal
) -> MendedHeader | None:
    edits = list(edits_of(signed, headers, goal.coverage, goal.signer))
    for edit in edits:
        if goal.fits(edited := apply(signed, (edit,))):
            return MendedHeader(edited, edit.changes)
    for pair in _pairs(edits):
        if goal.fits(edited := apply(signed, pair)):
            return MendedHeader(edited, (*pair[0].changes, *pair[1].changes))
    return None


def _pairs(edits: Sequence[Edit]) -> Iterator[tuple[Edit, Edit]]:
    """Two edits of different fields, the likelier ones first; those that come first are likely."""
    for rank in range(1, 2 * len(edits)):
        for first in range(max(0, rank - len(edits) + 1), (rank + 1) // 2):
            one, other = edits[first], edits[rank - first]
            if one.goes_with(other):
                yield one, other


def apply(headers: Sequence[Header], edits: Sequence[Edit]) -> tuple[Header, ...]:
    """The fields with what the edits say in place of what stands there."""
    replaced: dict[int, bytes | None] = {}
    for edit in edits:
        replaced |= edit.replaced
    kept = [
        header if at not in replaced else _header(replaced[at]) for at, header in enumerate(headers)
    ]
    added = [_header(raw) for edit in edits for raw in edit.added]
    return tuple(one for one in (*kept, *added) if one is not None)


def _header(raw: bytes | None) -> Header | None:
    name = _NAME.match(raw) if raw else None
    return Header(name[1].decode("latin-1"), raw) if raw and name else None
