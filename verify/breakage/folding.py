"""White space, folding and case of fields, which count in the `simple` form (RFC 6376 §3.4.1)."""

import re
from collections.abc import Callable, Iterator, Sequence

from mail.message import Header
from verify.breakage.change import Change, Kind
from verify.breakage.edits import Edit, replacing
from verify.dkim.parse import Signer

_FOLD = re.compile(rb"\r\n([ \t]+)")
_H_TAG = re.compile(rb"[;:]\s*h\s*=([^;]*)")


def refolded(covered: Sequence[tuple[int, Header]], signer: Signer) -> Iterator[Edit]:
    """Every signed field in the same other form, and then each one alone."""
    ways = _ways(signer)
    for kind, way in ways:
        edits = [_one(kind, way, at, field) for at, field in covered]
        made = [one for one in edits if one is not None]
        if len(made) > 1:
            yield _together(kind, made)
    for kind, way in ways:
        for at, field in covered:
            alone = _one(kind, way, at, field)
            if alone is not None:
                yield alone


def _one(kind: Kind, way: Callable[[bytes], bytes], at: int, field: Header) -> Edit | None:
    then = way(field.raw)
    return None if then == field.raw else replacing(kind, at, field.raw, then)


def _together(kind: Kind, edits: Sequence[Edit]) -> Edit:
    names = ", ".join(edit.changes[0].where for edit in edits[:5])
    octets = sum(edit.changes[0].octets for edit in edits)
    replaced = {at: raw for edit in edits for at, raw in edit.replaced.items()}
    return Edit((Change(kind, names, octets),), replaced)


def _ways(signer: Signer) -> list[tuple[Kind, Callable[[bytes], bytes]]]:
    folding: list[Callable[[bytes], bytes]] = [
        lambda raw: _FOLD.sub(b" ", raw),
        lambda raw: _FOLD.sub(rb"\1", raw),
        lambda raw: _FOLD.sub(b"", raw),
        lambda raw: _FOLD.sub(b"\r\n ", raw),
        lambda raw: _FOLD.sub(b"\r\n\t", raw),
        lambda raw: _FOLD.sub(b"\r\n  ", raw),
        lambda raw: _FOLD.sub(b"\r\n        ", raw),
        lambda raw: re.sub(rb":[ \t]*", b": ", raw, count=1),
        lambda raw: re.sub(rb":[ \t]*", b":", raw, count=1),
        lambda raw: re.sub(rb":[ \t]*", b":  ", raw, count=1),
        lambda raw: re.sub(rb":[ \t]*", b":\t", raw, count=1),
        lambda raw: re.sub(rb"[ \t]+(?=\r\n\Z)", b"", raw),
        lambda raw: re.sub(rb"(?=\r\n\Z)", b" ", raw),
        lambda raw: re.sub(rb"[ \t]+(?=\r\n)", b"", raw),
        lambda raw: re.sub(rb"[ \t]+", b" ", _FOLD.sub(b" ", raw)),
    ]
    for space in (b" ", b"\t"):
        for width in (78, 76, 72):
            folding.append(lambda raw, s=space, w=width: _folded(raw, s, w))  # type: ignore[misc]
        for mark in (b",", b";"):
            folding.append(lambda raw, s=space, m=mark: _folded_after(raw, s, m))  # type: ignore[misc]
    cases: list[Callable[[bytes], bytes]] = [
        _named(_names_of(signer)),
        lambda raw: _renamed(raw, bytes.title),
        lambda raw: _renamed(raw, bytes.lower),
        lambda raw: _renamed(raw, bytes.upper),
        lambda raw: _renamed(raw, lambda name: _SPELLED.get(name.lower(), name)),
    ]
    return [(Kind.FIELD_FOLDED, way) for way in folding] + [(Kind.FIELD_CASE, way) for way in cases]


_SPELLED = {
    b"message-id": b"Message-ID",
    b"mime-version": b"MIME-Version",
    b"content-id": b"Content-ID",
    b"list-id": b"List-ID",
}


def _names_of(signer: Signer) -> dict[bytes, bytes]:
    """How the signer wrote the names in h=, which is often how it wrote the fields."""
    found = _H_TAG.search(signer.field.raw)
    names = [one.strip() for one in found[1].split(b":")] if found else []
    return {name.lower(): name for name in names}


def _named(names: dict[bytes, bytes]) -> Callable[[bytes], bytes]:
    return lambda raw: _renamed(raw, lambda name: names.get(name.lower(), name))


def _renamed(raw: bytes, spelled: Callable[[bytes], bytes]) -> bytes:
    name, colon, value = raw.partition(b":")
    return spelled(name) + colon + value


def _folded(raw: bytes, space: bytes, width: int) -> bytes:
    """Folded at spaces so that no line is longer than `width` where that can be had."""
    words = _FOLD.sub(b" ", raw.removesuffix(b"\r\n")).split(b" ")
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += b" " + word
        else:
            lines.append(word)
    return (b"\r\n" + space).join(lines) + b"\r\n"


def _folded_after(raw: bytes, space: bytes, mark: bytes) -> bytes:
    plain = _FOLD.sub(b" ", raw.removesuffix(b"\r\n"))
    return re.sub(re.escape(mark) + rb"[ \t]+", mark + b"\r\n" + space, plain) + b"\r\n"
