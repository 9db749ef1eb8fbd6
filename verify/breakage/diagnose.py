"""Why does this signature not verify? The change on the way that explains it, proved.

Body and header are mended apart from each other, because a signature states the hash of its body
by itself (bh=) and signs that statement with the header. Costs arithmetic only: keys come from
the resolver given, which for a stored message is its evidence.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mail.message import Defect, Header, Message
from mail.report import AuthReport, DkimWord
from verify.breakage.body import BodyGoal, is_of_nothing, mend_body
from verify.breakage.budget import Budget, Exhausted
from verify.breakage.change import Broken, Proof, SignatureDiagnosis
from verify.breakage.header import HeaderGoal, MendedHeader, mend_header
from verify.breakage.hops import State, find_hop
from verify.breakage.reversals import Mended
from verify.dkim.canonical import hash_body
from verify.dkim.check import SIGNATURE_LIMIT
from verify.dkim.keys import PublicKey, usable_keys
from verify.dkim.parse import Signature, SignatureProblem, read_signature
from verify.dkim.work import fetch_keys
from verify.resolver import Answer, Resolver

SIGNATURES = 3
"""Signatures of one message that are diagnosed, those of the author's domain first."""

SIZE_LIMIT = 64 * 1024 * 1024
"""A longer message is not searched."""


@dataclass(frozen=True, slots=True)
class _Mended:
    """A diagnosis, and the message as it was before."""

    diagnosis: SignatureDiagnosis
    body: bytes
    headers: tuple[Header, ...]


async def diagnose(
    message: Message, resolver: Resolver, author_domain: str = ""
) -> tuple[SignatureDiagnosis, ...]:
    """A diagnosis for each DKIM signature that does not match; those that verify have none.

    Signatures that are worth nothing for another reason (no key, unreadable) have none either.
    Never raises for what a message contains.
    """
    if Defect.OVERSIZED in message.defects or message.raw.size > SIZE_LIMIT:
        return ()
    fields = list(message.all("dkim-signature"))[:SIGNATURE_LIMIT]
    signatures = [one for field in fields if (one := read_signature(field)[1]) is not None]
    signatures.sort(key=lambda one: one.signer.domain.ascii != author_domain)
    answers = await fetch_keys((one.signer for one in signatures), resolver)
    keyed = [(one, keys) for one in signatures if (keys := _keys(one, answers))]
    body, mended = await asyncio.to_thread(_mend_all, message, keyed)
    return tuple([await _with_hop(one, message, body, resolver) for one in mended])


def _mend_all(
    message: Message, keyed: Sequence[tuple[Signature, Sequence[PublicKey]]]
) -> tuple[bytes, list[_Mended]]:
    body = message.raw.read()[message.body_start :]
    found: list[_Mended] = []
    for signature, keys in keyed:
        mended = _mend(message, body, signature, keys) if len(found) < SIGNATURES else None
        if mended is not None:
            found.append(mended)
    return body, found


def _mend(
    message: Message, body: bytes, signature: Signature, keys: Sequence[PublicKey]
) -> _Mended | None:
    """What was done to one signature's message; None if it verifies."""
    coverage, costs = signature.coverage, (Budget(), Budget())
    body_goal = BodyGoal(coverage.scope, coverage.body_hash, costs[0])
    header_goal = HeaderGoal(signature.signer, coverage, keys, costs[1])
    digest = hash_body([body], {coverage.scope})[coverage.scope]
    same_body = digest.sha256 == coverage.body_hash
    same_header = header_goal.fits(_covered(message.headers, signature))
    if same_body and same_header:
        return None
    mended, body_ended = _mend_body(message, body, body_goal) if not same_body else (None, False)
    fields = mended.fields if mended else {}
    header, header_ended = None, False
    if not same_header:
        try:
            header = mend_header(message.headers, fields, header_goal)
        except Exhausted:
            header_ended = True
    diagnosis = SignatureDiagnosis(
        domain=signature.signer.domain.ascii,
        selector=signature.signer.selector,
        broken=Broken.HEADER if same_body else Broken.BODY if same_header else Broken.BOTH,
        proof=_proof((same_body, mended), (same_header, header)),
        changes=(*(mended.changes if mended else ()), *(header.changes if header else ())),
        hop=None,
        complete=not (body_ended or header_ended),
        candidates=sum(cost.tried for cost in costs),
    )
    if diagnosis.proof is Proof.BODY_HASH and is_of_nothing(coverage.body_hash):
        # Anybody can state that hash, and nothing but the signature would make it the signer's.
        diagnosis = replace(diagnosis, proof=Proof.NONE, changes=())
    whole = _whole_header(message.headers, header, signature)
    return _Mended(diagnosis, mended.body if mended else body, whole)


def _mend_body(message: Message, body: bytes, goal: BodyGoal) -> tuple[Mended | None, bool]:
    """What was found, and whether the search was ended by its limits."""
    values = [one.value if one else b"" for one in map(message.first, _MIME_FIELDS)]
    try:
        return mend_body(body, values[0], values[1], goal), False
    except Exhausted:
        return None, True


_MIME_FIELDS = ("content-type", "content-transfer-encoding")


def _proof(body: tuple[bool, Mended | None], header: tuple[bool, MendedHeader | None]) -> Proof:
    body_holds, header_holds = body[0] or body[1] is not None, header[0] or header[1] is not None
    if body_holds and header_holds:
        return Proof.SIGNATURE
    if body[1] is not None:
        return Proof.BODY_HASH
    return Proof.HEADER if header[1] is not None else Proof.NONE


def _covered(headers: Sequence[Header], signature: Signature) -> tuple[Header, ...]:
    names = frozenset(signature.coverage.fields)
    return tuple(one for one in headers if one.key in names)


def _whole_header(
    headers: Sequence[Header], mended: MendedHeader | None, signature: Signature
) -> tuple[Header, ...]:
    """The whole header as it was, as far as the signature speaks of it."""
    if mended is None:
        return tuple(headers)
    names, own = frozenset(signature.coverage.fields), signature.signer.field
    others = (one for one in headers if one.key not in names and one is not own)
    return (*others, *mended.headers)


async def _with_hop(
    one: _Mended, message: Message, body: bytes, resolver: Resolver
) -> SignatureDiagnosis:
    if one.diagnosis.proof is not Proof.SIGNATURE:
        return one.diagnosis
    states = State(one.body, one.headers), State(body, message.headers)
    return replace(one.diagnosis, hop=await find_hop(message, resolver, *states))


def diagnosis_of(found: Sequence[SignatureDiagnosis]) -> dict[str, Any] | None:
    """The JSON form that the log keeps and the API gives; None where nothing is broken."""
    return {"signatures": [one.as_json() for one in found]} if found else None


def fails(report: AuthReport) -> bool:
    """Whether there is something to diagnose: a DKIM signature that does not match."""
    return any(one.result is DkimWord.FAIL for one in report.dkim)


def _keys(signature: Signature, answers: dict[str, Answer]) -> Sequence[PublicKey]:
    signer = signature.signer
    try:
        return usable_keys(answers[signer.key_name], signer.algorithm)
    except SignatureProblem:
        return ()
