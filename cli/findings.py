"""What `postern check` finds, and how it looks at the bytes of messages."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from cli import build
from mail.errors import Problem
from store.blobs.scrub import Soundness, look_through, strays
from store.database import Database

_MOST_STRAYS = 20
"""More are not told one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at (`what`), how it is (`state`), and what to do about it (`cure`)."""

    state: str
    what: str
    found: str
    cure: str = ""


def check_blobs(database: Database, *, everything: bool) -> Iterator[Finding]:
    """Whether large messages can be kept where they should be; with `everything` also whether
    all bytes that are kept are what they were. Raises Problem where the database fails."""
    blobs = database.settings.blobs
    place = "local files" if blobs == "local" else blobs.place
    try:
        database.blobs.probe()
    except Problem as problem:
        yield Finding("bad", "store.blobs", str(problem))
        return
    yield Finding("ok", "store.blobs", f"{place}: written, read and removed a probe")
    if everything:
        yield from _look_through(database)


def _look_through(database: Database) -> Iterator[Finding]:
    counts: Counter[Soundness] = Counter()
    octets = 0
    for looked in look_through(database):
        counts[looked.soundness] += 1
        octets += looked.size
        if looked.soundness is not Soundness.SOUND:
            yield Finding("bad", "bytes", looked.problem)
    found = ", ".join(f"{number} {word.value}" for word, number in counts.items()) or "none kept"
    state = "ok" if set(counts) <= {Soundness.SOUND} else "bad"
    yield Finding(state, "bytes", f"{found}, {octets / 1024**2:.1f} MiB")
    left = strays(database, build.now())
    for one in islice(left, _MOST_STRAYS):
        cure = "remove it, if no other store keeps its messages there"
        yield Finding("warn", "bytes", f"{one} belongs to no message", cure)
    if number := sum(1 for _ in left):
        yield Finding("warn", "bytes", f"{number} more belong to no message")
