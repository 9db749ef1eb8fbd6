"""What a message is for its reader: one of seven categories, by certain signs before words.

A sign is something that a program wrote on purpose for programs: a report's MIME type, a header
field that says "automatic". Where there is none, the words decide (`digest.category.model`), and
where they say too little, a person is assumed to wait for an answer: that costs a look, the other
mistakes cost a customer.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.bounce import Bounce
from digest.category.concepts import shipped_concepts
from digest.category.features import features
from digest.category.hints import own_subject, shipped_hints
from digest.category.model import shipped_model
from digest.category.reasons import readable
from digest.fields import Fields


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

_AWAY_ENOUGH = 8
_AUTOREPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
_WEAKER_FIELDS = ("x-mail-autoreply", "x-vacation")
_PREFIXES = re.compile(
    r"(?:(?:re|aw|sv|vs|antw|odp|ynt|回复|回覆|答复|答覆|ответ|رد)\s*(?:\[\d+\])?\s*[:：]\s*){1,5}",
    re.IGNORECASE,
)
# How mail programs begin the subject of an automatic answer, in their languages.
_AWAY_SUBJECT = re.compile(
    r"(?:automatic reply|auto ?reply|auto(?:matic)? response|auto|out of (?:the )?office|ooo|oof"
    r"|automatische antwort|abwesenheitsnotiz|réponse automatique|respuesta automática"
    r"|resposta automática|risposta automatica|automatisch antwoord|automatiskt svar|autosvar"
    r"|automatisk svar|automaattinen vastaus|автоматический ответ|автоответ|автоматична відповідь"
    r"|automatyczna odpowiedź|odpowiedź automatyczna|automatická odpově[dď]|automatikus válasz"
    r"|răspuns automat|αυτόματη απάντηση|автоматичен отговор|automatski odgovor"
    r"|otomatik (?:yanıt|cevap)"
    r"|(?:thư )?trả lời tự động|(?:การ)?ตอบกลับอัตโนมัติ|balasan otomatis|balasan automatik"
    r"|स्वचालित उत्तर|(?:ال)?رد (?:ال)?تلقائي|תשובה אוטומטית|מענה אוטומטי|پاسخ خودکار"
    r"|自动回复|自动答复|自動回覆|自動答覆|自動応答|自動返信|자동 회신|자동 응답)\s*[:：]"
    r"|不在のお知らせ|不在通知"
    r"|(?:out of (?:the )?office|abwesenheitsnotiz|自动回复|自動回覆)",
    re.IGNORECASE,
)
_MACHINE_SENDER = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mail-delivery-subsystem)@", re.IGNORECASE
)
# Exchange sends absence notes from here, with the null sender (RFC 3834 §3.3 asks for that).
_EXCHANGE_OUTBOUND = re.compile(
    r"postmaster@[a-z0-9.\-]*\.?outbound\.protection\.outlook\.com\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rules ask about.

    `fields` are the message's own, `types` the content types of all its parts; `mail_from` is the
    envelope's sender ("" is the null sender, None unknown). `reply_text` is `text` without what
    it quotes.
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


def classify(signs: Signs) -> Judgement:
    """The first rule that is certain wins; hard evidence of a report comes before all headers."""
    for rule in (_complaint, _delivery_report, _receipt, _away, _notice):
        found = rule(signs)
        if found is not None:
            return found
    return _by_words(signs)


def _by_words(signs: Signs) -> Judgement:
    found = features(
        own_subject(signs.subject, signs.reply_text), signs.reply_text, shipped_concepts()
    )
    hints = shipped_hints()
    seen = tuple(hints.signs(signs.fields, signs.subject, signs.from_address))
    shut = impossible(signs.mail_from, signs.from_address)
    said = shipped_model().predict(found, shut, hints.moved_by(seen))
    if said.confidence < SURE_ENOUGH:
        return Judgement(Category.TO_REPLY, said.likely[Category.TO_REPLY], ("words-say-little",))
    spoke = tuple(name for name in seen if hints.moves[name].get(said.category, 0) > 0)
    why = (*readable(said.reasons), *spoke)
    return Judgement(Category(said.category), said.confidence, why)


def impossible(mail_from: str | None, from_address: str) -> frozenset[str]:
    """Categories that no words can give: a person who tells of a bounce has an address for
    answers, a mail system has none."""
    is_person = mail_from != "" and not _MACHINE_SENDER.match(from_address)
    return frozenset({Category.BOUNCE.value} if is_person else ())


def _complaint(signs: Signs) -> Judgement | None:
    found = signs.complaint
    if found is None:
        return None
    category = Category.NOTICE if found.action == "notice" else Category.COMPLAINT
    return Judgement(category, found.confidence, found.why)


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


def _away(signs: Signs) -> Judgement | None:
    """Header fields score; one strong one is enough, weak ones add up (RFC 3834)."""
    scores = dict(_away_scores(signs))
    total = sum(scores.values())
    if total < _AWAY_ENOUGH:
        return None
    return Judgement(Category.OOO, min(0.98, 0.7 + total / 40), tuple(scores))


def _away_scores(signs: Signs) -> list[tuple[str, int]]:
    fields = signs.fields
    found = []
    submitted = fields.token("auto-submitted")
    if submitted.startswith("auto-replied"):
        found.append(("auto-submitted-auto-replied", 10))
    elif submitted.startswith(("auto-generated", "auto-notified")):
        found.append(("auto-submitted-auto-generated", 4))
    if fields.token("x-apple-action") == "vacation":
        found.append(("x-apple-action-vacation", 10))
    if fields.token("precedence") == "auto_reply":
        found.append(("precedence-auto-reply", 8))
    found += [
        (name, 8) for name in _AUTOREPLY_FIELDS if fields.token(name) not in ("", "no", "false")
    ]
    found += [(name, 6) for name in _WEAKER_FIELDS if name in fields]
    if fields.token("x-autogenerated") == "reply":
        found.append(("x-autogenerated-reply", 8))
    if fields.token("delivered-to") == "autoresponder":
        found.append(("delivered-to-autoresponder", 8))
    if "x-ms-exchange-inbox-rules-loop" in fields and (
        "mailbox rules agent" in fields.token("x-ms-exchange-generated-message-source")
    ):
        found.append(("exchange-mailbox-rule", 6))
    if signs.mail_from == "" or _EXCHANGE_OUTBOUND.match(signs.mail_from or ""):
        found.append(("null-sender-without-report", 4))
    if _AWAY_SUBJECT.match(signs.subject, _past_prefixes(signs.subject)):
        found.append(("subject-of-an-automatic-answer", 8))
    if not found or _is_machine(signs):
        return []
    return found


def _past_prefixes(subject: str) -> int:
    """Where the subject begins after "Re:" and its kin."""
    prefixes = _PREFIXES.match(subject)
    return prefixes.end() if prefixes else 0


def _is_machine(signs: Signs) -> bool:
    """A mailer itself is never away; only Exchange signs absence notes as postmaster."""
    return bool(_MACHINE_SENDER.match(signs.from_address)) and not _EXCHANGE_OUTBOUND.match(
        signs.from_address
    )


def _notice(signs: Signs) -> Judgement | None:
    fields = signs.fields
    if fields.token("auto-submitted").startswith(("auto-generated", "auto-notified")):
        return Judgement(Category.NOTICE, 0.9, ("auto-submitted-auto-generated",))
    if "list-id" in fields and fields.token("precedence") in ("bulk", "list", "junk"):
        return Judgement(Category.NOTICE, 0.85, ("list-id", "precedence-bulk"))
    return None
