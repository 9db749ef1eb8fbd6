"""What waits for somebody, in one line: the first thing to read in the morning."""

from dataclasses import dataclass

from store.marks import count_away, count_dead
from store.messages import Count, Counts
from web.listing import Listing
from web.tools import Tools


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the line: the key of its words, its number, and where its mail is."""

    key: str
    number: int
    url: str


def overview_of(tools: Tools, counts: Counts) -> tuple[Part, ...]:
    """The parts that are not zero."""
    parts = (
        _category(counts, "to_reply"),
        _category(counts, "inquiry"),
        Part("away", count_away(tools.database, tools.now()), Listing(category="ooo").url),
        Part("dead", count_dead(tools.database, tools.now()), "/suppressions?reason=hard"),
    )
    return tuple(part for part in parts if part.number)


def _category(counts: Counts, category: str) -> Part:
    number = counts.by_category.get(category, Count()).total
    return Part(category, number, Listing(category=category).url)
