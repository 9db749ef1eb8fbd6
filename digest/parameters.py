"""A value with parameters, as Content-Type and Content-Disposition have them (RFC 2045 §5.1).

RFC 2231 (continuations, charsets) and what is sent instead of it: encoded words in quotes, raw
octets, percent signs without the star, values with spaces and no quotes, sections out of order.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from digest.charset.decode import decode
from digest.charset.effort import Effort, alone, effort
from digest.charset.labels import charset_of
from digest.words import charsets_of, decode_words

_LONGEST = 16 * 1024
_SHORT = 200
_MANY = 200
_PARAMETER = re.compile(rb';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*?)\Z")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_PERCENT = re.compile(rb"%[89A-Fa-f][0-9A-Fa-f]")


@dataclass(frozen=True, slots=True)
class Value:
    """`value` in lower case ("text/plain", "attachment"); `parameters` by lower-case name."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_value(raw: bytes | None, hints: tuple[str, ...] = ()) -> Value:
    """The value and its parameters. Never raises; looks at the first 16 KB and 200 parameters.

    `hints` are labels of charsets for octets that say nothing of theirs.
    """
    if raw is None:
        return Value("")
    budget = effort()
    if len(raw) > _SHORT or budget.spent:
        return _read_value(raw[:_LONGEST], hints)
    found, cost = _remembered(raw, hints)
    budget.pay(cost)
    return Value(found.value, dict(found.parameters), found.notes)


@lru_cache(maxsize=4096)
def _remembered(raw: bytes, hints: tuple[str, ...]) -> tuple[Value, Effort]:
    """Most values are like others, and several look at each: more than a message has parts.

    Every message pays for the guess as if it were the first, so that none is read differently
    for what was read before it.
    """
    with alone() as cost:
        return _read_value(raw, hints), cost


def _read_value(raw: bytes, hints: tuple[str, ...]) -> Value:
    bare = raw.partition(b";")[0].decode("latin-1").partition("(")[0]
    sections: dict[str, list[tuple[int, bool, bytes]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(raw)):
        if count >= _MANY:
            break
        _take(match[1].decode("latin-1").lower(), match[2], sections)
    parameters: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    for name, pieces in sections.items():
        parameters[name], more = _read(pieces, hints)
        notes += more
    return Value("".join(bare.lower().split()).strip('"'), parameters, notes)


def _take(name: str, value: bytes, sections: dict[str, list[tuple[int, bool, bytes]]]) -> None:
    parsed = _SECTION.match(name)
    if parsed is None:
        return
    pieces = sections.setdefault(parsed[1], [])
    number = int(parsed[2]) if parsed[2] else -1
    if number < 0 and not parsed[3] and any(piece[0] == -1 for piece in pieces):
        return  # the same parameter once more: the first one counts
    pieces.append((number, bool(parsed[3]), _unquoted(value)))


def _unquoted(value: bytes) -> bytes:
    value = value.strip()
    if len(value) > 2 and value[:1] == value[-1:] == b"'":
        return value[1:-1]
    if not value.startswith(b'"'):
        return value
    inner = value[1:-1] if len(value) > 1 and value.endswith(b'"') else value[1:]
    # A backslash before an ordinary letter is no quoting but a path of Windows.
    return _ESCAPED.sub(lambda match: match[1] if match[1] in b'"\\' else match[0], inner)


def _read(
    pieces: list[tuple[int, bool, bytes]], hints: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """One parameter's text. An extended form wins over a plain one (RFC 6266 §4.3 says the
    same for HTTP), because the plain one is there for old readers."""
    extended = [piece for piece in pieces if piece[0] >= 0 or piece[1]]
    if not extended:
        return _plain(pieces[0][2], hints)
    extended.sort(key=lambda piece: piece[0])
    label, octets, quoted = "", b"", b""
    for position, (_, encoded, value) in enumerate(extended):
        if encoded and position == 0:
            label, value = _labelled(value)
        if encoded:  # together with those next to it: some cut between "%" and its digits
            quoted += value
        else:
            octets, quoted = octets + unquote_to_bytes(quoted) + value, b""
    octets += unquote_to_bytes(quoted)
    if b"=?" in octets or not any(encoded for _, encoded, _ in extended):
        return _plain(octets, hints)
    decoded = decode(octets, label or None, charsets_of(hints))
    return decoded.text, (decoded.note,) if decoded.note else ()


def _labelled(value: bytes) -> tuple[str, bytes]:
    """The charset of an extended value and what it is the charset of. Some write one quote for
    two, and some none."""
    charset, first, rest = value.partition(b"'")
    if not first or (charset and charset_of(charset.decode("latin-1")) is None):
        return "", value
    _, second, text = rest.partition(b"'")
    return charset.decode("latin-1"), text if second else rest


def _plain(octets: bytes, hints: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A parameter that is no RFC 2231 form, with what else people put there."""
    if octets.lower().startswith(b"utf-8''"):
        octets = unquote_to_bytes(octets[7:])
    elif _PERCENT.search(octets):
        unquoted = unquote_to_bytes(octets)
        try:
            return unquoted.decode("utf-8"), ()
        except UnicodeDecodeError:
            pass
    words = decode_words(octets, hints)
    return words.text, words.notes
