"""Does the chain of relays hold, and is its last link one whose word we take? (RFC 8617 §5.2)

Of the message signatures only the newest has to verify: every relay may change the message, and
signs what it sends on. Of the seals all have to, because each covers all sets before it.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from mail.message import Defect, Message
from mail.reason import Reason, because
from mail.reason import ReasonCode as Code
from mail.report import ArcResult, ArcWord, DkimWord
from verify.arc.claims import Claim, read_claims
from verify.arc.parse import ARC_FIELDS, ArcSet, about, read_chain
from verify.dkim.canonical import BodyDigest, Form, canonical_field
from verify.dkim.fields import FieldIndex, unsigned_field
from verify.dkim.keys import usable_keys
from verify.dkim.parse import SignatureProblem, check_times, permanent
from verify.dkim.proof import accept_length, find_key, prove
from verify.dkim.work import Body, fetch_keys, run_sized
from verify.resolver import Answer, Resolver
from verify.side_by_side import Begun, finish


class ArcSettings(Protocol):
    """What the check needs of the settings: the sealers whose results we take (names)."""

    @property
    def trusted_sealers(self) -> Collection[str]:
        """Domains (A-labels, lower case), compared with d= of the last seal."""
        ...


async def check_arc(
    message: Message,
    resolver: Resolver,
    settings: ArcSettings,
    now: Callable[[], datetime] | None = None,
    body: Body | None = None,
) -> ArcResult:
    """Validate the chain of a message; `none` where there is none.

    Never raises for what a sender or a DNS server did. A chain whose keys cannot be fetched now
    is a `fail` that says so. Without `now` no signature is too old.
    """
    if Defect.OVERSIZED in message.defects:
        return _result(ArcWord.FAIL, because(Code.ARC_HEADER_TOO_LARGE))
    if not any(message.first(name) for name in ARC_FIELDS):
        return _NO_CHAIN
    try:
        chain = await run_sized(len(message.header_block), lambda: read_chain(message))
    except SignatureProblem as problem:
        return _result(ArcWord.FAIL, problem.cause)
    sealers = tuple(one.seal.signer.domain.ascii for one in chain)
    try:
        await _validate(chain, message, resolver, now, body or Body(message))
    except SignatureProblem as problem:
        return _failed(problem, sealers)
    claims = await run_sized(
        len(chain[-1].results.raw), lambda: read_claims(chain[-1].results.value)
    )
    return _valid(sealers, claims, settings)


def _failed(problem: SignatureProblem, sealers: tuple[str, ...]) -> ArcResult:
    """RFC 8617 has no word for a chain that cannot be checked now; the reason says it."""
    if problem.word is not DkimWord.TEMPERROR:
        return _result(ArcWord.FAIL, problem.cause, sealers)
    temporary = _result(ArcWord.FAIL, because(Code.ARC_TEMPORARY, problem.cause), sealers)
    return replace(temporary, temporary=True)


def _valid(sealers: tuple[str, ...], claims: tuple[Claim, ...], settings: ArcSettings) -> ArcResult:
    cause = because(Code.ARC_VALID, len(sealers), sealers[-1])
    if len(sealers) == 1:
        cause = because(Code.ARC_VALID_ONE, sealers[-1])
    trusted = sealers[-1] in settings.trusted_sealers
    return replace(_result(ArcWord.PASS, cause, sealers), trusted=trusted, claims=claims)


def _result(word: ArcWord, cause: Reason, sealers: tuple[str, ...] = ()) -> ArcResult:
    return ArcResult(word, str(cause), sealers, cause=cause)


_NO_CHAIN = _result(ArcWord.NONE, because(Code.ARC_NONE))


async def _validate(
    chain: Sequence[ArcSet],
    message: Message,
    resolver: Resolver,
    now: Callable[[], datetime] | None,
    body: Body,
) -> None:
    """Raise SignatureProblem unless every signature that matters verifies."""
    newest = chain[-1].signature
    if now is not None:
        check_times(newest.signed_at, newest.expires_at, now())
    scope = newest.coverage.scope
    signers = [newest.signer, *(one.seal.signer for one in chain)]
    keys, bodies = Begun(fetch_keys(signers, resolver)), Begun(body.digests({scope}))
    await finish(keys, bodies)
    await run_sized(
        len(message.header_block),
        lambda: _verify(chain, message, keys.result, bodies.result[scope]),
    )


def _verify(
    chain: Sequence[ArcSet], message: Message, answers: dict[str, Answer], body: BodyDigest
) -> None:
    newest = chain[-1]
    signer, coverage = newest.signature.signer, newest.signature.coverage
    name = "ARC-Message-Signature"
    with about(because(Code.ARC_SET_OF, name, newest.instance, str(signer.domain))):
        keys = usable_keys(answers[signer.key_name], signer.algorithm)
        prove(signer, coverage, keys, FieldIndex(message.headers), body)
        accept_length(coverage, body)
    for one, digest in zip(chain, _seal_digests(chain), strict=True):
        _verify_seal(one, digest, answers)


def _verify_seal(one: ArcSet, digest: bytes, answers: dict[str, Answer]) -> None:
    signer = one.seal.signer
    with about(because(Code.ARC_SET_OF, "ARC-Seal", one.instance, str(signer.domain))):
        keys = usable_keys(answers[signer.key_name], signer.algorithm)
        if find_key(keys, signer, digest) is None:
            raise permanent(Code.ARC_SEAL)


def _seal_digests(chain: Sequence[ArcSet]) -> Iterator[bytes]:
    """What each seal signs: all sets up to its own, itself last and without its value (§5.1.1)."""
    so_far = hashlib.sha256()
    for one in chain:
        seal = one.seal.signer.field.raw
        so_far.update(canonical_field(one.results.raw, Form.RELAXED))
        so_far.update(canonical_field(one.signature.signer.field.raw, Form.RELAXED))
        own = so_far.copy()
        own.update(unsigned_field(seal, Form.RELAXED))
        yield own.digest()
        so_far.update(canonical_field(seal, Form.RELAXED))
