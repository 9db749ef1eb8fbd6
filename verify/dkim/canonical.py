"""The two canonical forms of RFC 6376 §3.4, `simple` and `relaxed`, of fields and of bodies.

A signer and a verifier hash the same octets only if both bring them into one form first. Line
ends are part of the octets: a bare LF or CR is hashed as it stands and is never taken for CRLF.

White space is changed by `translate` and `replace`, which stay linear on hostile input. Bodies are
read once, in blocks, whatever their size: at most two octets and a count of empty lines are
carried from block to block.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

_TAB_TO_SPACE = bytes.maketrans(b"\t", b" ")
_EMPTY_LINES = b"\r\n" * 32768
# In text, where spaces are many, expressions find these in a third of the time that `in` takes.
_TWO_SPACES = re.compile(rb"  ")
_SPACE_BEFORE_END = re.compile(rb" \r\n")


class Form(StrEnum):
    """A canonicalization algorithm (RFC 6376 §3.4)."""

    SIMPLE = "simple"
    """As it stands."""
    RELAXED = "relaxed"
    """White space and the case of field names do not count."""


@dataclass(frozen=True, slots=True)
class BodyScope:
    """Which octets of a body a signature covers: `length` is l=, or None for all of them."""

    form: Form
    length: int | None


@dataclass(frozen=True, slots=True)
class BodyDigest:
    """The SHA-256 of the covered part, and how long the whole canonical body is."""

    sha256: bytes
    body_length: int


def canonical_field(raw: bytes, form: Form) -> bytes:
    """One header field in canonical form (RFC 6376 §3.4.1, §3.4.2), CRLF at its end included."""
    if form is Form.SIMPLE:
        return raw if raw.endswith(b"\n") else raw + b"\r\n"
    name, _, value = raw.partition(b":")
    value = _collapse(value.removesuffix(b"\r\n").replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


def hash_body(
    blocks: Iterable[bytes], scopes: Collection[BodyScope]
) -> dict[BodyScope, BodyDigest]:
    """The digest of a body for each scope, in one pass over `blocks`."""
    forms = {scope.form for scope in scopes}
    hashers = {
        form: _FormHasher(form, {s.length for s in scopes if s.form is form}) for form in forms
    }
    for block in blocks:
        for hasher in hashers.values():
            hasher.update(block)
    return {scope: hashers[scope.form].digest(scope.length) for scope in scopes}


class _FormHasher:
    """Digests of one canonical form for several lengths."""

    def __init__(self, form: Form, lengths: Collection[int | None]) -> None:
        self._canonical = CanonicalBody(form)
        self._hashes = {length: hashlib.sha256() for length in lengths}
        self._fed = 0
        self._finished = False

    def update(self, block: bytes) -> None:
        for piece in self._canonical.update(block):
            self._feed(piece)

    def _feed(self, piece: bytes) -> None:
        for length, digest in self._hashes.items():
            digest.update(piece if length is None else piece[: max(0, length - self._fed)])
        self._fed += len(piece)

    def digest(self, length: int | None) -> BodyDigest:
        if not self._finished:
            self._finished = True
            for piece in self._canonical.finish():
                self._feed(piece)
        return BodyDigest(self._hashes[length].digest(), self._fed)


class CanonicalBody:
    """A body on its way into canonical form: `update` with its blocks in order, then `finish`.

    Both yield canonical octets in pieces of any size.
    """

    def __init__(self, form: Form) -> None:
        self._relaxed = form is Form.RELAXED
        self._carry = b""
        self._line_ends = 0
        self._started = False

    def update(self, block: bytes) -> Iterator[bytes]:
        """The canonical octets that are certain once `block` has been seen."""
        data = self._carry + block
        if self._relaxed and (b"\t" in data or _TWO_SPACES.search(data)):
            data = _collapse(data)
        kept = _uncertain(data, self._relaxed)
        self._carry = data[len(data) - kept :]
        data = data[: len(data) - kept]
        if self._relaxed and _SPACE_BEFORE_END.search(data):
            data = data.replace(b" \r\n", b"\r\n")
        return self._hold_line_ends(data)

    def finish(self) -> Iterator[bytes]:
        """What remains at the end: the last line, and exactly one CRLF after it.

        An empty body is CRLF in the simple form and nothing in the relaxed one (§3.4.3, §3.4.4).
        White space after the last CRLF is kept, as dkimpy does: no CRLF ends that line.
        """
        yield from self._hold_line_ends(self._carry)
        if self._started or not self._relaxed:
            yield b"\r\n"

    def _hold_line_ends(self, data: bytes) -> Iterator[bytes]:
        """`data` without the line ends that it ends with: those count only if more follows."""
        content = len(data) - _final_line_ends(data)
        if content:
            yield from self._release_line_ends()
            yield data[:content]
            self._started = True
        self._line_ends += (len(data) - content) // 2

    def _release_line_ends(self) -> Iterator[bytes]:
        octets, self._line_ends = 2 * self._line_ends, 0
        while octets > 0:
            yield _EMPTY_LINES[:octets]
            octets -= len(_EMPTY_LINES)


def _collapse(data: bytes) -> bytes:
    """Every run of spaces and tabs as one space. Each pass halves the runs, so passes are few."""
    if b"\t" in data:
        data = data.translate(_TAB_TO_SPACE)
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data


def _uncertain(data: bytes, relaxed: bool) -> int:
    """How many octets at the end depend on what follows: a CR, and in relaxed a space too."""
    if relaxed and data.endswith(b" \r"):
        return 2
    return 1 if data.endswith(b"\r") or (relaxed and data.endswith(b" ")) else 0


def _final_line_ends(data: bytes) -> int:
    """The octets of the CRLFs that `data` ends with."""
    if not data.endswith(b"\r\n"):
        return 0
    if data[-3:-2] not in (b"\r", b"\n"):
        return 2
    tail = data[len(data.rstrip(b"\r\n")) :]
    marked = tail.replace(b"\r\n", b"\0")
    return 2 * (len(marked) - len(marked.rstrip(b"\0")))
