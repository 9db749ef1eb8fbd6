"""Files of data in TOML, most of them read as JSON: our start waits for hundreds of long lists.

Where a file has nothing but plain keys, tables, texts, numbers, days and lists, the values of TOML
are those of JSON, but for days and commas at the end; and JSON is read in C. Whatever else is in a
file leaves it to `tomllib`, as does every mistake, so that it is told in the words of TOML.
"""

import json
import re
import tomllib
from datetime import date
from typing import Any

_COMMENT = re.compile(r"^#.*$", re.MULTILINE)
_TABLE = re.compile(r"^(?:\[(\w+)\]|\[\[(\w+)\]\])$", re.ASCII | re.MULTILINE)
_DAY = re.compile(r"^(\w+) = (\d{4}-\d\d-\d\d)$", re.ASCII | re.MULTILINE)
_KEY = re.compile(r"^(\w+) = ", re.ASCII | re.MULTILINE)
_LAST_COMMA = re.compile(r",\s*\n\s*\]")  # texts have no lines, so it stands in none


def loads(text: str) -> dict[str, Any]:
    """What a file says, as `tomllib.loads` does. Raises TOMLDecodeError."""
    try:
        return _as_json(text)
    except ValueError:
        return tomllib.loads(text)


def _as_json(text: str) -> dict[str, Any]:
    first, *others = _TABLE.split(_COMMENT.sub("", text))
    pairs = list(_table(first).items())
    lists: dict[str, list[dict[str, Any]]] = {}
    for name, listed, body in zip(others[::3], others[1::3], others[2::3], strict=True):
        if name:
            pairs.append((name, _table(body)))
        else:
            lists.setdefault(listed, []).append(_table(body))
    return _once([*pairs, *lists.items()])


def _table(body: str) -> dict[str, Any]:
    """The keys of one table."""
    days = [(name, date.fromisoformat(day)) for name, day in _DAY.findall(body)]
    entries = _KEY.sub(r',"\1":', _LAST_COMMA.sub("]", _DAY.sub("", body))).strip()
    found: dict[str, Any] = json.loads(f"{{{entries.removeprefix(',')}}}", object_pairs_hook=_once)
    return _once([*found.items(), *days])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
