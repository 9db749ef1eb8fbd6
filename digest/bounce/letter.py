"""A message on its way to be judged: what the readers of reports ask about, each at most once."""

import re
from dataclasses import dataclass
from itertools import islice

from digest.fields import Fields
from digest.mime import Part, Tree
from mail.message import parse_message
from mail.raw import RawMessage

LOOKED_AT = 64 * 1024
"""Octets of one part that are looked at."""

MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_ID_LINE = re.compile(rb"(?im)^[ \t>]{0,8}message-id[ \t]*:\s{0,3}(<[^<>\s\x80-\xff]{1,900}>)")
_NOBODY = ("mailer-daemon", "double-bounce")
_MOST_PARTS = 20
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_=+&#!$%*/?^`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]{0,200}"
    r"@(?:[A-Za-z0-9_\-]{1,63}\.){1,20}[A-Za-z0-9\-]{2,63}(?![A-Za-z0-9])"
)
_ANY_ADDRESS = re.compile(
    r"[^\s<>()\[\]\"',;:@\\|（）：，。、；？！“”《》【】]{1,200}"
    r"@[^\s<>()\[\]\"',;:@\\|/（）：，。、；？！“”《》【】*=#]{1,255}"
)

_ORIGINALS = frozenset(
    [
        "message/rfc822",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
        "text/rfc822",
        "message/partial",
    ]
)
_HEADER_BEGIN = re.compile(
    rb"\s{0,20}(?:[A-Za-z][A-Za-z0-9\-]{1,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,20}){2}"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: its parts, its subject and author as they were decoded, the envelope's sender
    ("" is the null sender, None unknown), and its readable text."""

    tree: Tree
    subject: str
    from_address: str
    from_name: str
    mail_from: str | None
    text: str

    @property
    def fields(self) -> Fields:
        """The message's own header."""
        return self.tree.root.fields

    @property
    def sender(self) -> str | None:
        """The envelope's sender; Return-Path has it where nobody else told. Sendmail writes
        MAILER-DAEMON for the null sender there, and Postfix sends its own from double-bounce."""
        if self.mail_from is not None:
            return _unless_mailer(self.mail_from)
        path = self.fields.first("return-path")
        if path is None:
            return None
        return _unless_mailer(address_in(path[:1000].decode("latin-1")) or "")

    @property
    def types(self) -> frozenset[str]:
        """The content types of all parts."""
        return frozenset(part.content_type for part in self.tree.parts)


def _unless_mailer(sender: str) -> str:
    return "" if sender.lower().partition("@")[0] in _NOBODY else sender


def fields_of(octets: bytes) -> Fields:
    """Header fields at the beginning of something."""
    return Fields(parse_message(RawMessage(len(octets), "", memory=octets)).headers)


def text_of(fields: Fields, name: str) -> str:
    """A field's value as text, or ""."""
    words = fields.words(name)
    return words.text if words else ""


def addresses_in(text: str) -> list[str]:
    """All addresses in a text, in their order. Chinese stands around an address without a space,
    so ASCII ends where it ends; others (RFC 6531) are looked for where there is none of those."""
    found = _PLAIN_ADDRESS.findall(text) or _ANY_ADDRESS.findall(text)
    return [one.rstrip(".") for one in found]


def message_id_in(value: str) -> str | None:
    """The Message-ID that a field has, also where it lacks its brackets."""
    found = MESSAGE_ID.search(value)
    if found is not None:
        return found[0]
    bare = value.strip()
    return f"<{bare[:900]}>" if "@" in bare and " " not in bare else None


def address_in(value: str) -> str | None:
    """The first address in a value."""
    return next(iter(addresses_in(value[:2000])), None)


def original_part(tree: Tree) -> Part | None:
    """The part that holds the message that is spoken of, or its header."""
    found = next((part for part in tree.leaves if part.content_type in _ORIGINALS), None)
    return found or next((part for part in tree.leaves if _is_saved_message(tree, part)), None)


def original_fields(tree: Tree) -> Fields | None:
    """The header of the message that is spoken of, where it is a part by itself."""
    part = original_part(tree)
    return None if part is None else fields_of(tree.content(part, LOOKED_AT)[0].lstrip())


def hidden_message_id(tree: Tree) -> str | None:
    """The Message-ID of a returned message whose part nobody could tell: a wrong boundary made
    its header that of a part, or left it at the end of the part before."""
    for part in tree.parts[1:_MOST_PARTS]:
        if found := message_id_in(text_of(part.fields, "message-id")):
            return found
    for part in islice(tree.leaves, _MOST_PARTS):
        found_within = _ID_LINE.search(tree.content(part, LOOKED_AT)[0])
        if found_within is not None:
            return found_within[1].decode("latin-1")
    return None


def _is_saved_message(tree: Tree, part: Part) -> bool:
    """Whether a file is a message that lost its type."""
    name = part.disposition.parameters.get("filename") or part.parameters.get("name") or ""
    if not name.lower().endswith((".eml", ".txt", ".msg", ".hdr")) or part.parent is None:
        return False
    content = tree.content(part, 8192)[0].replace(b"\r\n", b"\n")
    return b"essage-I" in content and _HEADER_BEGIN.match(content) is not None
