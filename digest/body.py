"""Which parts of a message are read as its text, and which lie beside it as attachments.

Every part that has content is one or the other, but for the alternatives that were not chosen:
nothing that was sent disappears.
"""

from dataclasses import dataclass, field

from digest.charset.decode import Decoded, decode
from digest.fields import clean_text
from digest.flowed import unflow
from digest.mime import MAX_DEPTH, Part, Tree
from digest.parameters import read_value
from digest.transfer import undeclared
from digest.words import charsets_of

MAX_TEXT = 1_000_000
"""Characters of text, and of HTML, that are looked at in one message."""

_MAX_OCTETS = 4 * MAX_TEXT
# Text that programs read; it is no body even where it stands bare in the message.
_DATA = frozenset(
    [
        "text/calendar",
        "text/csv",
        "text/directory",
        "text/rfc822-headers",
        "text/vcard",
        "text/x-amp-html",
        "text/x-vcard",
        "text/x-watch-html",
    ]
)
_ONLY_ALTERNATIVES = frozenset(["text/x-amp-html", "text/x-watch-html"])


@dataclass(slots=True)
class Passage:
    """One stretch of the body: plain text, HTML, or both as alternatives of each other."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """The body's passages in order, the attachments in order, and the first calendar entry."""

    passages: tuple[Passage, ...]
    attachments: tuple[Part, ...]
    calendar: Part | None


def lay_out(tree: Tree) -> Layout:
    """Tell body from attachments."""
    passages: dict[int, Passage] = {}
    attachments: list[Part] = []
    calendar: Part | None = None
    for part in tree.leaves:
        alternative = _outermost_alternative(tree, part)
        if part.content_type == "text/calendar" and calendar is None:
            calendar = part
        if _is_body(tree, part, alternative):
            passage = passages.setdefault(
                part.index if alternative is None else alternative, Passage()
            )
            (passage.html if part.content_type == "text/html" else passage.plain).append(part)
        elif alternative is None or part.content_type not in _ONLY_ALTERNATIVES:
            attachments.append(part)
    return Layout(tuple(passages.values()), tuple(attachments), calendar)


def _outermost_alternative(tree: Tree, part: Part) -> int | None:
    found = None
    for around in tree.ancestors(part):
        if around.content_type == "multipart/alternative":
            found = around.index
    return found


def _is_body(tree: Tree, part: Part, alternative: int | None) -> bool:
    if part.is_multipart:  # it could not be taken apart; its text is still worth reading
        return part.depth < MAX_DEPTH
    if not part.content_type.startswith("text/") or part.content_type in _DATA:
        return False
    if part.parent is None:
        return part.disposition.value != "attachment" or not declared_name(part)
    if part.disposition.value == "attachment":
        return False
    if alternative is not None and part.content_type in ("text/plain", "text/html"):
        return True
    if part.content_type == "text/html" and _is_related_root(tree, part):
        return True
    return not declared_name(part)


def _is_related_root(tree: Tree, part: Part) -> bool:
    """The first part of a multipart/related is what the others belong to (RFC 2387 §3.2)."""
    if part.parent is None:
        return False
    parent = tree.parts[part.parent]
    return parent.content_type == "multipart/related" and part.index == parent.index + 1


def declared_name(part: Part, hints: tuple[str, ...] = ()) -> str:
    """The file name that the sender gave a part (RFC 2183 §2.3, RFC 2045 name=), or "".

    `hints` are labels of charsets, for a name whose octets say nothing of theirs.
    """
    disposition, content_type = part.disposition, part.parameters
    if hints:
        disposition = read_value(part.fields.first("content-disposition"), hints)
        content_type = read_value(part.fields.first("content-type"), hints).parameters
    return disposition.parameters.get("filename") or content_type.get("name") or ""


@dataclass(slots=True)
class Reader:
    """Reads text parts within one message's budget, and remembers what was guessed or cut."""

    tree: Tree
    hints: tuple[str, ...]
    notes: dict[str, None] = field(default_factory=dict)
    defects: dict[str, None] = field(default_factory=dict)
    damaged: bool = False

    def read(self, parts: list[Part], budget: int) -> list[str]:
        """The text of each part, at most `budget` characters in all."""
        texts = []
        for part in parts:
            if budget <= 0:
                self.defects[f"text beyond {MAX_TEXT} characters was cut"] = None
                break
            text = self.text(part)
            if len(text) > budget:
                self.defects[f"text beyond {MAX_TEXT} characters was cut"] = None
                text = text[:budget]
            budget -= len(text)
            texts.append(text)
        return texts

    def text(self, part: Part) -> str:
        """One part's text, decoded and unflowed."""
        if part.end - part.start > _MAX_OCTETS:
            self.defects[f"text beyond {MAX_TEXT} characters was cut"] = None
        content, defect = self.tree.content(part, _MAX_OCTETS)
        if defect:
            self.defects[defect] = None
        content, defect = undeclared(content, part.encoding)
        if defect:
            self.defects[defect] = None
        decoded = self.decode(content, part.parameters.get("charset"), part)
        text = clean_text(decoded.text)
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return text

    def decode(self, content: bytes, declared: str | None, part: Part) -> Decoded:
        """Octets to text; a page's own <meta charset> counts where the header says nothing."""
        if declared is None and part.content_type == "text/html":
            declared = meta_charset(content)
        decoded = decode(content, declared, charsets_of(self.hints))
        if decoded.note:
            self.notes[decoded.note] = None
        self.damaged = self.damaged or decoded.damaged
        return decoded


def meta_charset(content: bytes) -> str | None:
    """The charset that an HTML page declares of itself in its first kilobyte."""
    head = content[:1024].lower()
    at = head.find(b"charset=")
    if at < 0:
        return None
    label = head[at + 8 : at + 60].lstrip(b"\"' ")
    for end, octet in enumerate(label):
        if octet in b"\"' />;":
            return label[:end].decode("latin-1") or None
    return None
