"""Messages as JSON, one object a line: what a program reads, and what carries everything.

    {"id": …, "sha256": …, "received_at": …, "mailboxes": […], "held": …, "seen": …, "flagged": …,
     "archived": …, "category": …, "category_by": …, "envelope": {"mail_from": …, "rcpt_to": […]},
     "size": …, "raw_b64": …}

Only `raw_b64` is needed to import one; `sha256`, where it stands, must be that of the bytes.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from cli.moving.found import Found, KnownEnvelope, Unreadable
from digest.classify import Category
from mail.address import parse_address
from mail.raw import RawMessage
from mail.reply import printable
from store.imports import Marks

BLOCK = 48 * 1024
"""A multiple of three, so that the pieces of base64 make one text."""

_ROOM_FOR_THE_REST = 1024 * 1024


def line_of(values: Mapping[str, Any], raw: RawMessage) -> Iterator[bytes]:
    """One line: `values`, and the message's octets at the end."""
    head = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    yield head[:-1].encode("utf-8", "replace") + b',"raw_b64":"'
    for block in raw.blocks(size=BLOCK):
        yield base64.b64encode(block)
    yield b'"}\n'


def read_jsonl(path: Path, start: int, largest: int) -> Iterator[Found]:
    """The lines from octet `start` on, which is 0 or the `next` of an earlier one. OSError."""
    longest = largest * 4 // 3 + _ROOM_FOR_THE_REST
    with path.open("rb") as file:
        file.seek(start)
        at = start
        while line := file.readline(longest + 1):
            if len(line) > longest:
                _skip_line(file, line)
            where, length, at = f"{path}: octet {at}", len(line), file.tell()
            if line.strip():
                yield _found(where, line if length <= longest else b"", at, largest)


def _skip_line(file: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(BLOCK)


def _found(where: str, line: bytes, following: int, largest: int) -> Found:
    try:
        values = _values(line, largest)
        content = _content(values)
        return Found(
            where=where,
            read=lambda: content,
            next=following,
            exact=True,
            received_at=_moment(values.get("received_at")),
            marks=_marks(values),
            envelope=_envelope(values.get("envelope")),
        )
    except Unreadable as problem:
        return Found(where, _raising(problem), following)


def _raising(problem: Unreadable) -> Any:
    def read() -> bytes:
        raise problem

    return read


def _values(line: bytes, largest: int) -> dict[str, Any]:
    if not line:
        raise Unreadable(f"the line is longer than a message of {largest} octets can be")
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not valid JSON: {printable(str(error), 200)}") from error
    if not isinstance(values, dict):
        raise Unreadable("not a JSON object")
    return values


def _content(values: Mapping[str, Any]) -> bytes:
    text = values.get("raw_b64")
    if not isinstance(text, str):
        raise Unreadable("raw_b64 is missing")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"raw_b64 is not base64: {error}") from error
    sha256 = values.get("sha256")
    if sha256 is not None and sha256 != hashlib.sha256(content).hexdigest():
        raise Unreadable("its bytes do not have the sha256 that stands beside them")
    return content


def _marks(values: Mapping[str, Any]) -> Marks:
    category, by = values.get("category"), values.get("category_by")
    chosen = isinstance(category, str) and category in set(Category)
    chosen = chosen and isinstance(by, str) and bool(by)
    return Marks(
        seen=values.get("seen") is True,
        flagged=values.get("flagged") is True,
        archived=values.get("archived") is True,
        held=values.get("held") is True,
        category=category if chosen else None,
        category_by=by if chosen else None,
    )


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _envelope(value: Any) -> KnownEnvelope | None:
    """The envelope, if it can be read; else the message is taken without."""
    if not isinstance(value, dict) or not isinstance(value.get("rcpt_to"), list):
        return None
    mail_from = value.get("mail_from")
    try:
        return KnownEnvelope(
            parse_address(mail_from) if mail_from else None,
            tuple(parse_address(one) for one in value["rcpt_to"]),
        )
    except (ValueError, TypeError, AttributeError):
        return None
