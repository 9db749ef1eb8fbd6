"""What is fetched together: small messages in handfuls, large and suspicious ones alone. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pull.mailbox import PART_BYTES, Found
from pull.status import Failure

BATCH_MESSAGES = 50
BATCH_BYTES = 2 * PART_BYTES
"""What one FETCH asks for at most: one account's mail in memory at a time."""

SMALL_BYTES = PART_BYTES // 4
"""Larger messages are fetched alone and in parts, into a file."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages for one FETCH; `in_parts` if it is a single large one."""

    found: tuple[Found, ...]
    in_parts: bool = False

    @property
    def uids(self) -> list[int]:
        """Their UIDs, rising."""
        return [one.uid for one in self.found]


def batches(found: Iterable[Found], suspects: Collection[int]) -> Iterator[Batch]:
    """Put messages together, in their order; those of `suspects` are fetched alone."""
    handful: list[Found] = []
    octets = 0
    for one in found:
        alone = one.size > SMALL_BYTES or one.uid in suspects
        full = len(handful) == BATCH_MESSAGES or octets + one.size > BATCH_BYTES
        if handful and (alone or full):
            yield Batch(tuple(handful))
            handful, octets = [], 0
        if alone:
            yield Batch((one,), in_parts=one.size > SMALL_BYTES)
            continue
        handful.append(one)
        octets += one.size
    if handful:
        yield Batch(tuple(handful))


def missing(
    folder: str,
    uidvalidity: int,
    on_server: Iterable[int],
    taken: Collection[int],
    failures: Mapping[tuple[str, int, int], Failure],
    now: datetime | None,
) -> list[int]:
    """The UIDs to fetch now: on the server, not taken, and not waiting for another attempt.

    `now` None means that every failed message is to be tried again, whenever it would be due.
    """

    def waits(uid: int) -> bool:
        failure = failures.get((folder, uidvalidity, uid))
        if failure is None or now is None:
            return False
        return failure.retry_at is None or failure.retry_at > now

    return [uid for uid in on_server if uid not in taken and not waits(uid)]
