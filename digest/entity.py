"""What a message consists of: its parts, as values that are found in place (RFC 2045 §2.4).

`digest.mime.read_tree` makes them. Most parts are a stretch of the message's own octets; those
that were wrapped into another format (S/MIME, winmail.dat, uuencode) have octets of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.fields import Fields
from digest.parameters import Value, read_value
from digest.transfer import decode_transfer
from mail.message import Message

_KEPT = 64 * 1024
"""Octets of a part whose content is kept once it was decoded."""


@dataclass(slots=True)
class Part:
    """One part: its header fields, and where its body lies in the message.

    `parent` is the index of the part that it stands in, `depth` how many there are around it;
    `start` and `end` are offsets of the body as it was sent, before its transfer encoding is
    undone; `notes` say what was guessed in Content-Type's parameters. Only who makes the tree
    changes it.
    """

    index: int
    parent: int | None
    depth: int
    fields: Fields
    content_type: str
    parameters: dict[str, str]
    notes: tuple[str, ...]
    start: int
    end: int
    opened: bool = False
    """Whether this is a multipart or a wrapper that was looked into."""
    home: bytes | None = None
    """The octets that `start` and `end` are offsets of, where they are not the message's own."""
    decoded: bool = False
    """Whether there is no transfer encoding left, whatever the header fields say."""
    substitute: bool = False
    """Whether this is a text that counts only where the message has no other."""
    encoding_read: str | None = None
    disposition_read: Value | None = None
    content_read: tuple[bytes, str | None] | None = None
    """What a short part's content was, once somebody asked: several look at a text."""

    @property
    def is_multipart(self) -> bool:
        """Whether its type is a multipart, looked into or not."""
        return self.content_type.startswith("multipart/")

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case; "" where none is given or left."""
        if self.decoded:
            return ""
        if self.encoding_read is None:
            self.encoding_read = self.fields.token("content-transfer-encoding")
        return self.encoding_read

    @property
    def disposition(self) -> Value:
        """Content-Disposition with its parameters (RFC 2183)."""
        if self.disposition_read is None:
            self.disposition_read = read_value(self.fields.first("content-disposition"))
        return self.disposition_read


@dataclass(frozen=True, slots=True)
class File:
    """What was found inside a wrapper: octets with the name and type that it gave them.

    `content_id` is what a page calls it by, and `inline` says that it belongs into the text.
    """

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """All parts in the order of the message; the first is the message itself."""

    message: Message
    parts: tuple[Part, ...]
    defects: tuple[str, ...]
    buffer: memoryview

    @property
    def root(self) -> Part:
        """The message itself."""
        return self.parts[0]

    @property
    def leaves(self) -> Iterator[Part]:
        """Every part that has content of its own."""
        return (part for part in self.parts if not part.opened)

    def ancestors(self, part: Part) -> Iterator[Part]:
        """The parts around a part, innermost first."""
        while part.parent is not None:
            part = self.parts[part.parent]
            yield part

    def sent(self, part: Part, limit: int | None = None) -> bytes:
        """The part's body as it was sent, or its first `limit` octets."""
        end = part.end if limit is None else min(part.end, part.start + limit)
        return bytes((self.buffer if part.home is None else part.home)[part.start : end])

    def content(self, part: Part, limit: int | None = None) -> tuple[bytes, str | None]:
        """The part's octets with the transfer encoding undone, and what was wrong with it.

        With `limit` only as much is decoded as so many octets of the sent body give.
        """
        if part.is_multipart:  # RFC 2045 §6.4: identity only
            return self.sent(part, limit), None
        if part.end - part.start > _KEPT:
            return decode_transfer(self.sent(part, limit), part.encoding)
        if part.content_read is None:
            part.content_read = decode_transfer(self.sent(part), part.encoding)
        content, defect = part.content_read
        return content if limit is None else content[:limit], defect
