"""What a relay says that it found: the results in an ARC-Authentication-Results field.

The field has the syntax of Authentication-Results behind its instance (RFC 8617 §4.1.1, RFC 8601
§2.2). A claim may one day let a message in, so this reader is strict: what it does not
understand from end to end is no claim.
"""

import io
import re
from collections.abc import Iterator

from mail.address import parse_domain

Claim = tuple[str, str, str]
"""A method, its result, and the domain that it speaks of (A-labels, or empty), in lower case."""

CLAIMS_LIMIT = 100
TEXT_LIMIT = 65536
_NAME_LIMIT = 1000

# Text up to the next comment or semicolon; a quoted string may contain either.
_PLAIN = re.compile(r'(?:[^"();]|"(?:[^"\\]|\\.)*")*', re.DOTALL)
_IN_COMMENT = re.compile(r"\\.|[()]", re.DOTALL)
_WORD = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*"|=|[^\s"=]+)', re.DOTALL)
_KEYWORD = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

# Where each method names the domain that it judged, the better name first (RFC 8601 §2.7).
_DOMAIN_PROPERTIES = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mfrom", "smtp.helo"),
    "dmarc": ("header.from",),
}


def read_claims(value: bytes) -> tuple[Claim, ...]:
    """The claims in a field's value, in order; none if its comments or quotes do not close."""
    if len(value) > TEXT_LIMIT:
        return ()
    try:
        parts = list(_parts(value.decode("utf-8", "replace")))
    except ValueError:
        return ()
    # The instance and the authserv-id come before the first result.
    claims = (_claim(part) for part in parts[2 : 2 + CLAIMS_LIMIT])
    return tuple(claim for claim in claims if claim is not None)


def _parts(text: str) -> Iterator[str]:
    """The text between semicolons, with a space for each comment."""
    part, position = io.StringIO(), 0
    while True:
        plain = _PLAIN.match(text, position)
        assert plain is not None
        part.write(plain[0])
        position = plain.end()
        mark = text[position : position + 1]
        if mark == "(":
            part.write(" ")
            position = _after_comment(text, position)
        elif mark in ("", ";"):
            yield part.getvalue()
            part, position = io.StringIO(), position + 1
        else:
            raise ValueError("a quote or a comment does not close, or was never opened")
        if not mark:
            return


def _after_comment(text: str, start: int) -> int:
    """Behind the comment that begins at `start`; comments nest (RFC 5322 §3.2.2)."""
    depth = 0
    for mark in _IN_COMMENT.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    raise ValueError("a comment does not close")


def _claim(part: str) -> Claim | None:
    """`method=result` and its properties, or None where that is not what stands there."""
    words = _words(part)
    if words is None or len(words) < 3 or len(words) % 3 or set(words[1::3]) != {"="}:
        return None
    names, values = [word.lower() for word in words[::3]], words[2::3]
    method, result = names[0].partition("/")[0], values[0].lower()
    repeated = len(set(names)) < len(names)
    if repeated or not (_KEYWORD.fullmatch(method) and _KEYWORD.fullmatch(result)):
        return None
    return method, result, _domain(method, dict(zip(names[1:], values[1:], strict=True)))


def _words(part: str) -> list[str] | None:
    """Names, equals signs and values; a name may stand apart from its equals sign."""
    words, position = [], 0
    text = part.rstrip()
    while position < len(text):
        word = _WORD.match(text, position)
        if word is None:
            return None
        words.append(word[1])
        position = word.end()
    return words


def _domain(method: str, properties: dict[str, str]) -> str:
    """The domain that the method judged; empty if it is not named or is no domain."""
    for name in _DOMAIN_PROPERTIES.get(method, ()):
        if name in properties:
            return _plain_domain(properties[name])
    return ""


def _plain_domain(value: str) -> str:
    """The domain of `domain`, `@domain` or `local@domain`; never guessed from anything else."""
    name = value.rpartition("@")[2]
    if len(name) > _NAME_LIMIT or name.startswith("["):
        return ""
    if value.startswith('"') or value.count("@") > 1:
        return ""
    try:
        return parse_domain(name).ascii
    except ValueError:
        return ""
