"""A whole winmail.dat: its bodies, and the files in it."""

import struct
from dataclasses import dataclass, field

from digest.charset.decode import decode
from digest.entity import File, Part
from digest.extensions import type_of_name
from digest.tnef.codepage import label_of
from digest.tnef.compressed import MAX_RTF, decompressed
from digest.tnef.properties import Properties, Tag, read_properties
from digest.tnef.rtf import read_rtf
from digest.tnef.stream import SIGNATURE, Attribute, Id, attributes
from digest.tnef.written import Letter, as_calendar, as_message

MAX_EMBEDDED = 5
"""Messages inside each other that are read."""

MAX_FILES = 1000
"""Attachments of one winmail.dat that are read."""

_TYPES = frozenset(["application/ms-tnef", "application/vnd.ms-tnef", "application/x-ms-tnef"])
_NAMES = frozenset(["winmail.dat", "win.dat"])
_IN_BASE64 = b"eJ8+I"
_EMBEDDED = 5
_IN_BODY = 4
_INTERFACE = 16
"""Octets in front of an embedded object that say which interface it has."""


@dataclass(slots=True)
class Budget:
    """What all of one message's compressed RTF may become, in octets; reading it is slow."""

    rtf: int = MAX_RTF


@dataclass(frozen=True, slots=True)
class Body:
    """One form of the text."""

    content: bytes
    content_type: str
    charset: str


@dataclass(frozen=True, slots=True)
class Winmail:
    """What was found: the bodies, the best first, and the files."""

    bodies: tuple[Body, ...]
    files: tuple[File, ...]
    defects: tuple[str, ...]


def looks_like_tnef(part: Part, head: bytes) -> bool:
    """By type, name or first octets; `head` is the beginning of the part as it was sent."""
    if part.content_type in _TYPES or head.startswith(SIGNATURE):
        return True
    if head.strip()[:5] == _IN_BASE64 and part.encoding == "base64":
        return True
    name = part.parameters.get("name") or part.disposition.parameters.get("filename") or ""
    return name.lower() in _NAMES


def read_tnef(octets: bytes, budget: Budget | None = None) -> Winmail | None:
    """Everything in it that can be read; None if it is no TNEF. Those of one message share a
    `budget`."""
    if not octets.startswith(SIGNATURE):
        return None
    reading = _Reading(0, budget or Budget())
    for attribute in attributes(octets):
        reading.take(attribute)
    return reading.finish()


@dataclass(slots=True)
class _Attachment:
    data: bytes = b""
    title: bytes = b""
    transport_name: bytes = b""
    properties: Properties = field(default_factory=Properties)


@dataclass(slots=True)
class _Reading:
    level: int
    budget: Budget
    page: int | None = None
    body: bytes = b""
    subject: bytes = b""
    message_class: bytes = b""
    properties: Properties = field(default_factory=Properties)
    attachments: list[_Attachment] = field(default_factory=list)
    defects: dict[str, None] = field(default_factory=dict)

    def take(self, attribute: Attribute) -> None:
        if not attribute.whole:
            self.defects["winmail.dat is cut off"] = None
        if attribute.attachment:
            self.take_attachment(attribute)
        elif attribute.id == Id.OEM_CODEPAGE and len(attribute.data) >= 4:
            (self.page,) = struct.unpack_from("<I", attribute.data)
        elif attribute.id == Id.BODY:
            self.body = attribute.data
        elif attribute.id == Id.SUBJECT:
            self.subject = attribute.data
        elif attribute.id == Id.MESSAGE_CLASS:
            self.message_class = attribute.data
        elif attribute.id == Id.MESSAGE_PROPERTIES:
            self.properties = self.read(attribute.data)

    def take_attachment(self, attribute: Attribute) -> None:
        begins = attribute.id == Id.ATTACH_REND_DATA or not self.attachments
        if begins and len(self.attachments) >= MAX_FILES:
            self.defects[f"only the first {MAX_FILES} files of winmail.dat were read"] = None
            return
        if begins:
            self.attachments.append(_Attachment())
        last = self.attachments[-1]
        if attribute.id == Id.ATTACH_DATA:
            last.data = attribute.data
        elif attribute.id == Id.ATTACH_TITLE:
            last.title = attribute.data
        elif attribute.id == Id.ATTACH_TRANSPORT_FILENAME:
            last.transport_name = attribute.data
        elif attribute.id == Id.ATTACHMENT_PROPERTIES:
            last.properties = self.read(attribute.data)

    def read(self, octets: bytes) -> Properties:
        found = read_properties(octets, self.page)
        if not found.whole:
            self.defects["winmail.dat has properties that cannot be read"] = None
        return found

    def finish(self) -> Winmail:
        bodies = tuple(self.bodies())
        files = [self.file(one, number) for number, one in enumerate(self.attachments, 1)]
        calendar = as_calendar(self.letter(bodies, files))
        if calendar is not None:
            files.append(calendar)
        return Winmail(bodies, tuple(files), tuple(self.defects))

    def bodies(self) -> list[Body]:
        """Plain text and HTML as they are, or what the RTF gives; never the same text twice."""
        found = []
        plain = self.plain()
        if plain is not None and plain.content.strip():
            found.append(plain)
        page = self.html()
        if page.content.strip():
            found.append(page)
        rtf = self.properties.octets(Tag.RTF_COMPRESSED)
        if rtf and not page.content.strip():
            content, whole = decompressed(rtf, self.budget.rtf)
            self.budget.rtf -= len(content)
            read = read_rtf(content)
            if not whole or not read.whole or not read.text.strip():
                self.defects["the RTF text of winmail.dat cannot be read wholly"] = None
            kind = "text/html" if read.is_html else "text/plain"
            if read.text.strip() and (read.is_html or not found):
                found.append(Body(read.text.encode("utf-8", "replace"), kind, "utf-8"))
        return found

    def plain(self) -> Body | None:
        octets = self.properties.octets(Tag.BODY)
        if octets and self.properties.is_unicode(Tag.BODY):
            text = self.properties.text(Tag.BODY)
            return Body(text.encode("utf-8", "replace"), "text/plain", "utf-8")
        octets = (octets or self.body).partition(b"\0")[0]
        return Body(octets, "text/plain", label_of(self.page) or "") if octets else None

    def html(self) -> Body:
        octets = self.properties.octets(Tag.HTML)
        if self.properties.is_unicode(Tag.HTML):
            text = self.properties.text(Tag.HTML)
            return Body(text.encode("utf-8", "replace"), "text/html", "utf-8")
        page = self.properties.number(Tag.INTERNET_CODEPAGE) or self.page
        return Body(octets.rstrip(b"\0"), "text/html", label_of(page) or "")

    def file(self, one: _Attachment, number: int) -> File:
        data = one.properties.octets(Tag.ATTACH_DATA)
        embedded = one.properties.number(Tag.ATTACH_METHOD) == _EMBEDDED
        if embedded or data[_INTERFACE:].startswith(SIGNATURE):
            return self.embedded(data[_INTERFACE:], one.properties.text(Tag.DISPLAY_NAME), number)
        name = self.name(one)
        kind = one.properties.text(Tag.ATTACH_MIME_TAG).lower()
        identifier = one.properties.text(Tag.ATTACH_CONTENT_ID).strip().strip("<>")
        flags = one.properties.number(Tag.ATTACH_FLAGS) or 0
        within = bool(identifier) and bool(flags & _IN_BODY)
        kind = kind if kind.count("/") == 1 and kind.isprintable() else type_of_name(name)
        return File(name, kind, one.data or data, identifier, within)

    def name(self, one: _Attachment) -> str:
        for tag in (Tag.ATTACH_LONG_FILENAME, Tag.ATTACH_FILENAME):
            found = one.properties.text(tag).strip()
            if found:
                return found
        for octets in (one.transport_name, one.title):
            found = decode(octets.partition(b"\0")[0], label_of(self.page)).text.strip()
            if found:
                return found
        return one.properties.text(Tag.DISPLAY_NAME).strip()

    def embedded(self, octets: bytes, title: str, number: int) -> File:
        """A message inside, as the file that it would be elsewhere."""
        if self.level >= MAX_EMBEDDED or not octets.startswith(SIGNATURE):
            self.defects["a message inside winmail.dat was not read"] = None
            return File(title or f"message-{number}.dat", "application/octet-stream", octets)
        reading = _Reading(self.level + 1, self.budget)
        for attribute in attributes(octets):
            reading.take(attribute)
        found = reading.finish()
        self.defects.update(dict.fromkeys(found.defects))
        letter = reading.letter(found.bodies, list(found.files))
        name = letter.subject or title or "message"
        return File(f"{name[:100]}.eml", "message/rfc822", as_message(letter))

    def letter(self, bodies: tuple[Body, ...], files: list[File]) -> Letter:
        """The message as such: from whom, when, about what."""
        said = self.properties
        subject = (
            said.text(Tag.SUBJECT)
            or decode(self.subject.partition(b"\0")[0], label_of(self.page)).text
        )
        address = said.text(Tag.SENDER_SMTP_ADDRESS) or said.text(Tag.SENDER_ADDRESS)
        if "@" not in address:
            address = said.text(Tag.SENT_REPRESENTING_ADDRESS)
        return Letter(
            subject=" ".join(subject.split()),
            name=said.text(Tag.SENDER_NAME) or said.text(Tag.SENT_REPRESENTING_NAME),
            address=address if "@" in address else "",
            date=said.time(Tag.CLIENT_SUBMIT_TIME) or said.time(Tag.DELIVERY_TIME),
            message_id=said.text(Tag.INTERNET_MESSAGE_ID),
            message_class=said.text(Tag.MESSAGE_CLASS)
            or self.message_class.partition(b"\0")[0].decode("latin-1"),
            start=said.time(Tag.APPOINTMENT_START) or said.time(Tag.START_DATE),
            bodies=tuple((one.content, one.content_type, one.charset) for one in bodies),
            files=tuple(files),
        )
