"""Between which relays a change was made, where they signed what they passed on (RFC 8617).

An ARC-Message-Signature that verifies the message as it was at first was made before the change;
one that verifies it as it came was made after it.
"""

import hmac
from dataclasses import dataclass

from mail.message import Header, Message
from verify.arc.parse import ArcSet, read_chain
from verify.breakage.change import Hop
from verify.dkim.canonical import hash_body
from verify.dkim.fields import FieldIndex
from verify.dkim.keys import usable_keys
from verify.dkim.parse import SignatureProblem
from verify.dkim.proof import find_key
from verify.dkim.work import fetch_keys
from verify.resolver import Answer, Resolver

SETS = 5
"""Sets at each end of a chain that are looked at."""


@dataclass(frozen=True, slots=True)
class State:
    """A message at one place of its way."""

    body: bytes
    headers: tuple[Header, ...]


async def find_hop(message: Message, resolver: Resolver, before: State, after: State) -> Hop | None:
    """Who signed the message `before` the change and `after` it; None if nobody did.

    The key of a relay that is not known says nothing. Never raises.
    """
    try:
        chain = read_chain(message)
    except SignatureProblem:
        return None
    looked_at = [one for at, one in enumerate(chain) if at < SETS or at >= len(chain) - SETS]
    answers = await fetch_keys((one.signature.signer for one in looked_at), resolver)
    unchanged = [one for one in looked_at if _verifies(one, before, answers)]
    changed = [one for one in looked_at if _verifies(one, after, answers)]
    if not unchanged and not changed:
        return None
    return Hop(_name(unchanged[-1:]), _name(changed[:1]))


def _name(sets: list[ArcSet]) -> str:
    return f"{sets[0].signature.signer.domain.ascii} (i={sets[0].instance})" if sets else ""


def _verifies(one: ArcSet, state: State, answers: dict[str, Answer]) -> bool:
    signer, coverage = one.signature.signer, one.signature.coverage
    digest = hash_body([state.body], {coverage.scope})[coverage.scope]
    if not hmac.compare_digest(digest.sha256, coverage.body_hash):
        return False
    try:
        keys = usable_keys(answers[signer.key_name], signer.algorithm)
    except SignatureProblem:
        return False
    index = FieldIndex(state.headers)
    chosen = index.select(coverage.fields, signer.field)
    return (
        find_key(keys, signer, index.digest(chosen, signer.field, coverage.header_form)) is not None
    )
