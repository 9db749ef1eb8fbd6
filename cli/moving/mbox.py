"""Messages of an mbox file, one after the other, in memory that does not grow with the file.

A message begins after a line `From SENDER DATE` and ends before the next one (RFC 4155). What a
writer does with lines of a message that look like that is what sets the variants apart:

    mboxrd    every `>*From ` line of a message has one `>` more: it can be undone exactly
    mboxo     only `From ` lines get a `>`, so that `>From ` may have been either
    mboxcl    as mboxo, and Content-Length says where the body ends
    mboxcl2   only Content-Length, nothing is quoted

Content-Length is a field that strangers can write. So it is believed only where it was asked for,
or where each of the first messages has one that leads exactly to the next From_ line; and where
it contradicts the From_ lines, the operator has to say which of them is right.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.moving.formats import Variant
from cli.moving.found import Found, Unreadable
from digest.dates import read_date
from mail.errors import SettingsProblem
from store.imports import Marks

BLOCK = 1024 * 1024
LONGEST_FROM_LINE = 1024
LONGEST_HEADER = 256 * 1024
USUAL_HEADER = 8 * 1024
SAMPLE = 16
"""Messages whose Content-Length must be right before it is believed."""

_FROM_LINE = re.compile(
    rb"\nFrom [^\n]{0,900}?[ \t]"
    rb"((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +"
    rb"\d{1,2} +\d{1,2}:\d\d(?::\d\d)?)((?: +[A-Z]{1,5}| +[+-]\d{4})*)( +\d{4})"
    rb"([^\n]{0,60})(?:\n|\Z)"
)
_LENGTH = re.compile(rb"(?mi)^content-length:[ \t]*(\d{1,12})[ \t]*\r?$")
_STATUS = re.compile(rb"(?mi)^(x-)?status:[ \t]*([a-z]{1,10})[ \t]*\r?$")
_HEADER_END = re.compile(rb"\A\r?\n|\n\r?\n")


@dataclass(frozen=True, slots=True)
class Separator:
    """A From_ line: where it begins, where the message behind it does, and its date."""

    start: int
    end: int
    at: datetime | None


def read_mbox(path: Path, start: int, variant: Variant, largest: int) -> Iterator[Found]:
    """The messages from octet `start` on, which is 0 or the `next` of an earlier one.

    Raises SettingsProblem where the file is no mbox, or can be read in two ways; OSError.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        source = _Source(path, file.fileno(), size)
        separator = source.first(start)
        if variant is Variant.AUTO:
            variant = source.recognise()
        while separator is not None:
            end, following = source.end_of(separator, counted=variant.counts)
            yield source.found(separator, end, following, variant, largest)
            separator = following


class _Source:
    """One file, read by position. `size` is its size when it was opened: what a server appends
    while we read is for the next time."""

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self._path, self._descriptor, self._size = path, descriptor, size

    def read(self, start: int, size: int) -> bytes:
        return os.pread(self._descriptor, max(0, min(size, self._size - start)), start)

    def first(self, start: int) -> Separator | None:
        """The From_ line that stands at `start`; at the beginning empty lines may precede it."""
        found = self.next_separator(start)
        before = self.read(start, 4096 if found is None else found.start - start)
        if before.strip(b"\r\n"):
            raise SettingsProblem(
                f"{self._path}: octet {start}: an mbox begins with a line From SENDER DATE; "
                "name the format with --format"
            )
        return found

    def next_separator(self, start: int) -> Separator | None:
        """The first From_ line at or after `start`."""
        at = start - 1
        while at < self._size:
            # Before the first line of the file stands no line end, so we put one there.
            lead = b"\n" if at < 0 else b""
            block = lead + self.read(max(at, 0), BLOCK + LONGEST_FROM_LINE)
            match = _FROM_LINE.search(block)
            if match is not None and match.start() < BLOCK:
                return Separator(at + match.start() + 1, at + match.end(), _date(match))
            at += BLOCK
        return None

    def end_of(self, separator: Separator, *, counted: bool) -> tuple[int, Separator | None]:
        """Where the message ends (the empty line before the next From_ line is not its own), and
        the From_ line after it."""
        if counted and (found := self.counted_end(separator)) is not None:
            end = found
            following = self.next_separator(end) if end < self._size else None
            return end, following
        following = self.next_separator(separator.end)
        end = self._size if following is None else following.start
        return self._without_empty_line(separator.end, end), following

    def counted_end(self, separator: Separator) -> int | None:
        """Where Content-Length says that the message ends; None where no From_ line follows."""
        header = self.read(separator.end, USUAL_HEADER)
        end_of_header = _HEADER_END.search(header)
        if end_of_header is None:
            header = self.read(separator.end, LONGEST_HEADER)
            end_of_header = _HEADER_END.search(header)
        if end_of_header is None:
            return None
        length = _LENGTH.search(header, 0, end_of_header.end())
        if length is None:
            return None
        end = separator.end + end_of_header.end() + int(length[1])
        between = self.read(end, LONGEST_FROM_LINE)
        if end > self._size:
            return None
        rest = between.lstrip(b"\r\n")
        if end + len(between) - len(rest) == self._size:
            return end
        if len(between) - len(rest) > 4 or not _FROM_LINE.match(b"\n" + rest):
            return None
        return end

    def _without_empty_line(self, start: int, end: int) -> int:
        tail = self.read(max(start, end - 4), min(4, end - start))
        if tail in (b"\n", b"\r\n"):
            return start
        for empty in (b"\n\r\n", b"\n\n"):
            if tail.endswith(empty):
                return end - len(empty) + 1
        return end

    def recognise(self) -> Variant:
        """mboxrd, unless Content-Length of the first messages is always right."""
        separator = self.next_separator(0)
        counted = 0
        contradicted: int | None = None
        while separator is not None and counted < SAMPLE:
            end = self.counted_end(separator)
            if end is None:
                return Variant.MBOXRD
            scanned = self.next_separator(separator.end)
            if scanned is not None and scanned.start < end and contradicted is None:
                contradicted = scanned.start
            separator = self.next_separator(end) if end < self._size else None
            counted += 1
        if contradicted is not None:
            raise SettingsProblem(
                f"{self._path}: octet {contradicted}: Content-Length and the From_ lines "
                "contradict each other: say --variant mboxcl2 or mboxrd, as its writer made it"
            )
        return Variant.MBOXCL2 if counted > 1 else Variant.MBOXRD

    def found(
        self,
        separator: Separator,
        end: int,
        following: Separator | None,
        variant: Variant,
        largest: int,
    ) -> Found:
        size = end - separator.end

        def read() -> bytes:
            if size > largest:
                raise Unreadable(f"it has {size} octets; the limit is {largest}")
            with self._path.open("rb") as file:
                content = os.pread(file.fileno(), size, separator.end)
            if len(content) != size:
                raise Unreadable("the file became shorter while it was read")
            quoted = variant.quoted
            return content if quoted is None else quoted.sub(rb"\1", content)

        return Found(
            where=f"{self._path}: octet {separator.start}",
            read=read,
            next=self._size if following is None else following.start,
            noted=separator.at,
            marks=_marks(self.read(separator.end, min(size, 64 * 1024))),
        )


def _date(match: re.Match[bytes]) -> datetime | None:
    """The date of a From_ line: asctime, with the zone before or after the year, or none."""
    day, zone, year, rest = match.groups()
    found = read_date(
        day.replace(b",", b"") + year + b" " + (zone.split() or rest.split() or [b""])[-1]
    )
    return None if found is None else found.astimezone(UTC)


def _marks(head: bytes) -> Marks:
    """What mail programs note in the header of a message in an mbox: Status R, X-Status F."""
    end = _HEADER_END.search(head)
    flags = {
        (bool(one[1]), one[2].upper())
        for one in _STATUS.finditer(head[: end.end() if end else None])
    }
    return Marks(
        seen=any(not extended and b"R" in words for extended, words in flags),
        flagged=any(extended and b"F" in words for extended, words in flags),
    )
