"""What DKIM and ARC wait for: keys from the DNS, and digests of what is large.

Small messages are hashed where they are; a large one is hashed in a thread, so that no other
session waits for it.
"""

import asyncio
import base64
from collections.abc import Callable, Iterable, Mapping, Set
from types import MappingProxyType
from typing import TypeVar

from mail.message import Message
from mail.report import BodyEvidence
from verify.dkim.canonical import BodyDigest, BodyScope, Form, hash_body
from verify.dkim.parse import Signer
from verify.recording import peek
from verify.resolver import Answer, Resolver

INLINE_LIMIT = 256 * 1024
"""Octets that are hashed on the event loop, about a millisecond's work."""

READ_INLINE_LIMIT = 32 * 1024
"""Octets that are read on the event loop: where each may be a word, that is a millisecond's work
for honest text, and ten for the worst."""

T = TypeVar("T")

_NONE: Mapping[BodyScope, BodyDigest] = MappingProxyType({})


async def fetch_keys(signers: Iterable[Signer], resolver: Resolver) -> dict[str, Answer]:
    """The key records of all signers by their names, asked for side by side."""
    names = {signer.key_name: None for signer in signers}
    found = {name: answer for name in names if (answer := peek(resolver, name, "TXT"))}
    if missing := [name for name in names if name not in found]:
        answers = await asyncio.gather(*(resolver.query(name, "TXT") for name in missing))
        found |= zip(missing, answers, strict=True)
    return found


class Body:
    """The body of one message, as far as signatures are about it: digests, each made once.

    `known` are digests that need not be made; where they were recorded when the message came,
    its signatures can be judged again without its body. DKIM and ARC share one of these.
    """

    def __init__(self, message: Message, known: Mapping[BodyScope, BodyDigest] = _NONE) -> None:
        self._message = message
        self._known = dict(known)
        self._turn = asyncio.Lock()

    async def digests(self, scopes: Set[BodyScope]) -> Mapping[BodyScope, BodyDigest]:
        """The digest for each of `scopes` (and perhaps others), from one pass over the body."""
        async with self._turn:
            if missing := scopes - self._known.keys():
                self._known |= await self._hashed(missing)
        return self._known

    async def _hashed(self, scopes: Set[BodyScope]) -> dict[BodyScope, BodyDigest]:
        raw, start = self._message.raw, self._message.body_start
        size = raw.size - start if raw.path is None else INLINE_LIMIT + 1  # a file may block
        return await run_sized(size, lambda: hash_body(raw.blocks(start), scopes), INLINE_LIMIT)

    def evidence(self) -> tuple[BodyEvidence, ...]:
        """All digests that were used, in the form that is kept."""
        return tuple(
            BodyEvidence(
                scope.form.value,
                scope.length,
                base64.b64encode(digest.sha256).decode("ascii"),
                digest.body_length,
            )
            for scope, digest in self._known.items()
        )


class RecordedBody(Body):
    """A body that is gone, of which the digests were kept: no other can be had."""

    async def _hashed(self, scopes: Set[BodyScope]) -> dict[BodyScope, BodyDigest]:
        raise LookupError(f"no digest of this body was recorded for {sorted(scopes, key=str)}")


def recorded_digests(kept: Iterable[BodyEvidence]) -> dict[BodyScope, BodyDigest]:
    """What `Body.evidence` kept, for the `known` of another. Raises ValueError for other things."""
    return {
        BodyScope(Form(one.form), one.length): BodyDigest(base64.b64decode(one.sha256), one.octets)
        for one in kept
    }


async def run_sized(size: int, work: Callable[[], T], limit: int = READ_INLINE_LIMIT) -> T:
    """The result of `work`, which reads `size` octets: done here, or in a thread if it is more
    than `limit`."""
    if size <= limit:
        return work()
    return await asyncio.to_thread(work)
