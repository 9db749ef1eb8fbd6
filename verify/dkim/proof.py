"""Does a signature hold? The arithmetic that DKIM and ARC have in common (RFC 6376 §6.1.3).

Two things are compared: the digest of the body with bh=, and the signature with the digest of
the header fields, which include bh=. The second is tried even where the first has failed: a
damaged body under a genuine header is another story than a forgery, and the reason tells it.
"""

import hmac
from collections.abc import Sequence

from mail.reason import ReasonCode as Code
from mail.reason import because
from mail.report import DkimWord
from verify.dkim.canonical import BodyDigest
from verify.dkim.fields import FieldIndex
from verify.dkim.keys import PublicKey
from verify.dkim.parse import Coverage, SignatureProblem, Signer, permanent


def prove(
    signer: Signer,
    coverage: Coverage,
    keys: Sequence[PublicKey],
    index: FieldIndex,
    body: BodyDigest,
) -> PublicKey:
    """The one of `keys` that made the signature. Raises SignatureProblem with what differs."""
    _check_length(coverage, body)
    fields = index.select(coverage.fields, signer.field)
    digest = index.digest(fields, signer.field, coverage.header_form)
    key = find_key(keys, signer, digest)
    same_body = hmac.compare_digest(body.sha256, coverage.body_hash)
    if key is not None and same_body:
        return key
    if same_body:
        code = Code.HEADER_CHANGED
    else:
        code = Code.BOTH_CHANGED if key is None else Code.BODY_CHANGED
    raise SignatureProblem(DkimWord.FAIL, because(code))


def find_key(keys: Sequence[PublicKey], signer: Signer, digest: bytes) -> PublicKey | None:
    """The key with which the signature over `digest` verifies, if one of them does."""
    return next((key for key in keys if key.verifies(signer.value, digest)), None)


def _check_length(coverage: Coverage, body: BodyDigest) -> None:
    length = coverage.scope.length
    if length is not None and length > body.body_length:
        raise permanent(Code.LENGTH_BEYOND, length, body.body_length)


def accept_length(coverage: Coverage, body: BodyDigest) -> None:
    """Raise SignatureProblem for a signature that leaves a part of the body to anybody (l=).

    RFC 6376 §8.2: whatever stands after the signed part may be a stranger's.
    """
    length = coverage.scope.length
    if length is not None and length < body.body_length:
        partial = because(Code.PARTIAL, length, body.body_length)
        raise SignatureProblem(DkimWord.POLICY, partial)
