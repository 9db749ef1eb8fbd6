"""The people in From, To and their kin (RFC 5322 §3.4): a name and an address each.

Written for what arrives: commas in names without quotes, addresses without brackets, encoded
words in quotes, comments as names, groups. Work grows with the length and no faster.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from digest.charset.decode import decode
from digest.charset.effort import effort
from digest.fields import one_line
from digest.words import charsets_of, decode_words

MANY = 500
"""People of one field that are read; the others are left out and a defect says so."""

_LONGEST = 64 * 1024
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|[,;:()\\]|[^"<,;:()\\]+', re.DOTALL)
# One person as most fields have them: a word or a quoted string or neither, and an address.
_COMMON = re.compile(
    rb"(?:([A-Za-z0-9 .'_\-]++|=\?[A-Za-z0-9\-]{1,40}\?[bBqQ]\?[A-Za-z0-9+/=_.\-]+\?="
    rb"|\"[ !#-\[\]-~]*+\")[ \t]*+)?"
    rb"<([A-Za-z0-9._+\-]{0,63}[A-Za-z0-9_+\-]@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z0-9]{1,63})>\Z"
)
_COMMENT_TOKEN = re.compile(rb"[()]|(?:[^()\\]|\\.|\\\Z)+", re.DOTALL)
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DOT_ATOM = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ADDRESS = re.compile(
    r"(?<![^\s@<>＜＞\",;:\[\]])(?:mailto:|smtp:)?([^\s@<>＜＞\",;:\[\]]+@(?:\[[0-9a-fA-F.:]+\]|[^\s@<>＜＞\",;\[\]]+))"
)
_SCHEME = re.compile(rb"(?:mailto|smtp):", re.IGNORECASE)
_AROUND_AT = re.compile(rb"(?<!\s)\s*+@\s*+")
_SHIFTED = re.compile(rb"[\x0e\x1b]")
# Full-width signs, as Chinese and Japanese keyboards give them.
_FULL_WIDTH = str.maketrans("＜＞＠", "<>@")
_WITHIN = re.compile(r"[<＜]\s*+([^\s<>＜＞@＠]++[@＠][^\s<>＜＞@＠]++)\s*+[>＞]?\s*+\Z")
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("「", "」"))
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Person:
    """A display name, decoded, and an address as it stands; either may be missing."""

    name: str | None
    address: str | None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form."""
        return {"name": self.name, "address": self.address}


def read_people(
    value: bytes, hints: tuple[str, ...] = (), mended: Callable[[str], str] = str
) -> tuple[tuple[Person, ...], bool]:
    """The people of a field's value, at most MANY, and whether some were left out.

    `mended` repairs a name that was garbled on its way.
    """
    read = _remembered.__wrapped__ if effort().spent else _remembered
    return read(value, hints, mended)


@lru_cache(maxsize=32)
def _remembered(
    value: bytes, hints: tuple[str, ...], mended: Callable[[str], str]
) -> tuple[tuple[Person, ...], bool]:
    """Many look at the same few fields of a message."""
    people: list[Person] = []

    def read(octets: bytes) -> str:
        return _text(octets, hints, mended)

    common = _COMMON.match(value, 0, _LONGEST)
    if common is not None and len(value) <= _LONGEST:
        name = read(_unquoted(common[1] or b"").strip(b", \t>"))
        _add(people, _person(name, common[2].decode("ascii")))
        return tuple(people), False
    entry = _Entry()
    for token in _tokens(_readable(value[:_LONGEST], hints)):
        if not entry.separates(token):
            entry.take(token)
            continue
        _add(people, entry.person(read))
        entry = _Entry()
        if len(people) >= MANY:
            return tuple(people), True
    _add(people, entry.person(read))
    return tuple(people), len(value) > _LONGEST


def _readable(value: bytes, hints: tuple[str, ...]) -> bytes:
    """Raw octets as UTF-8: in other charsets a character may contain a backslash, a quote or an
    angle bracket, which would mean something here."""
    if b"&lt;" in value and b"<" not in value:  # copied out of a page
        value = value.replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&quot;", b'"')
    if value.isascii() and not _SHIFTED.search(value):
        return value
    return decode(value, None, charsets_of(hints)).text.encode("utf-8", "replace")


def _tokens(value: bytes) -> Iterator[bytes]:
    """The field in pieces. Within a comment only parentheses and escapes mean something: a quote
    or an angle bracket there must not swallow the address that comes after it."""
    position = depth = 0
    while position < len(value):
        match = (_COMMENT_TOKEN if depth else _TOKEN).match(value, position)
        assert match is not None
        position = match.end()
        depth = max(0, depth + {b"(": 1, b")": -1}.get(match[0], 0))
        yield match[0]


def _add(people: list[Person], person: Person | None) -> None:
    if person is not None:
        people.append(person)


class _Entry:
    """One entry of the list while its tokens come in."""

    __slots__ = ("address", "comment", "depth", "has_at", "phrase")

    def __init__(self) -> None:
        self.phrase: list[bytes] = []
        self.comment: list[bytes] = []
        self.address: bytes | None = None
        self.depth = 0
        self.has_at = False

    def separates(self, token: bytes) -> bool:
        """Whether the token ends this entry.

        A comma in a name without quotes ("Li, Wei <li@…>") does not: as long as there is no
        address, what came before the comma is the beginning of a name.
        """
        if self.depth or token not in (b",", b";"):
            return False
        return token == b";" or self.address is not None or self.has_at

    def take(self, token: bytes) -> None:
        """Add one token to what it belongs to."""
        if token == b"(":
            self.comment += [b" "] * (self.depth == 0)
            self.depth += 1
        elif token == b")":
            self.depth = max(0, self.depth - 1)
        elif self.depth:
            self.comment.append(_ESCAPED.sub(rb"\1", token))
        elif token == b":" and not self.address:
            self.phrase.clear()  # a group's name
            self.has_at = False
        elif token.startswith(b"<"):
            self.address = self.address or _bare(token)
        else:
            self.phrase.append(token)
            self.has_at = self.has_at or b"@" in token

    def person(self, read: Callable[[bytes], str]) -> Person | None:
        """What the tokens say, or None if they say nothing."""
        if self.address is None and not self.phrase and not self.comment:
            return None
        phrase = b"".join(map(_unquoted, self.phrase)).strip(b", \t>")
        address = read(_route(self.address)) if self.address else None
        if address and "@" not in address:
            address = address.translate(_FULL_WIDTH)
        if address is None:
            quoted = _quoted_address(self.phrase)
            if quoted:
                return Person(None, read(quoted))
            bare = read(phrase)
            within = _WITHIN.search(bare)
            if within is not None:  # the whole of it was encoded, or typed on a Chinese keyboard
                name = bare[: within.start()].rstrip()
                return _person(name, within[1].translate(_FULL_WIDTH))
            found = _ADDRESS.search(bare if "@" in bare else bare.translate(_FULL_WIDTH))
            if found is not None:
                name = bare[: found.start()] + bare[found.end() :]
                name = name.strip("<>[]'\",; ") if "@" not in name else ""
                return _person(
                    name or read(b"".join(self.comment)), found[1].strip("'").rstrip(".")
                )
        return _person(read(phrase or b"".join(self.comment)), address or "")


def _person(name: str, address: str) -> Person | None:
    """A person without the quotes that were put around an encoded name, and without a name that
    only says the address again."""
    for opening, closing in _QUOTES:
        if len(name) > 2 and name.startswith(opening) and name.endswith(closing):
            name = name[1:-1].strip()
    if name.strip("<>").lower() == address.lower():
        name = ""
    return Person(name or None, address or None) if name or address else None


def _unquoted(token: bytes) -> bytes:
    if not token.startswith(b'"'):
        return token
    inner = token[1:-1] if len(token) > 1 and token.endswith(b'"') else token[1:]
    return _ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner


def _quoted_address(phrase: list[bytes]) -> bytes:
    """An address without brackets whose local part is quoted, such as `"a b"@example.com`.

    What is in the quotes may look like an address itself, so they stay: without them
    `"ceo@bank.example"@evil.example` would be shown as somebody at the bank.
    """
    for local, rest in pairwise(phrase):
        if _QUOTED.fullmatch(local) and rest.startswith(b"@") and rest[1:].split():
            inner = _unquoted(local)
            kept = inner if _DOT_ATOM.fullmatch(inner) else local
            return kept + rest.split()[0]
    return b""


def _bare(token: bytes) -> bytes:
    """What stands between angle brackets, without what people and programs put there besides."""
    address = _AROUND_AT.sub(b"@", _SCHEME.sub(b"", token.strip(b"<> \t"), count=1))
    return address.rstrip(b".") if address[:1] != b'"' else address


def _route(address: bytes) -> bytes:
    """RFC 5322 §4.4: an obsolete route before the address says nothing to us."""
    if address.startswith(b"@") and b":" in address:
        return address.rpartition(b":")[2]
    return address


def _text(value: bytes, hints: tuple[str, ...], mended: Callable[[str], str]) -> str:
    text = mended(decode_words(value, hints).text)
    text = one_line(text if text.isascii() else _INVISIBLE.sub("", text))
    return " ".join(text.split())[:1000]
