"""One message in, everything that is known of what it is about out.

`digest_message` is the whole story; the rooms' other modules each know one thing of it. It never
raises: what cannot be read becomes a defect, and even a bug of ours costs this message's digest
only, never the message or the next one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest.attachments import AttachmentFacts, facts_of, html_of, html_source
from digest.automatic.judge import is_receipt
from digest.away.read import Away, read_away
from digest.away.sent import sent_at
from digest.blank import Seen, why_blank
from digest.body import MAX_TEXT, Layout, Reader, lay_out
from digest.bounce import (
    Bounce,
    Letter,
    read_complaint,
    read_report,
    read_told_complaint,
    read_told_failure,
)
from digest.calendar import Calendar, read_calendar
from digest.campaign import claim_of, read_clues
from digest.charset.effort import TOLD, bounded, effort
from digest.classify import Category, Judgement, Signs, classify
from digest.confirmation import Confirmation, Request, read_confirmation
from digest.dates import read_date
from digest.fields import one_line
from digest.forward.inside import signs_inside
from digest.forward.read import read_forward
from digest.forward.rules import Prefix, prefix_of
from digest.forward.value import Forward, Mail, is_machine
from digest.headline import NO_HEADLINE, Headline, read_headline
from digest.hints import charset_hints
from digest.lineage import lineage_of
from digest.mime import Tree, read_tree
from digest.mojibake.mend import told_together
from digest.people import MANY, Person, read_people
from digest.plain import rough_text, text_of
from digest.words import decode_words
from digest.written.page import marked, unmarked
from digest.written.reply import reply_text
from mail.campaign import Campaign
from mail.lineage import NO_LINEAGE, Lineage
from mail.raw import RawMessage

VERSION = 4
"""Counts up when digests or lineages tell more than before: then all messages are read anew."""

_LOG = logging.getLogger("postern.digest")
_LONGEST_SUBJECT = 4000
_PICTURES = 100 * 1024
"""Octets of pictures that are put into the digest's HTML: logos, not photographs."""
_DEEPEST = 2
"""Messages inside each other that are read to tell what a forward is about."""
_UNREADABLE = "our reader failed on this message; its bytes are kept"


@dataclass(frozen=True, slots=True)
class Digest:
    """What a message is about, in the contract's words; absent things are None or empty.

    `lineage` stands beside that: the store makes conversations of it.
    """

    category: Category = Category.TO_REPLY
    confidence: float = 0.0
    why: tuple[str, ...] = ()
    subject: str | None = None
    author: Person | None = None
    to: tuple[Person, ...] = ()
    date: datetime | None = None
    message_id: str | None = None
    text: str = ""
    reply_text: str = ""
    html: str | None = None
    attachments: tuple[AttachmentFacts, ...] = ()
    charset_notes: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    calendar: Calendar | None = None
    blank: str | None = None
    repair: str | None = None
    """By what wrong readings the subject, the text or a name had been garbled; they are shown
    repaired."""
    away: Away | None = None
    bounce: Bounce | None = None
    forward: Forward | None = None
    confirmation: Confirmation | None = None
    campaign: Campaign | None = None
    lineage: Lineage = NO_LINEAGE

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values with every key of the contract."""
        return {
            "category": self.category.value,
            "confidence": round(self.confidence, 3),
            "why": list(self.why),
            "subject": self.subject,
            "from": self.author.as_json() if self.author else None,
            "to": [person.as_json() for person in self.to],
            "date": self.date.isoformat() if self.date else None,
            "message_id": self.message_id,
            "text": self.text,
            "reply_text": self.reply_text,
            "html": self.html,
            "attachments": [one.as_json() for one in self.attachments],
            "charset_notes": list(self.charset_notes),
            "defects": list(self.defects),
            "calendar": self.calendar.as_json() if self.calendar else None,
            "blank": self.blank,
            "repair": self.repair,
            "away": self.away.as_json() if self.away else None,
            "bounce": self.bounce.as_json() if self.bounce else None,
            "forward": self.forward.as_json() if self.forward else None,
            "confirmation": self.confirmation.as_json() if self.confirmation else None,
            "campaign": self.campaign.as_json() if self.campaign else None,
        }


def digest_message(
    raw: RawMessage,
    mail_from: str | None,
    rcpt: Sequence[str] | None,
    *,
    repair: bool = True,
) -> Digest:
    """Everything that `raw` says, whatever its bytes are. Never raises.

    `mail_from` is the envelope's sender ("" for the null sender) and `rcpt` its recipients; None
    where the envelope is not known. Recipients tell of the campaign that is answered. Without
    `repair`, text that was garbled on its way is given as it came.
    """
    try:
        return read_message(raw, mail_from, rcpt, repair=repair)
    except Exception:
        _LOG.exception("digest failed sha256=%s size=%d", raw.sha256, raw.size)
        return unreadable(_UNREADABLE, read_headline(raw))


def read_message(
    raw: RawMessage,
    mail_from: str | None,
    rcpt: Sequence[str] | None,
    *,
    repair: bool = True,
) -> Digest:
    """The same for who has a process to lose: raises what goes wrong, which is a fault of ours."""
    with raw.buffer() as buffer, bounded():
        reading = _Reading(read_tree(raw, buffer), mail_from, rcpt)
        reading.reader.repair = repair
        return reading.run()


def unreadable(why: str = _UNREADABLE, headline: Headline = NO_HEADLINE) -> Digest:
    """What is said of a message that broke our reader: that it did, and its headline."""
    return Digest(
        why=("unreadable",),
        subject=headline.subject,
        author=headline.author,
        date=headline.date,
        message_id=headline.message_id,
        defects=(why,),
        lineage=headline.lineage,
    )


def _passed_on(inner: Digest) -> Judgement:
    """What is said of a forward: the same as of the message inside."""
    return Judgement(inner.category, inner.confidence, ("forwarded", *inner.why))


def _returned(letter: Letter, category: Category, told: Bounce | None) -> Bounce | None:
    """What came back, where the message is about that."""
    if category is Category.COMPLAINT:
        return told or read_told_complaint(letter)
    if category is Category.BOUNCE:
        return told or read_told_failure(letter)
    return None


def _is_of_a_mailer(forward: Forward | None) -> bool:
    """Whether what stands in the text of a forward was written by a mail system."""
    if forward is None or forward.inside is None or not forward.inside.text.strip():
        return False
    return forward.original_sender is None or is_machine(forward.original_sender)


def _letter_inside(letter: Letter, forward: Forward | None) -> Letter:
    """The letter that a forward has in its text, which nobody's envelope is known of; else it."""
    inside = forward.inside if forward else None
    if forward is None or inside is None or not inside.text.strip():
        return letter
    return replace(
        letter,
        subject=inside.subject,
        from_address=forward.original_sender or "",
        from_name="",
        mail_from="",
        text=inside.text,
    )


class _Reading:
    """One message's tree while its digest is made."""

    def __init__(
        self, tree: Tree, mail_from: str | None, rcpt: Sequence[str] | None, depth: int = 0
    ) -> None:
        self.tree = tree
        self.depth = depth
        self.mail_from = mail_from
        self.rcpt = rcpt
        self.hints = charset_hints(tree)
        self.reader = Reader(tree, self.hints)
        self.reader.defects.update(
            dict.fromkeys(sorted(defect.value for defect in tree.message.defects))
        )
        self.reader.defects.update(dict.fromkeys(tree.defects))

    def run(self) -> Digest:
        """Read the header, then the body, then judge."""
        tree, reader = self.tree, self.reader
        layout = lay_out(tree)
        subject, to = self._subject(), self._people("to")
        author = next(iter(self._people("from")), None)
        source = html_source(layout, reader)
        page = None if source is None else marked(source)
        html = html_of(tree, page, reader, _PICTURES)
        text = self._text(layout, source, html)
        attachments = tuple(facts_of(tree, layout, reader, source or ""))
        names = tuple(one.name for one in attachments)
        address = (author.address if author else None) or ""
        name = (author.name if author else None) or ""
        is_answer = prefix_of(subject or "")[0] is Prefix.REPLY
        written = reply_text(text, f"{name} {address}", is_answer=is_answer, page=page)
        text, html = unmarked(text), None if html is None else unmarked(html)
        letter = Letter(tree, subject or "", address, name, self.mail_from, text)
        report, complaint = read_report(letter), read_complaint(letter)
        lineage = lineage_of(tree.root.fields, subject, self.hints)
        forward = None
        if not (report or complaint):
            forward = self._forward(subject, author, lineage, text, source, written)
        calendar = self._calendar(layout)
        confirmation = (
            None if report or complaint else self._confirmation(subject, text, source, to)
        )
        inner, judged_by = None if report or complaint else self._inside(forward), forward
        told = inner.bounce if inner else None
        if _is_of_a_mailer(forward):
            told = report = read_report(_letter_inside(letter, forward))
        if forward and self._is_about_us(told, address, to):
            inner = report = judged_by = None
        signs = Signs(
            tree.root.fields,
            self.types,
            subject or "",
            address,
            self.mail_from,
            text,
            written,
            report,
            complaint,
            (calendar.method if calendar else None) or "",
        )
        judged = _passed_on(inner) if inner else classify(signs_inside(signs, judged_by))
        if confirmation is not None:
            judged = Judgement(Category.NOTICE, 0.98, (f"confirmation-{confirmation.provider}",))
        told = complaint or report or (inner.bounce if inner else None)
        told = _returned(_letter_inside(letter, judged_by), judged.category, told)
        if effort().spent:
            reader.defects[TOLD] = None
        clues = read_clues(tree, self.rcpt, text, told.original_message_id if told else None)
        return Digest(
            category=judged.category,
            confidence=judged.confidence,
            why=judged.why,
            subject=subject,
            author=author,
            to=to,
            date=self._date(),
            message_id=self._message_id(),
            text=text,
            reply_text=written,
            html=html,
            attachments=attachments,
            charset_notes=tuple(reader.notes),
            defects=tuple(reader.defects),
            calendar=calendar,
            blank=why_blank(Seen(tree, source or "", text, names)),
            away=None if forward and forward.inside else self._away(judged, written, address, to),
            repair=told_together(reader.repairs),
            bounce=told,
            forward=replace(forward, inside=None) if forward else None,
            confirmation=confirmation,
            campaign=claim_of(clues, self.rcpt, told.recipient if told else None),
            lineage=replace(lineage, clues=clues),
        )

    def _confirmation(
        self, subject: str | None, text: str, source: str | None, to: tuple[Person, ...]
    ) -> Confirmation | None:
        """What a provider asks us to confirm, as far as the message says who it is from."""
        ours = (*(self.rcpt or ()), *(one.address for one in to if one.address))
        authors = tuple(one.address or "" for one in self._people("from"))
        return read_confirmation(Request(authors, subject or "", text, source or "", ours))

    def _away(
        self, judged: Judgement, written: str, address: str, to: tuple[Person, ...]
    ) -> Away | None:
        """What an automatic answer says of somebody's absence; a mere receipt says nothing."""
        if judged.category is not Category.OOO:
            return None
        subject = self.tree.root.fields.words("subject", self.hints)
        ours = [one.address for one in to if one.address]
        sent = sent_at(self.tree.root.fields)
        found = read_away(subject.text if subject else "", written, sent, address, ours)
        return found or (None if is_receipt(written) else Away())

    def _forward(
        self,
        subject: str | None,
        author: Person | None,
        lineage: Lineage,
        text: str,
        source: str | None,
        written: str,
    ) -> Forward | None:
        mail = Mail(
            fields=self.tree.root.fields,
            subject=subject or "",
            author=author,
            message_id=self._message_id(),
            references=lineage.references,
            text=text,
            page=source,
            mail_from=self.mail_from,
            rcpt=tuple(self.rcpt or ()),
            types=self.types,
        )
        return read_forward(mail, self.tree, written)

    def _is_about_us(self, told: Bounce | None, author: str, to: Sequence[Person]) -> bool:
        """Whether a stranger shows us a report on mail that did not reach us: then nothing of ours
        came back, and somebody waits for an answer."""
        ours = {one.rpartition("@")[2].lower() for one in self.rcpt or ()}
        ours |= {(one.address or "").rpartition("@")[2].lower() for one in to}
        failed = (told.recipient or "") if told else ""
        domains = [one.rpartition("@")[2].lower() for one in (failed, author)]
        return bool(domains[0]) and domains[0] in ours and domains[1] not in ours

    def _inside(self, forward: Forward | None) -> Digest | None:
        """The digest of an attached message: a forward carries the category of what is inside."""
        octets = forward.inside.octets if forward and forward.inside else None
        if octets is None or self.depth >= _DEEPEST:
            return None
        raw = RawMessage.in_memory(octets)
        with raw.buffer() as buffer:
            return _Reading(read_tree(raw, buffer), None, None, self.depth + 1).run()

    @property
    def types(self) -> frozenset[str]:
        """The content types of all parts."""
        return frozenset(part.content_type for part in self.tree.parts)

    def _subject(self) -> str | None:
        value = self.tree.root.fields.first("subject")
        if value is None:
            return None
        words = decode_words(value, self.hints)
        self._note("subject", words.notes)
        text = one_line(self.reader.mended(words.text))
        if len(text) > _LONGEST_SUBJECT:
            self.reader.defects[f"the subject was cut at {_LONGEST_SUBJECT} characters"] = None
        return text[:_LONGEST_SUBJECT]

    def _people(self, name: str) -> tuple[Person, ...]:
        people: list[Person] = []
        for value in self.tree.root.fields.all(name):
            found, cut = read_people(value, self.hints, self.reader.mended)
            people += found
            if cut or len(people) > MANY:
                self.reader.defects[f"only the first {MANY} people of {name} were read"] = None
                break
        return tuple(people[:MANY])

    def _note(self, where: str, notes: tuple[str, ...]) -> None:
        for note in notes:
            self.reader.notes[f"{where}: {note}"] = None

    def _date(self) -> datetime | None:
        value = self.tree.root.fields.first("date")
        if value is None:
            return None
        date = read_date(value)
        if date is None:
            self.reader.defects["the date cannot be read"] = None
        return date

    def _message_id(self) -> str | None:
        found = self.tree.message.message_id
        return one_line(found) or None if found else None

    def _text(self, layout: Layout, source: str | None, html: str | None) -> str:
        """Plain text where every passage has some; else what the HTML shows."""
        texts = [
            "\n".join(self.reader.read(passage.plain, MAX_TEXT)) for passage in layout.passages
        ]
        lacking = any(
            passage.html and not text.strip()
            for passage, text in zip(layout.passages, texts, strict=True)
        )
        if html is not None and lacking:
            text = text_of(html)
        elif source is not None and lacking:
            text = rough_text(source)
        else:
            text = "\n".join(texts)
        return text[:MAX_TEXT].rstrip()

    def _calendar(self, layout: Layout) -> Calendar | None:
        if layout.calendar is None:
            return None
        return read_calendar(
            self.reader.text(layout.calendar), layout.calendar.parameters.get("method")
        )
