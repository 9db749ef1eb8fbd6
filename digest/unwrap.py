"""Opens parts that hold other parts in a format of their own, and puts those into the tree.

S/MIME that is signed or compressed, winmail.dat, a multipart that was sent under a transfer
encoding or a wrong boundary, and files that stand within a text (uuencode, yEnc, BinHex, PGP).
Whoever reads a tree afterwards need not know: such a part is opened like a multipart, and what
was inside stands behind it. Nothing is opened more than MAX_LEVELS deep.
"""

from dataclasses import dataclass, field

from digest.cms import MAX_INFLATED, Kind, looks_like_cms, read_cms
from digest.embedded import cut_out, may_hold_files
from digest.entity import File, Part, Tree
from digest.fields import Fields
from digest.tnef.read import Budget, looks_like_tnef, read_tnef
from digest.transfer import decode_transfer
from digest.walk import MAX_DEPTH, MAX_PARTS, Found, guessed_boundary, walk, walk_body
from mail.message import Header, parse_message
from mail.raw import RawMessage

MAX_LEVELS = 5
"""Wrappers inside each other that are opened."""

MAX_WRAPPERS = 200
"""Wrappers of one message that are opened."""

_ENCODED = ("base64", "quoted-printable")


def unwrapped(tree: Tree) -> Tree:
    """`tree` with what its wrappers hold; itself where there is nothing to open."""
    if not any(_may_wrap(tree, part) for part in tree.leaves):
        return tree
    work = _Unwrapping(tree)
    work.take(Found(tree.parts, tree.defects), None, None, 0)
    return Tree(tree.message, tuple(work.parts), tuple(work.defects), tree.buffer)


def _may_wrap(tree: Tree, part: Part) -> bool:
    """A cheap look that passes by most parts of most messages."""
    if part.is_multipart:
        return part.depth < MAX_DEPTH and part.start < part.end
    if looks_like_tnef(part, tree.sent(part, 16)):
        return True
    if part.content_type == "text/plain":
        return _lost_its_type(tree, part) or may_hold_files(_text(tree, part))
    return looks_like_cms(part)


def _lost_its_type(tree: Tree, part: Part) -> bool:
    """Whether a message without Content-Type begins as a multipart does; some gateways lose it."""
    if part.index or "content-type" in part.fields:
        return False
    return tree.sent(part, 100).lstrip().startswith((b"--", b"This is a multi"))


def _text(tree: Tree, part: Part) -> bytes:
    """A text's octets; those of an attachment stay what they are."""
    if part.disposition.value == "attachment" or (part.parent is not None and _is_named(part)):
        return b""
    return tree.content(part)[0]


def _is_named(part: Part) -> bool:
    return "name" in part.parameters or "filename" in part.disposition.parameters


@dataclass(slots=True)
class _Unwrapping:
    """The tree that grows while wrappers are opened."""

    tree: Tree
    parts: list[Part] = field(default_factory=list)
    defects: dict[str, None] = field(default_factory=dict)
    wrappers: int = 0
    budget: Budget = field(default_factory=Budget)
    inflatable: int = MAX_INFLATED

    def take(self, found: Found, home: bytes | None, around: Part | None, level: int) -> None:
        """Put the parts of one walk behind those that are there, and open their wrappers."""
        self.defects.update(dict.fromkeys(found.defects))
        places: dict[int, int] = {}
        for part in found.parts:
            if len(self.parts) >= MAX_PARTS and home is not None:
                self.defects[f"only the first {MAX_PARTS} parts were looked at"] = None
                return
            places[part.index] = part.index = len(self.parts)
            if part.parent is not None:
                part.parent = places[part.parent]
            elif around is not None:
                part.parent = around.index
            part.depth += around.depth + 1 if around is not None else 0
            part.home = home
            self.parts.append(part)
            if not part.opened and level < MAX_LEVELS:
                self._open(part, level)

    def _open(self, part: Part, level: int) -> None:
        if not _may_wrap(self.tree, part) or self.wrappers >= MAX_WRAPPERS:
            return
        self.wrappers += 1
        if part.is_multipart:
            self._open_multipart(part, level)
        elif looks_like_tnef(part, self.tree.sent(part, 16)):
            self._open_tnef(part, level)
        elif part.content_type == "text/plain" and _lost_its_type(self.tree, part):
            self._open_multipart(part, level)
            if not part.opened:
                self._open_text(part, level)
        elif part.content_type == "text/plain":
            self._open_text(part, level)
        else:
            self._open_cms(part, level)

    def _open_multipart(self, part: Part, level: int) -> None:
        """A multipart whose parts did not come to light: encoded, or under another boundary."""
        encoding = part.encoding
        body = b"\n" + self.tree.sent(part)
        decoded = b"\n" + decode_transfer(body, encoding)[0] if encoding in _ENCODED else body
        for content, boundary in (
            (decoded, part.parameters.get("boundary", "") if decoded is not body else ""),
            (decoded, guessed_boundary(decoded)),
        ):
            if not boundary or (not part.is_multipart and not _stands_twice(content, boundary)):
                continue
            found = walk_body(part.fields, content, boundary)
            if len(found.parts) > 1:
                part.opened = True
                self._say_how(part, encoded=decoded is not body)
                inner = tuple(_orphaned(one) for one in found.parts[1:])
                self.take(Found(inner, found.defects), content, part, level + 1)
                return

    def _say_how(self, part: Part, *, encoded: bool) -> None:
        if encoded:
            self.defects[f"a multipart was encoded as {part.encoding}"] = None
            return
        for said in ("a multipart without a boundary", "a multipart without parts"):
            self.defects.pop(said, None)
        self.defects["the boundary of a multipart was found by its parts"] = None

    def _open_text(self, part: Part, level: int) -> None:
        """A text with files in it becomes the text without them, and the files."""
        cut = cut_out(_text(self.tree, part))
        if cut is None:
            return
        part.opened = True
        self.defects.update(dict.fromkeys(cut.defects))
        self._add_text(part, cut.text, "text/plain", part.parameters)
        self._add_files(part, cut.files, level)

    def _open_cms(self, part: Part, level: int) -> None:
        """Signed or compressed content is an entity of its own (RFC 8551 §3.5, RFC 3274)."""
        found = read_cms(self.tree.content(part)[0], self.inflatable)
        if found.kind is Kind.COMPRESSED and found.content is not None:
            self.inflatable -= len(found.content)
        if found.defect:
            self.defects[found.defect] = None
        if found.kind is Kind.ENCRYPTED:
            part.parameters["smime-type"] = "enveloped-data"
        elif found.kind is Kind.SIGNED:
            part.parameters["smime-type"] = "signed-data"
        if not found.content:
            return
        part.opened = True
        message = parse_message(RawMessage(len(found.content), "", memory=found.content))
        inner = walk(Fields.of(message), message.body_start, found.content)
        self.take(inner, found.content, part, level + 1)

    def _open_tnef(self, part: Part, level: int) -> None:
        """What Outlook packed: the body in up to three forms, and the attachments."""
        found = read_tnef(self.tree.content(part)[0], self.budget)
        if found is None:
            return
        self.defects.update(dict.fromkeys(found.defects))
        if not found.files and not found.bodies:
            return
        part.opened = not found.defects
        for text in found.bodies:
            self._add_text(part, text.content, text.content_type, {"charset": text.charset})
            self.parts[-1].substitute = True
        self._add_files(part, found.files, level)

    def _add_text(
        self, around: Part, content: bytes, content_type: str, parameters: dict[str, str]
    ) -> None:
        kept = {
            name: value
            for name, value in parameters.items()
            if name in ("charset", "format", "delsp")
        }
        self._add(around, Fields(()), content_type, kept, content)

    def _add_files(self, around: Part, files: tuple[File, ...], level: int) -> None:
        """What was found; a file may be a wrapper again, as old Exchange sends winmail.dat."""
        for file in files:
            if len(self.parts) >= MAX_PARTS:
                self.defects[f"only the first {MAX_PARTS} parts were looked at"] = None
                return
            place = "inline" if file.inline else "attachment"
            fields = [_header("Content-Disposition", place)]
            if file.content_id:
                fields.append(_header("Content-ID", f"<{file.content_id}>"))
            named = {"name": file.name} if file.name else {}
            self._add(around, Fields(fields), file.content_type, named, file.content)
            if level < MAX_LEVELS:
                self._open(self.parts[-1], level + 1)

    def _add(
        self,
        around: Part,
        fields: Fields,
        content_type: str,
        parameters: dict[str, str],
        content: bytes,
    ) -> None:
        self.parts.append(
            Part(
                index=len(self.parts),
                parent=around.index,
                depth=around.depth + 1,
                fields=fields,
                content_type=content_type,
                parameters=parameters,
                notes=(),
                start=0,
                end=len(content),
                home=content,
                decoded=True,
            )
        )


def _stands_twice(content: bytes, boundary: str) -> bool:
    """Whether a line is certainly a boundary; a text may have one that only looks like it."""
    return content.count(b"\n--" + boundary.encode("utf-8", "replace")) > 1


def _orphaned(part: Part) -> Part:
    """A part of a walk whose root is not taken."""
    if part.parent == 0:
        part.parent = None
    part.depth -= 1
    return part


def _header(name: str, value: str) -> Header:
    clean = " ".join(value.split())
    return Header(name, f"{name}: {clean}\r\n".encode("utf-8", "replace"))
