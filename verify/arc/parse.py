"""The sets of an ARC chain, read and put in order (RFC 8617 §4, §5.2).

Each relay adds one set of three fields with the same instance: its results
(ARC-Authentication-Results), a signature of the message (ARC-Message-Signature, a DKIM signature
in all but a few tags) and a seal over all sets so far (ARC-Seal). A chain is whole or it is
worth nothing, so that one field out of place is the end of it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mail.message import Header, Message
from mail.reason import Reason, because
from mail.reason import ReasonCode as Code
from verify.dkim.parse import (
    Coverage,
    SignatureProblem,
    Signer,
    permanent,
    read_coverage,
    read_signer,
    read_tags,
    read_time,
    require,
)
from verify.dkim.tags import TagList, split_list

INSTANCE_LIMIT = 50
"""RFC 8617 §4.2.1: a chain does not grow beyond that."""

RESULTS, SIGNATURE, SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
ARC_FIELDS = frozenset({RESULTS, SIGNATURE, SEAL})

_INSTANCE = re.compile(rb"[0-9]{1,2}")
_RESULTS_INSTANCE = re.compile(rb"[ \t]*i[ \t]*=[ \t]*([0-9]{1,2})[ \t]*;")


class ChainValidation(StrEnum):
    """cv=: what the sealer says of the chain before it (RFC 8617 §4.1.3)."""

    NONE = "none"
    """There was none."""
    PASS = "pass"
    """It was valid."""
    FAIL = "fail"
    """It was not."""


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """An ARC-Message-Signature; times are aware, or None."""

    signer: Signer
    coverage: Coverage
    signed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seal:
    """An ARC-Seal: who sealed, and what the chain before was worth then."""

    signer: Signer
    validation: ChainValidation


@dataclass(frozen=True, slots=True)
class ArcSet:
    """One relay's three fields."""

    instance: int
    results: Header
    signature: MessageSignature
    seal: Seal


@contextmanager
def about(what: str | Reason) -> Iterator[None]:
    """Put the name of a field in front of what is wrong with it."""
    try:
        yield
    except SignatureProblem as problem:
        cause = because(Code.ARC_FIELD, what, problem.cause)
        raise SignatureProblem(problem.word, cause) from problem


def read_chain(message: Message) -> tuple[ArcSet, ...]:
    """The sets in order, the first relay's first; none if the message has no ARC field.

    Raises SignatureProblem if the chain is not whole, or breaks a rule that needs no key.
    """
    fields = [header for header in message.headers if header.key in ARC_FIELDS]
    if len(fields) > 3 * INSTANCE_LIMIT:
        raise permanent(Code.ARC_TOO_LONG, INSTANCE_LIMIT)
    chain = tuple(_read_set(*one) for one in _in_order(fields))
    for one in chain:
        _check_validation(one, last=one is chain[-1])
    return chain


def _in_order(fields: Iterable[Header]) -> list[tuple[int, dict[str, tuple[Header, TagList]]]]:
    """Each instance with its three fields by name. Raises SignatureProblem."""
    sets: dict[int, dict[str, tuple[Header, TagList]]] = {}
    for field in fields:
        with about(field.name):
            tags = {} if field.key == RESULTS else read_tags(field)
            instance = _instance(field, tags)
        present = sets.setdefault(instance, {})
        if field.key in present:
            raise permanent(Code.ARC_TWICE, field.name, instance)
        present[field.key] = field, tags
    for instance in range(1, len(sets) + 1):
        missing = ARC_FIELDS - sets.get(instance, {}).keys()
        if missing:
            raise permanent(Code.ARC_MISSING, min(missing), instance)
    return sorted(sets.items())


def _instance(field: Header, tags: TagList) -> int:
    """i=: 1 to 50 (RFC 8617 §4.2.1)."""
    if field.key == RESULTS:
        found = _RESULTS_INSTANCE.match(field.value)
        digits = found[1] if found else b""
    else:
        digits = tags.get(b"i", b"")
    if not _INSTANCE.fullmatch(digits) or not 1 <= int(digits) <= INSTANCE_LIMIT:
        raise permanent(Code.ARC_INSTANCE, INSTANCE_LIMIT)
    return int(digits)


def _read_set(instance: int, fields: dict[str, tuple[Header, TagList]]) -> ArcSet:
    with about(because(Code.ARC_SET, "ARC-Message-Signature", instance)):
        signature = _read_message_signature(*fields[SIGNATURE])
    with about(because(Code.ARC_SET, "ARC-Seal", instance)):
        seal = _read_seal(*fields[SEAL])
    return ArcSet(instance, fields[RESULTS][0], signature, seal)


def _read_message_signature(field: Header, tags: TagList) -> MessageSignature:
    """RFC 8617 §4.1.2: as DKIM, but i= is the instance, h= may be any list without ARC-Seal."""
    require(tags, "h")
    signer = read_signer(field, tags)
    names = tuple(name.decode("latin-1").lower() for name in split_list(tags[b"h"]))
    if SEAL in names:
        raise permanent(Code.ARC_COVERS_SEAL)
    coverage = read_coverage(tags, names, b"relaxed/relaxed")
    return MessageSignature(signer, coverage, read_time("t", tags), read_time("x", tags))


def _read_seal(field: Header, tags: TagList) -> Seal:
    """RFC 8617 §4.1.3: what it covers is fixed, so that h= must not be there."""
    require(tags, "cv")
    if b"h" in tags:
        raise permanent(Code.ARC_SEAL_HAS_H)
    signer = read_signer(field, tags)
    read_time("t", tags)
    try:
        validation = ChainValidation(tags[b"cv"].decode("latin-1"))
    except ValueError:
        raise permanent(Code.ARC_CV) from None
    return Seal(signer, validation)


def _check_validation(one: ArcSet, *, last: bool) -> None:
    """RFC 8617 §5.2 steps 2 and 3: cv= is `none` in the first set and `pass` in all others."""
    validation = one.seal.validation
    if validation is ChainValidation.FAIL:
        code = Code.ARC_BROKEN if last else Code.ARC_RESEALED
        raise permanent(code, str(one.seal.signer.domain), one.instance)
    expected = ChainValidation.NONE if one.instance == 1 else ChainValidation.PASS
    if validation is not expected:
        raise permanent(Code.ARC_CV_WRONG, one.instance, validation.value, expected.value)
