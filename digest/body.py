"""Which parts of a message are read as its text, and which lie beside it as attachments.

Every part that has content is one or the other, but for the alternatives that were not chosen:
nothing that was sent disappears.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.charset.decode import Decoded, decode
from digest.charset.effort import TOLD_MENDING, effort
from digest.enriched import enriched_text
from digest.fields import Fields, clean_text
from digest.flowed import unflow
from digest.mime import MAX_DEPTH, Part, Tree
from digest.mojibake.mend import mend
from digest.mojibake.references import spelled_out
from digest.parameters import read_value
from digest.tnef.rtf import read_rtf
from digest.transfer import undeclared
from digest.words import charsets_of

MAX_TEXT = 1_000_000
"""Characters of text, and of HTML, that are looked at in one message."""

_MAX_OCTETS = 4 * MAX_TEXT
_MENDINGS = 100
_DECODINGS = 100
# Texts of one message, names included, that are looked at for damage, and whose declared charset
# is doubted. Each may take milliseconds, and a message may have two thousand.
# Text that programs read; it is no body even where it stands bare in the message.
_DATA = frozenset(
    [
        "text/calendar",
        "text/csv",
        "text/directory",
        "text/rfc822-headers",
        "text/vcard",
        "text/x-amp-html",
        "text/x-vcalendar",
        "text/x-vcard",
        "text/x-watch-html",
    ]
)
_NAMED_FILES = frozenset(["application/octet-stream", "application/x-unknown", "text/plain"])
_ONLY_ALTERNATIVES = frozenset(["text/x-amp-html", "text/x-watch-html"])
_CALENDARS = frozenset(["text/calendar", "application/ics", "text/x-vcalendar"])
_PREAMBLE = 16 * 1024
_BOILERPLATE = re.compile(rb"(?i)mime|multi-?part")
_BODIES = ("text/plain", "text/html")


@dataclass(slots=True)
class Passage:
    """One stretch of the body: plain text, HTML, or both as alternatives of each other."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    other: list[Part] = field(default_factory=list)
    """Alternatives in other forms of text; they count where there is neither."""

    def add(self, part: Part, *, alternative: bool) -> None:
        """Put a part where it belongs; `alternative` says that it has others beside it."""
        if part.content_type == "text/html":
            self.html.append(part)
        elif alternative and part.content_type.startswith("text/") and not _is_plain(part):
            self.other.append(part)
        else:
            self.plain.append(part)


@dataclass(frozen=True, slots=True)
class Layout:
    """The body's passages in order, the attachments in order, and the first calendar entry."""

    passages: tuple[Passage, ...]
    attachments: tuple[Part, ...]
    calendar: Part | None


def lay_out(tree: Tree) -> Layout:
    """Tell body from attachments."""
    passages: dict[int, Passage] = {}
    spare: dict[int, Passage] = {}
    attachments: list[Part] = []
    for part in tree.leaves:
        alternative = _outermost_alternative(tree, part)
        if part.substitute and part.parent is not None:
            spare.setdefault(part.parent, Passage()).add(part, alternative=True)
        elif _is_body(tree, part, alternative):
            place = part.index if alternative is None else alternative
            passage = passages.setdefault(place, Passage())
            passage.add(part, alternative=alternative is not None)
        elif not _is_hidden(tree, part, alternative):
            attachments.append(part)
    if not passages and attachments and _is_named_body(attachments[0]):
        passages[0] = Passage()
        passages[0].add(attachments.pop(0), alternative=False)
    if spare and not _has_text(tree, passages.values()):
        passages = spare
    before = _before_first_part(tree)
    if before is not None and not _has_text(tree, passages.values()):
        passages = {before.index: Passage([before]), **passages}
    for passage in passages.values():
        if not passage.plain and not passage.html:
            passage.plain = passage.other
    return Layout(tuple(passages.values()), tuple(attachments), _calendar(tree))


def _is_plain(part: Part) -> bool:
    return part.content_type == "text/plain"


def _has_text(tree: Tree, passages: Iterable[Passage]) -> bool:
    """Whether anything but white space stands in them."""
    parts = [part for passage in passages for part in (*passage.plain, *passage.html)]
    return any(tree.content(part, _MAX_OCTETS)[0].strip() for part in parts)


def _before_first_part(tree: Tree) -> Part | None:
    """What stands before the first boundary, if it is more than the usual word to old readers.

    Some report generators put their text there; nobody else shows it, so it counts where the
    parts have none.
    """
    root = tree.root
    if not (root.opened and root.is_multipart):
        return None
    head = b"\n" + tree.sent(root, _PREAMBLE)
    boundary = root.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    end = head.find(b"\n--" + boundary) - 1
    text = head[1 : end + 1]
    if end < 0 or not text.strip() or _BOILERPLATE.search(text):
        return None
    return Part(
        index=len(tree.parts),
        parent=None,
        depth=0,
        fields=Fields(()),
        content_type="text/plain",
        parameters={},
        notes=(),
        start=root.start,
        end=root.start + end,
        decoded=True,
    )


def _calendar(tree: Tree) -> Part | None:
    """The calendar entry of an invitation: one with a method before one that is a mere file."""
    found = [part for part in tree.leaves if _is_calendar(part)]
    return next(
        (part for part in found if "method" in part.parameters), found[0] if found else None
    )


def _is_calendar(part: Part) -> bool:
    if part.content_type in _CALENDARS:
        return True
    return part.content_type in _NAMED_FILES and declared_name(part).lower().endswith(".ics")


def _is_hidden(tree: Tree, part: Part, alternative: int | None) -> bool:
    """What no client shows: alternatives for special programs, and what a Macintosh keeps beside
    a file (RFC 1740), if the file is there."""
    if part.content_type == "application/applefile" and part.parent is not None:
        around = tree.parts[part.parent]
        beside = tree.parts[part.index + 1 : part.index + 2]
        is_double = around.content_type == "multipart/appledouble"
        return is_double and any(one.parent == part.parent for one in beside)
    return alternative is not None and part.content_type in _ONLY_ALTERNATIVES


def _is_named_body(part: Part) -> bool:
    """Some mailers name even the text; it is the body if it comes first and there is no other."""
    return part.content_type in _BODIES and part.disposition.value != "attachment"


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
    if alternative is not None and part.content_type in _BODIES:
        return True
    if part.content_type == "text/html" and _is_related_root(tree, part):
        return True
    return not declared_name(part)


def _is_related_root(tree: Tree, part: Part) -> bool:
    """What the others of a multipart/related belong to: the first one, or the one that start=
    names (RFC 2387 §3.2)."""
    if part.parent is None:
        return False
    parent = tree.parts[part.parent]
    if parent.content_type != "multipart/related":
        return False
    start = parent.parameters.get("start", "").strip().strip("<>")
    return part.index == parent.index + 1 or (bool(start) and content_id(part) == start)


def content_id(part: Part) -> str:
    """Content-ID without its brackets (RFC 2392 §2), or ""."""
    value = part.fields.first("content-id")
    return "" if value is None else value[:500].decode("utf-8", "replace").strip().strip("<>")


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
    repair: bool = True
    """Whether text that was garbled on its way is repaired."""
    repairs: dict[str, None] = field(default_factory=dict)
    """By what wrong readings it had been garbled."""
    mendings: int = 0
    decodings: int = 0
    charset: str | None = None
    """What the last text was in."""

    def read(self, parts: list[Part], budget: int) -> list[str]:
        """The text of each part, at most `budget` characters in all."""
        texts = []
        for part in parts:
            if budget <= 0:
                self.defects[f"text beyond {MAX_TEXT} characters was cut"] = None
                break
            text = self.text(part)
            if text in texts:  # alternatives within alternatives say the same again
                continue
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
        if part.content_type == "text/rtf":
            return clean_text(read_rtf(content).text)
        decoded = self.decode(content, part.parameters.get("charset"), part)
        page = part.content_type == "text/html" and self.repair
        text = clean_text(self.mended(spelled_out(decoded.text) if page else decoded.text))
        if part.content_type in ("text/enriched", "text/richtext"):
            return enriched_text(text)
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return text

    def mended(self, text: str) -> str:
        """The text repaired, where that is proven and wanted."""
        if text.isascii() or not self.repair or self.mendings >= _MENDINGS:
            return text
        if effort().mending <= 0:
            self.defects[TOLD_MENDING] = None
            return text
        self.mendings += 1
        found = mend(text)
        if found is None:
            return text
        self.repairs[found.chain] = None
        return found.text

    def decode(self, content: bytes, declared: str | None, part: Part) -> Decoded:
        """Octets to text; a page's own <meta charset> counts where the header says nothing."""
        if declared is None and part.content_type == "text/html":
            declared = meta_charset(content)
        if not content.isascii():
            self.decodings += 1
        doubt = self.decodings <= _DECODINGS
        if not doubt:
            declared = declared or self.charset
        decoded = decode(content, declared, charsets_of(self.hints), doubt=doubt)
        self.charset = decoded.charset
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
