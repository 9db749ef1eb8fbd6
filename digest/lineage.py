"""The conversation that a message says it is in: References, In-Reply-To, and the subject.

Written for what arrives (RFC 5322 §3.6.4 and what mailers make of it): ids without brackets,
ids broken by folding, prose in In-Reply-To, thousands of references, "Re:" in many languages.
"""

import re
import unicodedata

from digest.fields import Fields, one_line
from digest.people import read_people
from mail.lineage import Lineage

MANY_REFERENCES = 40
"""References that are kept: the first, which began the conversation, and the nearest."""

MANY_PEOPLE = 60

_LONGEST_ID = 996
_LONGEST_SUBJECT = 300
_BRACKETED = re.compile(rb"<([^<>]{1,2000})>")
_SPACE = re.compile(rb"\s+")
_REPLY = (
    "re|aw|sv|vs|antw|antwort|odp|ynt|r|rif|res|ref"
    "|回复|回覆|答复|答覆|返信|답장|ответ|отв|رد|השב|σχετ"
)
_FORWARD = "fwd?|wg|vb|vl|doorst|tr|rv|enc|i|pd|ilt|转发|轉寄|轉發|転送|전달|πρθ|הועבר"
_PREFIX = re.compile(rf"\s*(?:({_REPLY})|(?:{_FORWARD}))\s*(?:[\[(]\d+[\])])?\s*[:：]\s*", re.I)
_MANY_PREFIXES = 20
_NAMED_IN = ("from", "reply-to", "to", "cc")


def lineage_of(fields: Fields, subject: str | None, hints: tuple[str, ...] = ()) -> Lineage:
    """Read the header fields; `subject` is the decoded one. Never raises."""
    own = next(iter(_ids(fields.first("message-id") or b"")), None)
    base, is_reply = base_subject(subject or "")
    return Lineage(
        message_id=own,
        references=_references(fields, own),
        people=_people(fields, hints),
        subject=base,
        is_reply=is_reply,
    )


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without what replying and forwarding put before it, in one spelling; and
    whether somebody replied."""
    text, is_reply = subject[: 4 * _LONGEST_SUBJECT], False
    for _ in range(_MANY_PREFIXES):
        match = _PREFIX.match(text)
        if match is None:
            break
        is_reply = is_reply or bool(match[1])
        text = text[match.end() :]
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split())[:_LONGEST_SUBJECT], is_reply


def _references(fields: Fields, own: str | None) -> tuple[str, ...]:
    """The ancestors, oldest first. In-Reply-To may name several parents and quote prose; the
    first id in it counts, and it is the nearest."""
    named = _ids(fields.first("references") or b"")
    parent = _ids(fields.first("in-reply-to") or b"")[:1]
    found = list(dict.fromkeys(one for one in named if one != own))
    found += [one for one in parent if one != own and one not in found]
    if len(found) > MANY_REFERENCES:
        found = [found[0], *found[1 - MANY_REFERENCES :]]
    return tuple(found)


def _ids(value: bytes) -> list[str]:
    """The ids in a field. Where there are no brackets, every word with an @ is one."""
    found = _BRACKETED.findall(value) or [one for one in value.split() if b"@" in one]
    cleaned = (_SPACE.sub(b"", one) for one in found)
    return [f"<{_text(one)}>" for one in cleaned if 0 < len(one) <= _LONGEST_ID]


def _text(octets: bytes) -> str:
    return one_line(octets.decode("utf-8", "replace"))


def _people(fields: Fields, hints: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in _NAMED_IN:
        people, _ = read_people(fields.first(name) or b"", hints)
        found.update(dict.fromkeys(one.address for one in people if one.address))
    return tuple(found)[:MANY_PEOPLE]
