"""What lies in a message beside its text: its attachments, and the pictures of its HTML."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from digest.body import MAX_TEXT, Layout, Reader, content_id, declared_name
from digest.filename import made_up_name, safe_name, unsafe_in, with_extension
from digest.hints import charset_hints
from digest.mime import Part, Tree
from digest.mojibake.mend import mend
from digest.page import data_url, sanitise
from digest.words import decode_words
from mail.message import parse_message
from mail.raw import RawMessage

_LONGEST_MENDED = 300
"""Characters of a name that is looked at for damage; longer ones are cut anyway."""
_DOUBTED = 100
"""Parts whose names are read again with what the rest of the message tells of their charset."""
_PICTURE_TYPES = frozenset(
    ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"]
)

_SOURCE = re.compile(r"(?i)<img\b[^<>]{0,1000}?\bsrc\s{0,5}=\s{0,5}[\"']?([^\s\"'<>]{1,500})")
_EXTENSION = re.compile(r"[^.]\.[A-Za-z0-9]{1,5}\Z")
_CID = re.compile(r"(?i)\bcid:([^\s\"'<>)]{1,500})")


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """What is known of an attachment without holding it; `size` and `sha256` are of the decoded
    octets; `inline` says that it is meant to be seen within the text."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool

    def as_json(self) -> dict[str, str | int | bool]:
        """The contract's form."""
        return {
            "name": self.name,
            "content_type": self.content_type,
            "size": self.size,
            "sha256": self.sha256,
            "inline": self.inline,
        }


def html_source(layout: Layout, reader: Reader) -> str | None:
    """The HTML of all passages as it came; plain ones between them are put in as they read.

    None if there is no HTML.
    """
    if not any(passage.html for passage in layout.passages):
        return None
    pieces: list[str] = []
    for passage in layout.passages:
        budget = MAX_TEXT - sum(map(len, pieces))
        if passage.html:
            pieces += reader.read(passage.html, budget)
        else:
            plain = reader.read(passage.plain, budget)
            pieces += [f"<pre>{_escaped(text)}</pre>" for text in plain]
    return "\n".join(pieces)


def html_of(tree: Tree, source: str | None, reader: Reader, picture_budget: int) -> str | None:
    """`source` sanitised, with the message's own pictures in it; None if there is nothing to
    show, or if it is too tangled to be shown."""
    if source is None:
        return None
    pictures = _pictures(tree, source, picture_budget) if "<img" in source.lower() else {}
    html = sanitise(source, pictures)
    if html is None:
        reader.defects["the HTML is nested too deeply to be shown"] = None
    return html


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pictures(tree: Tree, source: str, budget: int) -> dict[str, str]:
    """What the page calls pictures of the message, with the pictures themselves."""
    pictures: dict[str, str] = {}
    shown = [part for part in tree.leaves if part.content_type in _PICTURE_TYPES]
    named = _named_by(source) if shown else frozenset()
    for part in shown:
        name = _called(part, named)
        if not name or name in pictures or (part.end - part.start) * 3 // 4 > budget:
            continue
        content = tree.content(part)[0]
        budget -= len(content)
        pictures[name] = data_url(part.content_type, content)
    return pictures


def facts_of(tree: Tree, layout: Layout, reader: Reader, html: str) -> Iterator[AttachmentFacts]:
    """Every attachment in order; `html` is the page's source, which may name some of them."""
    named = _named_by(html)
    for number, part in enumerate(layout.attachments, 1):
        content, defect = tree.content(part)
        if defect:
            reader.defects[defect] = None
        for note in (*part.notes, *part.disposition.notes):
            reader.notes[f"file name: {note}"] = None
        unsafe = unsafe_in(declared_name(part))
        if unsafe:
            reader.defects[f"the name of attachment {number} has {unsafe}"] = None
        seen_within = bool(named) and bool(_called(part, named))
        yield AttachmentFacts(
            name=_readable_name(tree, part, number, reader),
            content_type=part.content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            inline=seen_within or part.disposition.value == "inline",
        )


def _named_by(html: str) -> frozenset[str]:
    """What a page calls by URL: Content-IDs (RFC 2392), percent signs undone, and the sources of
    its pictures, which may be somebody's Content-Location (RFC 2557)."""
    return frozenset([*map(unquote, _CID.findall(html)), *_SOURCE.findall(html)])


def _called(part: Part, named: frozenset[str]) -> str:
    """What a page calls this part; "" where it does not name it."""
    identifier, place = content_id(part), _place(part)
    return next((name for name in (identifier, place) if name and name in named), "")


def _place(part: Part) -> str:
    """Content-Location, or ""."""
    value = part.fields.first("content-location")
    return "" if value is None else value[:1000].decode("utf-8", "replace").strip().strip('"<>')


def name_of(tree: Tree, part: Part, number: int, *, repair: bool = True) -> str:
    """The sender's name for it made safe; a message is called after its subject. What was garbled
    on its way is repaired, if that is wanted."""
    declared = _full_name(tree, part)
    mended = mend(declared) if repair else None
    name = safe_name(mended.text if mended else declared)
    if part.content_type == "message/rfc822":
        return with_extension(name or _subject_inside(tree, part) or "message", "eml")
    return name or _name_in_place(part) or made_up_name(number, part.content_type)


def _name_in_place(part: Part) -> str:
    """The file that Content-Location names (RFC 2557), or ""; other URLs name no file."""
    place = _place(part)
    scheme, colon, _ = place.partition(":")
    if colon and scheme.lower() not in ("http", "https", "file"):
        return ""
    path = unquote(place.partition("?")[0].partition("#")[0]).rpartition("/")[2]
    return safe_name(path) if _EXTENSION.search(path) else ""


def _readable_name(tree: Tree, part: Part, number: int, reader: Reader) -> str:
    """The name, said to be repaired where it was; as it came where nothing is to be repaired."""
    declared = _full_name(tree, part)
    if len(declared) > _LONGEST_MENDED or reader.mended(declared) == declared:
        return name_of(tree, part, number, repair=False)
    return name_of(tree, part, number)


def _full_name(tree: Tree, part: Part) -> str:
    """The declared name; where its charset was guessed, with all that the message tells of it."""
    guessed = part.index < _DOUBTED and (part.notes or part.disposition.notes)
    return declared_name(part, charset_hints(tree) if guessed else ())


def _subject_inside(tree: Tree, part: Part) -> str:
    head = tree.content(part, 64 * 1024)[0]
    subject = parse_message(RawMessage(len(head), "", memory=head)).first("subject")
    return "" if subject is None else safe_name(decode_words(subject.value[:2000]).text[:100])
