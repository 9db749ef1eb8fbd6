"""The suppression list as CSV (RFC 4180), for the programs that send.

A spreadsheet runs a cell that begins like a formula, and addresses are written by strangers: such
a cell gets an apostrophe before it, and who reads the file by a program takes that away.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from store.suppressions import Suppression

NAMES = (
    "address", "state", "reason", "source", "first_seen", "last_seen", "expires_at", "evidence",
    "note",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def csv_lines(found: Iterable[Suppression]) -> Iterator[str]:
    """The header and one line for each entry, each with its line end."""
    yield _line(NAMES)
    for one in found:
        yield _line(
            (
                one.address,
                one.state.value,
                one.reason,
                one.source,
                _moment(one.first_seen),
                _moment(one.last_seen),
                _moment(one.expires_at),
                " ".join(one.evidence),
                one.note,
            )
        )


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" '\"").startswith(_FORMULA) else cell


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""
