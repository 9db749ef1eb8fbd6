"""What a message is for its reader: one of seven categories, by certain signs before words.

A sign is something that a program wrote on purpose for programs: a report's MIME type, a header
field that says "automatic". Where there is none, the words decide (`digest.category.model`), and
where they say too little, a person is assumed to wait for an answer: that costs a look, the other
mistakes cost a customer.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.automatic.judge import (
    answers_an_automatic_answer,
    is_brief_and_bare,
    is_of_a_machine,
    is_personal,
    lacks_a_reason,
    read_automatic,
    tells_a_decision,
)
from digest.automatic.notices import (
    Letterhead,
    cites_a_machine,
    quotes_a_machine,
    read_notice,
    tells_status,
)
from digest.automatic.tickets import read_ticket
from digest.bounce import Bounce, is_answer
from digest.bounce.abuse import is_about_mail, is_of_an_abuse_desk, signs_of_abuse
from digest.category.concepts import shipped_concepts
from digest.category.features import Features, features, is_mere_courtesy, is_unknown_word
from digest.category.hints import Moves, own_subject, shipped_hints
from digest.category.model import Prediction, shipped_model
from digest.category.reasons import readable
from digest.fields import Fields
from digest.lineage import base_subject
from digest.written.block import read_block
from digest.written.lines import lines_of
from digest.written.separator import separator


class Category(StrEnum):
    """The seven categories."""

    TO_REPLY = "to_reply"
    """A person wrote, and waits for an answer."""
    INQUIRY = "inquiry"
    """Somebody wants to buy or to know more."""
    REJECTION = "rejection"
    """Somebody says no, or wants no more mail."""
    OOO = "ooo"
    """An automatic answer: away, on holiday, a ticket was opened."""
    BOUNCE = "bounce"
    """Mail of ours could not be delivered."""
    COMPLAINT = "complaint"
    """Mail of ours was reported as abuse."""
    NOTICE = "notice"
    """Other mail by machines: lists, receipts, confirmations."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A category, how sure we are of it (0 to 1), and the names of the rules that say so."""

    category: Category
    confidence: float
    why: tuple[str, ...]


SURE_ENOUGH = 0.4
"""Below it the words say too little, and a person is assumed to wait for an answer."""

SURE_OF_A_MACHINE = 0.6
"""The same for mail of machines, at which nobody may look: a person is not to lie there."""

_A_LITTLE = 0.01
"""How sure we are at least of what we say."""

SURE_OF_A_NO = 0.9
"""The same for a no in a word or two that no list of ours has, or in a subject alone."""

SURE_OF_AN_ANSWER = 0.85
"""The same for an answer of a program that says of itself that it answers nothing."""

_MACHINE_SENDER = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mail-delivery-subsystem"
    r"|microsoftexchange[0-9a-f]{20,40})@",
    re.IGNORECASE,
)
_OF_PERSONS = frozenset(
    one.value for one in (Category.INQUIRY, Category.REJECTION, Category.COMPLAINT)
)
_HEAD_OF_A_LETTER = 2000
_LONGEST_REQUEST = 300
_UNSUBSCRIBE = re.compile(
    r"(?:list-)?unsubscribe(?: me| request)?(?:[\s:#(\[<]{1,3}(?=\S{0,200}[\d@=])\S{1,300})?\s*\Z",
    re.IGNORECASE,
)
_NOT_OF_PROGRAMS = frozenset(Category) - {Category.OOO, Category.NOTICE}
_NOT_OF_AGENTS = frozenset(Category) - {Category.TO_REPLY, Category.INQUIRY, Category.REJECTION}
_OF_PROGRAMS = ("auto-generated", "auto-notified")
# Exchange sends absence notes from here, with the null sender (RFC 3834 §3.3 asks for that).
_EXCHANGE_OUTBOUND = re.compile(
    r"postmaster@[a-z0-9.\-]*\.?outbound\.protection\.outlook\.com\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rules ask about.

    `fields` are the message's own, `types` the content types of all its parts; `mail_from` is the
    envelope's sender ("" is the null sender, None unknown). `reply_text` is `text` without what
    it quotes. `calendar_method` is that of an invitation, or "".
    """

    fields: Fields
    types: frozenset[str]
    subject: str
    from_address: str
    mail_from: str | None
    text: str
    reply_text: str
    report: Bounce | None
    complaint: Bounce | None
    calendar_method: str = ""


def classify(signs: Signs) -> Judgement:
    """The first rule that is certain wins; hard evidence of a report comes before all headers."""
    of_reports = (_complaint, _delivery_report, _receipt, _abuse_desk)
    for rule in (*of_reports, _leaving, _ticket, _away, _generated_answer, _notice):
        found = rule(signs)
        if found is not None:
            return found
    return _by_words(signs)


def _by_words(signs: Signs) -> Judgement:
    found, hints = _features(signs), shipped_hints()
    seen = tuple(hints.signs(signs.fields, signs.subject, signs.from_address))
    said = _predict(signs, found, hints.moved_by(seen))
    if said.category == Category.OOO.value and _is_typed_above(signs):
        return Judgement(Category.TO_REPLY, SURE_ENOUGH, ("brief-answer-above-a-letter",))
    category = told_by(said, found)
    of_abuse = _of_abuse(signs, found, category)
    if of_abuse is not None:
        return of_abuse
    is_silent = category is Category.REJECTION and not signs.reply_text.strip()
    if category is None or (is_silent and said.confidence < SURE_OF_A_NO):
        sure = max(said.likely[Category.TO_REPLY], _A_LITTLE)
        return Judgement(Category.TO_REPLY, sure, ("words-say-little",))
    spoke = tuple(name for name in seen if hints.moves[name].get(category, 0) > 0)
    why = (*readable(said.reasons), *spoke)
    return Judgement(category, said.confidence, why)


def _predict(signs: Signs, found: Features, moves: Moves) -> Prediction:
    """What the words say, without what they cannot say in this message."""
    shut = impossible(signs.mail_from, signs.from_address)
    if is_personal(signs.reply_text) or answers_an_automatic_answer(signs.subject):
        shut |= {Category.OOO.value}
    if quotes_a_machine(signs.reply_text) or _decides(signs):
        shut |= {Category.NOTICE.value}
    if _begins_with_a_letter(signs) or cites_a_machine(signs.reply_text):
        shut |= {Category.NOTICE.value, Category.OOO.value}
    if is_answer(signs.subject) and not _has_null_sender(signs):
        shut |= {Category.BOUNCE.value}
    said = shipped_model().predict(found, shut, moves)
    if said.category == Category.OOO.value and _speaks_against_ooo(signs):
        return shipped_model().predict(found, shut | {Category.OOO.value}, moves)
    return said


def _decides(signs: Signs) -> bool:
    """Whether a letter of ours was answered with a decision, which is no news of an order."""
    return tells_a_decision(signs.reply_text) and not tells_status(signs.subject, signs.reply_text)


def _begins_with_a_letter(signs: Signs) -> bool:
    """Whether somebody answers with nothing above our letter: its words then stand among theirs."""
    if not base_subject(signs.subject)[1]:
        return False
    lines = lines_of(signs.text[:_HEAD_OF_A_LETTER])
    first = lines.after_empty(0)
    if first == len(lines.bare):
        return False
    return separator(lines.bare[first]) is not None or read_block(lines, first) is not None


def _of_abuse(signs: Signs, found: Features, category: Category | None) -> Judgement | None:
    """Customers complain of goods, and an abuse desk's letter has the words of people who want no
    more mail: there the signs of abuse decide, not the words."""
    if category is Category.COMPLAINT:
        if not is_about_mail(_signs_of_abuse(signs, found)):
            return Judgement(Category.TO_REPLY, SURE_ENOUGH, ("complains-of-no-mail",))
    elif category is Category.REJECTION:
        abuse = _signs_of_abuse(signs, found)
        if is_of_an_abuse_desk(abuse, by_a_program=False):
            return _reported(abuse)
    return None


def _features(signs: Signs) -> Features:
    subject = own_subject(signs.subject, signs.reply_text)
    return features(subject, signs.reply_text, shipped_concepts())


def _signs_of_abuse(signs: Signs, found: Features) -> frozenset[str]:
    return signs_of_abuse(signs.subject, signs.reply_text, signs.from_address, found.concepts)


def _speaks_against_ooo(signs: Signs) -> bool:
    """Whether it is mail of a shop, or a letter in which nothing makes an automatic answer."""
    return tells_status(signs.subject, signs.reply_text) or lacks_a_reason(signs.reply_text)


def _is_typed_above(signs: Signs) -> bool:
    """Whether it is what people type above a letter that they answer; few programs quote one."""
    if not is_brief_and_bare(signs.reply_text):
        return False
    if "in-reply-to" not in signs.fields and not base_subject(signs.subject)[1]:
        return False
    lines = signs.text[:_HEAD_OF_A_LETTER].splitlines()
    return any(one.startswith(">") or separator(one) is not None for one in lines)


def told_by(said: Prediction, found: Features) -> Category | None:
    """The category that words with these features say; None where they say too little.

    Most texts of a word are a no, and so would be each that the model does not know: a greeting,
    thanks, nothing but pictures.
    """
    category = Category(said.category)
    if category is Category.REJECTION and is_mere_courtesy(found):
        return None
    return category if said.confidence >= _sure_enough(category, found) else None


def _sure_enough(category: Category, found: Features) -> float:
    if category is Category.REJECTION and is_unknown_word(found):
        return SURE_OF_A_NO
    return SURE_OF_A_MACHINE if category in (Category.NOTICE, Category.OOO) else SURE_ENOUGH


def impossible(mail_from: str | None, from_address: str) -> frozenset[str]:
    """Categories that no words can give: a person who tells of a bounce has an address for
    answers, a mail system has none, and wants nothing of us."""
    is_person = mail_from != "" and not _MACHINE_SENDER.match(from_address)
    is_person = is_person or bool(mail_from and from_address.lower().startswith("postmaster@"))
    if is_person:
        return frozenset({Category.BOUNCE.value})
    return _OF_PERSONS if mail_from == "" else frozenset()


def _complaint(signs: Signs) -> Judgement | None:
    found = signs.complaint
    if found is None:
        return None
    category = Category.NOTICE if found.action == "notice" else Category.COMPLAINT
    return Judgement(category, found.confidence, found.why)


def _abuse_desk(signs: Signs) -> Judgement | None:
    """What an abuse desk, a hotline or a provider's form tells in prose, where its header would
    make a notice of it: programs of theirs send it."""
    if not _is_generated(signs):
        return None
    found = _signs_of_abuse(signs, _features(signs))
    return _reported(found) if is_of_an_abuse_desk(found, by_a_program=True) else None


def _reported(abuse: frozenset[str]) -> Judgement:
    return Judgement(Category.COMPLAINT, 0.9, tuple(sorted(abuse)))


def _delivery_report(signs: Signs) -> Judgement | None:
    found = signs.report
    if found is None:
        return None
    is_failure = found.action in ("failed", "delayed")
    category = Category.BOUNCE if is_failure else Category.NOTICE
    return Judgement(category, found.confidence, found.why)


def _receipt(signs: Signs) -> Judgement | None:
    """A read receipt (RFC 8098) is neither a bounce nor an absence."""
    if "message/disposition-notification" in signs.types:
        return Judgement(Category.NOTICE, 0.97, ("mdn-receipt",))
    return None


def _ticket(signs: Signs) -> Judgement | None:
    """What a system for tickets sends: the answer of a person who works with it is that person's
    letter, what became of the ticket is a notice, and a receipt an automatic answer."""
    if _is_machine(signs):
        return None
    found = read_ticket(signs.fields, signs.subject, signs.reply_text, signs.from_address)
    if found is None:
        return None
    if found.is_receipt:
        is_other = tells_status(signs.subject, signs.reply_text)
        return None if is_other else Judgement(Category.OOO, 0.9, ("receipt-of-a-ticket",))
    if not found.answer:
        return Judgement(Category.NOTICE, 0.9, ("ticket-without-an-answer",))
    if signs.mail_from == "" and signs.fields.token("auto-submitted").startswith("auto-replied"):
        return None  # people's answers have a sender in the envelope
    words = features("", found.answer, shipped_concepts())
    said = shipped_model().predict(words, _NOT_OF_AGENTS, {})
    if said.category == Category.REJECTION.value and said.confidence >= SURE_OF_A_NO:
        return Judgement(Category.REJECTION, said.confidence, readable(said.reasons))
    sure = max(said.likely[Category.TO_REPLY], SURE_ENOUGH)
    return Judgement(Category.TO_REPLY, sure, ("answer-through-a-ticket",))


def _leaving(signs: Signs) -> Judgement | None:
    """What a mail program sends to the address of List-Unsubscribe (RFC 2369 §3.2) where its user
    asked it to: some call that an automatic answer, and write that they do."""
    text = signs.reply_text
    if len(text) > _LONGEST_REQUEST or "?" in text or not _UNSUBSCRIBE.match(signs.subject):
        return None
    return Judgement(Category.REJECTION, 0.95, ("unsubscribe-request",))


def _away(signs: Signs) -> Judgement | None:
    """An automatic answer: absence notes and what ticket systems send at once (RFC 3834)."""
    if _is_machine(signs):
        return None
    found = read_automatic(
        signs.fields, signs.subject, signs.reply_text, is_null_sender=_has_null_sender(signs)
    )
    if found is None or (not found.is_plain and tells_status(signs.subject, signs.reply_text)):
        return None
    return Judgement(Category.OOO, found.confidence, tuple(name for name, _ in found.signs))


def _generated_answer(signs: Signs) -> Judgement | None:
    """A receipt or a closed office of which a program says that it answers nothing, where words
    leave no doubt. "This mail is automatic" is half of such a note, and below every notice; and
    programs write of holidays too, because somebody books or grants them."""
    if not _is_generated(signs) or _is_machine(signs) or "list-unsubscribe" in signs.fields:
        return None
    text = signs.reply_text
    if not text.strip() or is_of_a_machine(text) or tells_status(signs.subject, text):
        return None
    found = _features(signs)
    if "#closed" not in found.concepts and not _is_of_a_ticket(found):
        return None
    said = shipped_model().predict(found, _NOT_OF_PROGRAMS, {})
    if said.category != Category.OOO.value or said.confidence < SURE_OF_AN_ANSWER:
        return None
    return Judgement(Category.OOO, said.confidence, readable(said.reasons))


def _is_of_a_ticket(found: Features) -> bool:
    return "#ticket" in found.concepts and "#vacation" not in found.concepts


def _is_generated(signs: Signs) -> bool:
    return signs.fields.token("auto-submitted").startswith(_OF_PROGRAMS)


def _has_null_sender(signs: Signs) -> bool:
    """Whether nobody may answer it; Exchange writes such mail under a name of its own."""
    return signs.mail_from == "" or bool(_EXCHANGE_OUTBOUND.match(signs.mail_from or ""))


def _is_machine(signs: Signs) -> bool:
    """A mailer itself is never away; only Exchange signs absence notes as postmaster."""
    return bool(_MACHINE_SENDER.match(signs.from_address)) and not _EXCHANGE_OUTBOUND.match(
        signs.from_address
    )


def _notice(signs: Signs) -> Judgement | None:
    """Other mail of machines, where header fields and sender leave no doubt."""
    letter = Letterhead(
        signs.fields,
        signs.subject,
        signs.from_address,
        signs.reply_text,
        signs.calendar_method,
    )
    found = read_notice(letter)
    if found is None:
        return None
    confidence = min(0.97, 0.7 + sum(points for _, points in found) / 50)
    return Judgement(Category.NOTICE, confidence, tuple(name for name, _ in found))
