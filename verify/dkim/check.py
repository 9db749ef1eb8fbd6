"""Was this message signed, and does it still say what was signed? (RFC 6376 §6)

Every signature is judged by itself, so that a broken one never hides a good one. The keys are
asked for side by side while the body is hashed, once for all signatures; what remains is
arithmetic. A message costs at most `SIGNATURE_LIMIT` key look-ups, header digests and
verifications, and a large one is hashed in a thread of its own.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from mail.message import Defect, Message
from mail.reason import ReasonCode as Code
from mail.reason import because
from mail.report import DkimResult, DkimWord
from verify.dkim.canonical import BodyDigest, BodyScope
from verify.dkim.fields import FieldIndex
from verify.dkim.keys import PublicKey, usable_keys
from verify.dkim.parse import (
    Signature,
    SignatureProblem,
    check_times,
    permanent,
    read_signature,
    spoilt,
)
from verify.dkim.proof import accept_length, prove
from verify.dkim.work import Body, fetch_keys, run_sized
from verify.resolver import Answer, Resolver
from verify.side_by_side import Begun, finish

SIGNATURE_LIMIT = 10
"""Signatures of one message that are looked at, from the top. Real mail has one to four."""


def _unexamined(word: DkimWord, code: Code, *values: int) -> DkimResult:
    """A result that is about no signature."""
    cause = because(code, *values)
    return DkimResult(word, "", "", "", str(cause), cause=cause)


_UNSIGNED = _unexamined(DkimWord.NONE, Code.UNSIGNED)
_TOO_LARGE = _unexamined(DkimWord.NEUTRAL, Code.HEADER_TOO_LARGE)


async def check_dkim(
    message: Message,
    resolver: Resolver,
    now: Callable[[], datetime],
    body: Body | None = None,
) -> tuple[DkimResult, ...]:
    """The result of each DKIM-Signature, top to bottom; one `none` for an unsigned message.

    Never raises for what a sender or a DNS server did.
    """
    fields = tuple(message.all("dkim-signature"))
    if not fields:
        return (_UNSIGNED,)
    if Defect.OVERSIZED in message.defects:
        return (_TOO_LARGE,)
    at, looked_at = now(), fields[:SIGNATURE_LIMIT]
    read = await run_sized(
        sum(len(field.raw) for field in looked_at),
        lambda: [_timely(*read_signature(field), at) for field in looked_at],
    )
    signatures = [signature for _, signature in read if signature is not None]
    scopes = {signature.coverage.scope for signature in signatures}
    keys = Begun(fetch_keys((signature.signer for signature in signatures), resolver))
    bodies = Begun((body or Body(message)).digests(scopes))
    await finish(keys, bodies)
    results = await run_sized(
        len(message.header_block),
        lambda: _judge_all(read, FieldIndex(message.headers), bodies.result, keys.result),
    )
    return (*results, *_beyond_limit(len(fields)))


def _judge_all(
    read: Iterable[tuple[DkimResult, Signature | None]],
    index: FieldIndex,
    bodies: Mapping[BodyScope, BodyDigest],
    answers: dict[str, Answer],
) -> list[DkimResult]:
    return [
        _judge(result, signature, index, bodies, answers) if signature else result
        for result, signature in read
    ]


def _timely(
    result: DkimResult, signature: Signature | None, now: datetime
) -> tuple[DkimResult, Signature | None]:
    """The same, without the signature if this is not the time for it."""
    if signature is None:
        return result, None
    try:
        check_times(signature.signed_at, signature.expires_at, now)
    except SignatureProblem as problem:
        return spoilt(result, problem), None
    return result, signature


def _beyond_limit(count: int) -> tuple[DkimResult, ...]:
    if count <= SIGNATURE_LIMIT:
        return ()
    return (_unexamined(DkimWord.NEUTRAL, Code.NOT_LOOKED_AT, count - SIGNATURE_LIMIT),)


def _judge(
    result: DkimResult,
    signature: Signature,
    index: FieldIndex,
    bodies: Mapping[BodyScope, BodyDigest],
    answers: dict[str, Answer],
) -> DkimResult:
    """The verdict on one well-formed signature."""
    signer, coverage = signature.signer, signature.coverage
    body, testing = bodies[coverage.scope], False
    body_hash = base64.b64encode(body.sha256).decode("ascii")
    try:
        keys = usable_keys(answers[signer.key_name], signer.algorithm)
        testing = keys[0].testing
        key = prove(signer, coverage, keys, index, body)
        testing = key.testing
        _check_identity(signature, key)
        accept_length(coverage, body)
        word = DkimWord.PASS
        cause = because(Code.VERIFIED, str(signer.domain), key.bits, key.type.value)
    except SignatureProblem as problem:
        word, cause = problem.word, problem.cause
    return DkimResult(
        word,
        result.domain,
        result.selector,
        result.algorithm,
        str(cause),
        result.identity,
        body_hash,
        testing,
        result.signature,
        cause,
    )


def _check_identity(signature: Signature, key: PublicKey) -> None:
    """t=s of the key: i= must be of d= itself (RFC 6376 §3.6.1)."""
    if key.strict and signature.identity_domain != signature.signer.domain:
        raise permanent(Code.KEY_STRICT)
