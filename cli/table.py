"""Rows for a person's terminal, or as JSON for a program."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mail.reply import printable


def show(rows: Iterable[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print `rows` as aligned columns headed by their keys, or as one JSON list."""
    listed = list(rows)
    if as_json:
        print(json.dumps(listed, ensure_ascii=False, default=str, indent=2))
        return
    if not listed:
        print(empty)
        return
    names = list(listed[0])
    cells = [[_cell(row[name]) for name in names] for row in listed]
    widths = [max(len(line[at]) for line in [names, *cells]) for at in range(len(names))]
    for line in [names, *cells]:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        value = ",".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value), 80)
