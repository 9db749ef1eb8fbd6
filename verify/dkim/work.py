"""What DKIM and ARC wait for: keys from the DNS, and digests of what is large.

Small messages are hashed where they are; a large one is hashed in a thread, so that no other
session waits for it.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from mail.message import Message
from verify.dkim.canonical import BodyDigest, BodyScope, hash_body
from verify.dkim.parse import Signer
from verify.resolver import Answer, Resolver

INLINE_LIMIT = 256 * 1024
"""Octets that are hashed on the event loop, about a millisecond's work."""

T = TypeVar("T")


async def fetch_keys(signers: Iterable[Signer], resolver: Resolver) -> dict[str, Answer]:
    """The key records of all signers by their names, asked for side by side."""
    names = tuple({signer.key_name: None for signer in signers})
    answers = await asyncio.gather(*(resolver.query(name, "TXT") for name in names))
    return dict(zip(names, answers, strict=True))


async def hash_message_body(
    message: Message, scopes: set[BodyScope]
) -> dict[BodyScope, BodyDigest]:
    """The body's digest for each scope, from one pass over it."""
    if not scopes:
        return {}
    raw, start = message.raw, message.body_start
    size = raw.size - start if raw.path is None else INLINE_LIMIT + 1  # a file may block
    return await run_sized(size, lambda: hash_body(raw.blocks(start), scopes))


async def run_sized(size: int, work: Callable[[], T]) -> T:
    """The result of `work`, which reads `size` octets: done here, or in a thread if it is much."""
    if size <= INLINE_LIMIT:
        return work()
    return await asyncio.to_thread(work)
