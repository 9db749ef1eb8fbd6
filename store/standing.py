"""Whether mail should go to an address, as a pure function of what reports say of it.

Who stops writing too early loses a customer, so an address is dead by a report that a program
wrote for programs (RFC 3464), or by two independent reports for people; a complaint counts at
once. A refusal of which nobody knows what it means makes an entry that asks a person, after
several of them within some days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

APART = timedelta(days=1)
"""Two reports that do not say of which message they speak are independent if so far apart."""

ASK_AFTER = 3
"""Refusals of unknown meaning, within `ASK_WITHIN`."""

ASK_WITHIN = timedelta(days=14)


class Says(StrEnum):
    """What one report says of an address."""

    HARD = "hard"
    """There is no such user or domain, or it is disabled."""
    UNCLEAR = "unclear"
    """A refusal that means different things at different times."""
    COMPLAINT = "complaint"
    """Its owner does not want our mail."""


class State(StrEnum):
    """What follows for an address."""

    ACTIVE = "active"
    """No mail should go to it."""
    ASK = "ask"
    """A person should decide; mail may go to it."""
    LIFTED = "lifted"
    """Mail may go to it again."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One report: `at` is when it came, `about` the Message-ID that it speaks of ("" unknown)."""

    message_id: str
    at: datetime
    says: Says
    structured: bool
    about: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What reports amount to. `evidence` are message ids, the oldest first."""

    state: State
    reason: str
    source: str
    evidence: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime


def standing(
    evidence: Iterable[Evidence],
    lifted_at: datetime | None = None,
    wrote_at: datetime | None = None,
) -> Standing | None:
    """What follows from all reports about one address, or None.

    What a person lifted does not count again, and whoever wrote to us has an address that works:
    that takes back all before it but complaints.
    """
    counted = sorted(
        (one for one in evidence if lifted_at is None or one.at > lifted_at),
        key=lambda one: (one.at, one.message_id),
    )
    complaints = [one for one in counted if one.says is Says.COMPLAINT]
    if complaints:
        return _of(State.ACTIVE, "complaint", "feedback", complaints)
    since = [one for one in counted if wrote_at is None or one.at > wrote_at]
    hard = [one for one in since if one.says is Says.HARD]
    if any(one.structured for one in hard):
        return _of(State.ACTIVE, "hard", "report", hard)
    if _two_independent(hard):
        return _of(State.ACTIVE, "hard", "texts", hard)
    unclear = [one for one in since if one.says is Says.UNCLEAR]
    if _several(unclear):
        return _of(State.ASK, "unclear", "texts", unclear)
    return None


def _of(state: State, reason: str, source: str, found: Sequence[Evidence]) -> Standing:
    ids = tuple(one.message_id for one in found)
    return Standing(state, reason, source, ids, found[0].at, found[-1].at)


def _two_independent(hard: Sequence[Evidence]) -> bool:
    """Two reports about two messages of ours: the same message may come back twice."""
    if len({one.about for one in hard if one.about}) > 1:
        return True
    nameless = any(not one.about for one in hard)
    return nameless and hard[-1].at - hard[0].at >= APART


def _several(unclear: Sequence[Evidence]) -> bool:
    """Whether ASK_AFTER of them lie within ASK_WITHIN, about as many messages where known."""
    by_message = {one.about or one.message_id: one for one in reversed(unclear)}
    moments = sorted(one.at for one in by_message.values())
    spans = zip(moments, moments[ASK_AFTER - 1 :], strict=False)
    return any(last - first <= ASK_WITHIN for first, last in spans)
