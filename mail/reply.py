"""What the server says to its peer: a code, an enhanced code and a text, never a bare string.

A reply is the one place where words leave the house towards a stranger, so it refuses to exist
with a 5xx beside a 4.x.x (RFC 3463 §2), or with anything in its text that is not printable ASCII
(a CR LF there would let whoever supplied the words write replies of their own).
"""

import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

LINE_LIMIT = 500
"""Octets of one reply line without CRLF; RFC 5321 §4.5.3.1.5 allows 512 with it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply (RFC 5321 §4.2, RFC 2034 §4).

    `enhanced` is empty only for replies that have none by rule (the greeting, EHLO, 354).
    Raises ValueError if the codes do not belong together or the text is not printable ASCII.
    """

    code: int
    enhanced: str
    text: str

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 599:
            raise ValueError(f"reply code {self.code} is not between 200 and 599")
        if self.enhanced:
            match = _ENHANCED.fullmatch(self.enhanced)
            if match is None or match[1] != str(self.code)[0]:
                raise ValueError(f"enhanced code {self.enhanced!r} does not belong to {self.code}")
        if _UNPRINTABLE.search(self.text):
            raise ValueError(f"reply text is not printable ASCII: {self.text!r}")

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else self._bare()

    def _bare(self) -> str:
        return f"{self.code} {self.text}"

    def with_id(self, transaction_id: str) -> "Reply":
        """The same reply with the transaction's id in brackets as its last word."""
        return Reply(self.code, self.enhanced, f"{self.text} [{transaction_id}]")

    def wire(self) -> bytes:
        """The octets for the peer, CRLF included; folded at spaces, the codes on every line.

        RFC 5321 §4.2.1 (multiline replies), RFC 2034 §4 (the enhanced code on each line).
        """
        head = f"{self.code}", f"{self.enhanced} " if self.enhanced else ""
        room = LINE_LIMIT - len(head[0]) - 1 - len(head[1])
        lines = fold(self.text, room)
        parts = [f"{head[0]}-{head[1]}{line}\r\n" for line in lines[:-1]]
        parts.append(f"{head[0]} {head[1]}{lines[-1]}\r\n")
        return "".join(parts).encode("ascii")


def fold(text: str, room: int) -> list[str]:
    """Break `text` at spaces into pieces of at most `room` characters; a longer word is cut.

    >>> fold("one two three", 7)
    ['one two', 'three']
    """
    lines = []
    while len(text) > room:
        cut = text.rfind(" ", 0, room + 1)
        if cut <= 0:
            lines.append(text[:room])
            text = text[room:]
        else:
            lines.append(text[:cut])
            text = text[cut + 1 :]
    lines.append(text)
    return lines


def printable(foreign: str, limit: int = 200) -> str:
    """A stranger's words made fit for a reply or a one-line reason.

    Everything that is not printable ASCII becomes "?", and it is cut to `limit` characters.
    """
    plain = foreign.isascii() and foreign.isprintable()
    cleaned = foreign if plain else _UNPRINTABLE.sub("?", foreign)
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 3] + "..."
