"""Address fields as they may have been before somebody rewrote them (RFC 5322 §3.4)."""

import re
from collections.abc import Iterator, Sequence

from mail.message import Header

_MAILBOX = re.compile(
    rb'\s*(?:"((?:[^"\\]|\\.){0,200})"|([^<>",]{0,200}?))\s*<([^<>\s,]{3,254})>\s*(?:,|\Z)'
    rb'|\s*([^<>\s,"]{3,254}@[^<>\s,"]+)\s*(?:,|\Z)'
)
_VIA = re.compile(
    rb"(?:\s+|\s*\(\s*|\s*,\s*)(?:via|on behalf of|through)\b.*\Z|\s*\([^)]*\)\Z", re.IGNORECASE
)
_SOURCES = (
    "x-original-from",
    "original-from",
    "x-google-original-from",
    "x-from",
    "reply-to",
    "x-original-sender",
    "author",
    "mail-followup-to",
    "cc",
    "x-mailfrom",
)
_MAILBOXES = 50


def authors(field: Header, headers: Sequence[Header], domain: str) -> Iterator[bytes]:
    """What From may have been where it now names a list; `domain` signed the message."""
    for source in _SOURCES:
        yield from (one.value for one in headers if one.key == source)
    names = dict.fromkeys(_names(field.value))
    for address in dict.fromkeys(_addresses(headers, domain)):
        for name in names:
            yield from _written(name, address)
        yield from _written(b"", address)


def _names(value: bytes) -> Iterator[bytes]:
    for name, _ in _mailboxes(value)[:1]:
        without = _VIA.sub(b"", name)
        yield from (without, without.strip(b"'\""), name)


def _addresses(headers: Sequence[Header], domain: str) -> Iterator[bytes]:
    """Addresses that other fields name, those of the signer first."""
    ending = domain.encode()
    found = [
        address
        for source in _SOURCES
        for one in headers
        if one.key == source
        for _, address in _mailboxes(one.value)[:5]
    ]
    yield from (one for one in found if one.lower().endswith(ending))
    yield from found[:5]


def _mailboxes(value: bytes) -> list[tuple[bytes, bytes]]:
    """Display names (quotes and escapes undone) and addresses; none where it is anything else."""
    found: list[tuple[bytes, bytes]] = []
    position = 0
    value = value[:16384]
    while position < len(value) and len(found) < _MAILBOXES:
        match = _MAILBOX.match(value, position)
        if match is None:
            return []
        quoted = re.sub(rb"\\(.)", rb"\1", match[1]) if match[1] is not None else match[2]
        found.append((quoted or b"", match[3] or match[4]))
        position = match.end()
    return found


def _written(name: bytes, address: bytes) -> Iterator[bytes]:
    if not name:
        yield address
        yield b"<" + address + b">"
        return
    yield name + b" <" + address + b">"
    yield b'"' + name + b'" <' + address + b">"
    yield b"'" + name + b"' <" + address + b">"


def respelled_addresses(value: bytes) -> Iterator[bytes]:
    """The same addresses with and without names, quotes, brackets and spaces."""
    boxes = _mailboxes(value)
    if not boxes:
        return
    for join in (b", ", b","):
        yield join.join(_plain(box) for box in boxes)
        yield join.join(address for _, address in boxes)
        yield join.join(b"<" + address + b">" for _, address in boxes)
        yield join.join(_quoted(box) for box in boxes)
        yield join.join(_bracketed(box) for box in boxes)
        yield join.join(_named_by_itself(address) for _, address in boxes)
        yield join.join(b"'" + address + b"' <" + address + b">" for _, address in boxes)
    stripped = [(_VIA.sub(b"", name), address) for name, address in boxes]
    yield b", ".join(_plain(box) for box in stripped)
    yield b", ".join(_quoted(box) for box in stripped)


def _plain(box: tuple[bytes, bytes]) -> bytes:
    name, address = box
    return name + b" <" + address + b">" if name else address


def _bracketed(box: tuple[bytes, bytes]) -> bytes:
    name, address = box
    return (name + b" " if name else b"") + b"<" + address + b">"


def _quoted(box: tuple[bytes, bytes]) -> bytes:
    name, address = box
    return b'"' + name + b'" <' + address + b">" if name else address


def _named_by_itself(address: bytes) -> bytes:
    return b'"' + address + b'" <' + address + b">"
