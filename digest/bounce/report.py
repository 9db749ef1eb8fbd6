"""A delivery report of any shape as one `Bounce`: fields of RFC 3464 first, prose for the rest."""

import re
from collections.abc import Iterator, Sequence

from digest.bounce.certified import is_envelope, read_certified
from digest.bounce.delivery_status import DeliveryStatus, Recipient, read_delivery_status
from digest.bounce.entries import Entry, failed_entry, read_entries
from digest.bounce.events import read_event
from digest.bounce.kinds import meaning_of, reply_code, status_of
from digest.bounce.letter import (
    LOOKED_AT,
    Letter,
    address_in,
    addresses_in,
    hidden_message_id,
    message_id_in,
    original_fields,
    original_part,
    text_of,
)
from digest.bounce.prose import Prose, failed_recipient, last_message_id, read_prose, refusal
from digest.bounce.recognise import (
    BY_A_LIST,
    Recognised,
    Sort,
    is_challenge,
    is_mailer,
    is_structured_report,
    may_be_report,
    recognise,
    sort_of,
)
from digest.bounce.rules import LONGEST, STATUS
from digest.bounce.signs import complaint_signs
from digest.bounce.values import Bounce, Failure
from digest.fields import Fields
from digest.mime import read_tree
from mail.campaign import read_tag
from mail.raw import RawMessage

_SUCCESS = ("delivered", "relayed", "expanded")
_NO_FIELDS = Fields(())
_HEADER = 8192
# A local part may have hyphens and signs of addition of its own: it begins behind the last number
# ("b-12-mary-ann="), or there is one sign alone ("bounce-li=").
_VERP = re.compile(
    r"(?:(?:[^=@]{1,64}[-+])?\d{1,20}[-+]([^\d=@][^=@]{0,63})|[^-+=@]{1,64}[-+]([^-+=@]{1,64}))"
    r"=([^=@]{1,190}\.[^=@.]{1,63})@[^@]{1,255}"
)
_MOST_OTHERS = 100
"""Recipients of one report that are told beside the first."""
_OF_A_LIST = re.compile(r"(?i)-(?:bounces|owner|request)(?=@)|\A(?:owner|bounces)-")


def read_report(letter: Letter) -> Bounce | None:
    """What a mail system says of mail of ours, or None. `action` tells failures from delays,
    successes and notices to a mailbox's owner."""
    if complaint_signs().notice_subject.match(letter.subject):
        return _notice("authentication-report")
    if is_challenge(letter):
        return _notice("challenge-to-a-sender", confidence=0.9)
    event = read_event(letter)
    if event is not None:
        return None if event.action == "complaint" else event
    if certified := read_certified(letter):
        return certified
    if is_envelope(letter):
        return _wrapped(letter)
    status = read_delivery_status(letter.tree, letter.text) if _is_worth_it(letter) else None
    if status is not None and is_structured_report(letter, status):
        return _from_fields(letter, status)
    if not may_be_report(letter):
        return None
    prose = read_prose(letter.text)
    found = recognise(letter, prose)
    if found is None:
        return None
    return (_wrapped(letter) if is_mailer(letter) else None) or _from_prose(letter, prose, found)


def read_told_failure(letter: Letter) -> Bounce | None:
    """What a mail system says, where only its words as a whole told that it is about a failure."""
    if not may_be_report(letter):
        return None
    prose = read_prose(letter.text)
    return _from_prose(letter, prose, Recognised(sort_of(letter, prose), (), 0.5))


def _wrapped(letter: Letter) -> Bounce | None:
    """The report that a gateway put whole into a message of its own, as it adds its disclaimer."""
    part = original_part(letter.tree)
    octets = letter.tree.content(part, LOOKED_AT)[0].lstrip() if part is not None else b""
    if b"delivery-status" not in octets[:_HEADER].lower():
        return None
    raw = RawMessage.in_memory(octets)
    with raw.buffer() as buffer:
        tree = read_tree(raw, buffer)
        status = read_delivery_status(tree, "")
        if status is None or not status.is_part:
            return None
        return _from_fields(Letter(tree, "", "", "", "", ""), status)


def _is_worth_it(letter: Letter) -> bool:
    return may_be_report(letter) or any("delivery-status" in one for one in letter.types)


def _notice(why: str, action: str = "notice", confidence: float = 0.95) -> Bounce:
    return Bounce(None, None, None, None, None, None, None, action, (why,), confidence)


def _from_fields(letter: Letter, report: DeliveryStatus) -> Bounce:
    one = report.chosen(_failed(letter) or "")
    if one.action in _SUCCESS:
        return _notice(f"dsn-{one.action}", one.action, 0.97)
    prose = read_prose(letter.text)
    original = original_fields(letter.tree) or _NO_FIELDS
    recipient = _failed(letter) or one.original or one.final
    if not recipient:
        recipient = _told_recipient(letter, prose, original) or ""
    diagnostic = one.diagnostic or refusal(_said_of(letter, prose, recipient), recipient or None)
    status = status_of(one.status, diagnostic)
    meaning = meaning_of(
        status, diagnostic, "" if one.diagnostic else prose.said, told=f"{diagnostic}\n{prose.said}"
    )
    return Bounce(
        kind=meaning.kind,
        permanent=one.action == "failed",
        recipient=recipient or None,
        status=status,
        diagnostic=_clean(diagnostic),
        original_message_id=_original_id(letter, original, prose, report.message_id),
        reporter=report.reporter or _reporter(letter, prose),
        action=one.action,
        why=(_rule(report, one), *meaning.why),
        confidence=0.99,
        others=tuple(_others(report.others(one), recipient)),
    )


def _others(rest: Sequence[Recipient], told: str) -> Iterator[Failure]:
    """The rest of whom a report says the same as of the one that is told, each once."""
    seen = {told.lower()}
    for one in rest[:_MOST_OTHERS]:
        recipient = one.original or one.final
        if recipient and recipient.lower() not in seen:
            seen.add(recipient.lower())
            status = status_of(one.status, one.diagnostic)
            kind = meaning_of(status, one.diagnostic, told=one.diagnostic).kind
            is_permanent = one.action == "failed"
            yield Failure(recipient, kind, is_permanent, status, _clean(one.diagnostic))


def _rule(report: DeliveryStatus, one: Recipient) -> str:
    """Which shape of report it is: only the first two are proof of what they say."""
    if not report.is_part:
        return "dsn-in-text"
    if not (one.status or one.diagnostic):
        return "dsn-without-reason"
    return "dsn-delayed" if one.action == "delayed" else "dsn-failed"


def _from_prose(letter: Letter, prose: Prose, found: Recognised) -> Bounce:
    if found.sort in (Sort.NOTICE, Sort.DELIVERED):
        return _notice(found.why[0], found.sort.value, found.confidence)
    original = original_fields(letter.tree) or _NO_FIELDS
    entry = _entry(letter, prose, original)
    said = entry.said if entry else prose.said
    recipient = _failed(letter) or _list(letter, found)
    if recipient is None:
        wrote_to = _wrote_to(original, prose)
        recipient = entry.recipient(wrote_to) if entry else _told_recipient(letter, prose, original)
    diagnostic = refusal(said, entry.address if entry else recipient)
    status = status_of("", diagnostic) or _told_status(said, diagnostic)
    meaning = meaning_of(status, diagnostic, f"{letter.subject}\n{said}")
    return Bounce(
        kind=meaning.kind,
        permanent=found.sort is not Sort.DELAYED,
        recipient=recipient,
        status=status,
        diagnostic=_clean(diagnostic),
        original_message_id=_original_id(letter, original, prose),
        reporter=_reporter(letter, prose),
        action=found.sort.value,
        why=(*found.why, *meaning.why),
        confidence=found.confidence,
    )


def _told_status(said: str, diagnostic: str) -> str | None:
    """The only code in the reporter's own words, of which the remote's are a part."""
    code = reply_code(diagnostic)
    told = {one[0] for one in STATUS.finditer(said[:LONGEST]) if one[1] in (code[:1] or "45")}
    return told.pop() if len(told) == 1 else None


def _failed(letter: Letter) -> str | None:
    """X-Failed-Recipients, where it names one: the address that was written to."""
    value = letter.fields.first("x-failed-recipients")
    found = addresses_in(value[:4000].decode("utf-8", "replace")) if value else []
    return found[0] if len(found) == 1 else None


def _list(letter: Letter, found: Recognised) -> str | None:
    """The mailing list that does not want the message: its program writes under an address that
    is derived from the list's (RFC 2142 §6)."""
    if BY_A_LIST not in found.why:
        return None
    named = address_in(text_of(letter.fields, "x-beenthere"))
    return named or _OF_A_LIST.sub("", letter.from_address, count=1) or None


def _entry(letter: Letter, prose: Prose, original: Fields) -> Entry | None:
    """Of several recipients the first that failed, or the one that the header names."""
    entries = read_entries(prose.said, _ours(letter, prose, original))
    named = _failed(letter)
    if named is not None:
        own = (one for one in entries if one.address.lower() == named.lower())
        return next((one for one in own if one.gives_a_reason), None)
    several = addresses_in(text_of(letter.fields, "x-failed-recipients")[:4000])
    known = [*_wrote_to(original, prose), *several]
    return failed_entry(entries, {one.lower() for one in known})


def _said_of(letter: Letter, prose: Prose, recipient: str) -> str:
    """What a report says of one of several recipients, else all that it says."""
    entries = read_entries(prose.said, [letter.from_address])
    own = (one for one in entries if one.address.lower() == recipient.lower())
    return next((one.said for one in own if one.gives_a_reason), prose.said)


def _wrote_to(original: Fields, prose: Prose) -> list[str]:
    return addresses_in(text_of(original, "to")[:4000]) or list(prose.to)


def _ours(letter: Letter, prose: Prose, original: Fields) -> list[str]:
    """Addresses that did not fail: the reporter's, the reader's, and who wrote what came back."""
    author = address_in(text_of(original, "from"))
    ours = [letter.from_address, *addresses_in(text_of(letter.fields, "to")[:4000])]
    return ours + ([author] if author else list(prose.authors))


def _told_recipient(letter: Letter, prose: Prose, original: Fields) -> str | None:
    several = letter.fields.first("x-failed-recipients")
    said = several.decode("utf-8", "replace") if several else prose.said
    found = failed_recipient(said, _wrote_to(original, prose), _ours(letter, prose, original))
    return found or next(_of_our_address(letter), None)


def _of_our_address(letter: Letter) -> Iterator[str]:
    """Who stands in the address that the report came to: senders write the recipient into each
    message's own, as "bounce-12-li=example.com@" (VERP)."""
    for address in addresses_in(text_of(letter.fields, "to")[:4000]):
        for _, recipient in read_tag(address):
            if recipient is not None and "@" in recipient:
                yield recipient
        if found := _VERP.fullmatch(address):
            yield f"{found[1] or found[2]}@{found[3]}"


def _original_id(
    letter: Letter, original: Fields, prose: Prose, told: str | None = None
) -> str | None:
    """From what was returned, else from what the report answers."""
    found = message_id_in(text_of(original, "message-id")) or told or prose.message_id
    found = found or hidden_message_id(letter.tree)
    if found:
        return found
    for name in ("in-reply-to", "references", "x-original-message-id"):
        if referred := last_message_id(text_of(letter.fields, name)):
            return referred
    return None


def _reporter(letter: Letter, prose: Prose) -> str | None:
    """How the reporter names itself, else the domain of its address or of its Message-ID."""
    if prose.reporter:
        return prose.reporter
    own = message_id_in(text_of(letter.fields, "message-id")) or ""
    domains = (one.rpartition("@") for one in (letter.from_address, own.strip("<>")))
    return next((domain[:255] for _, at, domain in domains if at and domain), None)


def _clean(diagnostic: str) -> str | None:
    return " ".join(diagnostic.split())[:1000] or None
