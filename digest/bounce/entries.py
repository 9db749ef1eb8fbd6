"""What a report for people says of each of several recipients, one below the other.

Each begins a line with its address, and what follows is about it until the next one. A report may
name those that were reached, too; whoever reads it as one text takes a neighbour's reason.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from digest.bounce.letter import addresses_in
from digest.bounce.prose import may_fail
from digest.bounce.rules import CODE, STATUS
from digest.bounce.signs import report_signs

_LONGEST = 60_000
_MOST = 60
_ADDRESS = (
    r"(?P<mark><?)(?P<address>[^\s<>\"',;:：()（）|]{1,200}@[^\s<>\"',;:：()（）/|]{1,255}?)"
    r">?[ \t]*(?=$|[:：,;(（|]|\.{3}|[ \t][-–—]|on\s)"
)
_BLANK = re.compile(r"\n[ \t\u3000]*\n")
_CAME_FROM = re.compile(r"(?i)\b(?:generated|expanded) from:?\s{0,4}<?([^\s<>()]{1,320})")
_HEADING = 400
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipient, and all that is said of it. `is_marked`: its address stands in brackets, as
    programs write it. `is_reached`: the message did arrive there."""

    address: str
    said: str
    is_marked: bool
    is_reached: bool

    def recipient(self, known: Iterable[str]) -> str:
        """The address that was written to: this one, or one of `known` that it came from."""
        by_name = {one.lower(): one for one in known}
        for one in (self.address, *addresses_in(self.said[:2000])):
            if one.lower() in by_name:
                return by_name[one.lower()]
        source = _CAME_FROM.search(self.said[:2000])
        return next(iter(addresses_in(source[1])), self.address) if source else self.address

    @property
    def gives_a_reason(self) -> bool:
        """Whether it says more than the address."""
        return len(self.said.replace(self.address, "").strip("<>:.() \t\n")) >= _SHORTEST


def read_entries(said: str, ours: Iterable[str]) -> tuple[Entry, ...]:
    """The recipients in their order; none where a report tells of fewer than two. `ours` are
    never recipients."""
    not_these, found = {one.lower() for one in ours}, dict[str, Entry]()
    for entry in _sections(said[:_LONGEST], not_these):
        key, known = entry.address.lower(), found.get(entry.address.lower())
        both = f"{known.said}\n{entry.said}" if known else entry.said
        found[key] = replace(known or entry, said=both)
    return tuple(found.values()) if len(found) > 1 else ()


def failed_entry(entries: Iterable[Entry], known: Container[str]) -> Entry | None:
    """The first that was not reached, where the report gives each its reason. `known` are
    addresses in lower case that it may be about; others count if it names them as programs do."""
    for entry in entries:
        is_certain = entry.is_marked or CODE.search(entry.said) or STATUS.search(entry.said)
        if not entry.is_reached and (is_certain or entry.address.lower() in known):
            return entry if entry.gives_a_reason else None
    return None


def _sections(said: str, ours: set[str]) -> Iterator[Entry]:
    heads = [one for one in _heads(said) if may_fail(one[1], ours)][:_MOST]
    heading = _last_passage(said[: heads[0][0]]) if heads else ""
    for number, (start, address, marked) in enumerate(heads):
        is_last = number + 1 == len(heads)
        section = said[start : None if is_last else heads[number + 1][0]]
        behind = "" if is_last or not _BLANK.search(section) else _last_passage(section)
        own = section.removesuffix(behind)
        yield Entry(address, own, marked, _is_reached(heading, own, address))
        heading = behind or heading


def _heads(said: str) -> Iterator[tuple[int, str, bool]]:
    for found in _head().finditer(said):
        for address in addresses_in(found["address"])[:1]:
            yield found.start(), address, bool(found["mark"])


@cache
def _head() -> re.Pattern[str]:
    """A line that begins with an address, be it in a list, in a table or behind a label."""
    labels = "|".join(map(re.escape, report_signs().entry_labels))
    before = rf"(?:[-*•·|]|\d{{1,3}}[.)]|(?:{labels})[ \t]{{0,4}}[:：])"
    return re.compile(rf"(?im)^[ \t\u3000]{{0,20}}(?:{before}[ \t]{{0,4}})?{_ADDRESS}")


def _last_passage(text: str) -> str:
    """What stands above the next recipient, where that is a heading and no reason."""
    passage = _BLANK.split(text[-_HEADING:])[-1]
    return passage if passage.rstrip().endswith((":", "：", "-", "=")) else ""


def _is_reached(heading: str, own: str, address: str) -> bool:
    signs, above = report_signs(), heading.casefold()
    is_denied = signs.not_reached.search(above) is not None
    if any(one in above for one in signs.reached) and not is_denied:
        return True
    behind = own.casefold().partition(address.casefold())[2].strip("<>:： \t\n-–—.(|")
    return signs.reached_word.match(behind) is not None
