"""What a service that sends for us tells as JSON, by mail: that a message bounced, waits, was
complained of, or arrived. Abuse reports of that form (XARF) are read here, too.

People show such events to each other, so one counts only where it is all that the message has, or
where a program sent it.
"""

import base64
import binascii
from collections.abc import Iterator

from digest.bounce.delivery_status import without_type
from digest.bounce.kinds import meaning_of, status_of
from digest.bounce.letter import (
    Letter,
    address_in,
    addresses_in,
    fields_of,
    message_id_in,
    original_fields,
    text_of,
)
from digest.bounce.services import Service, Value, read_front, shipped_services
from digest.bounce.signs import report_signs
from digest.bounce.values import Bounce, Kind
from digest.fields import Fields
from digest.mime import Part

LONGEST = 256 * 1024
"""Characters of JSON that are looked at: events carry a header, and some a whole message."""

XARF_FIELDS = ("x-xarf", "x-arf")
"""What messages with a report in the extended Abuse Reporting Format have."""

_MOST_PARTS = 20
_LONGEST_TRAILER = 1500
_OPENING = ("{", "[")
_CONFIDENCE = 0.97


def read_event(letter: Letter) -> Bounce | None:
    """The first failure, delay or complaint that is told; where there is none but other events,
    one of the action "notice"."""
    found = [one for document in _documents(letter) for one in shipped_services().find(document)]
    if not found:
        return None
    told = next((one for one in found if one[1] != "notice"), found[0])
    service, action, event = told
    if action == "notice":
        why = (f"service-{service.name}",)
        return Bounce(None, None, None, None, None, None, None, action, why, _CONFIDENCE)
    if action == "complaint":
        return _complaint(letter, service, event)
    return _failure(letter, service, action, event)


def _documents(letter: Letter) -> Iterator[Value]:
    """The JSON of a message: its parts of that type, or else its text."""
    is_program, text = _is_of_a_program(letter), letter.text[:LONGEST].strip()
    if not is_program and (_is_answer(letter) or (text and not text.startswith(_OPENING))):
        return
    parts = [one for one in letter.tree.leaves if _is_json(one)][:_MOST_PARTS]
    for part in parts:
        octets = letter.tree.content(part, LONGEST)[0]
        yield read_front(octets.decode("utf-8", "replace").strip("\ufeff \t\r\n"))[0]
    if not parts:
        yield _told(text, is_program=is_program)


def _is_of_a_program(letter: Letter) -> bool:
    known = shipped_services().senders.match(letter.from_address) is not None
    return known or letter.sender == "" or any(one in letter.fields for one in XARF_FIELDS)


def _is_answer(letter: Letter) -> bool:
    return report_signs().person_subject.match(letter.subject) is not None


def _is_json(part: Part) -> bool:
    name = part.disposition.parameters.get("filename") or part.parameters.get("name") or ""
    return part.content_type.endswith("json") or name.lower().endswith(".json")


def _told(text: str, *, is_program: bool) -> Value:
    """The document that a text is. Programs may write a line above it, and how to unsubscribe
    below."""
    if not text.startswith(_OPENING) and is_program:
        starts = (text.find(f"\n{one}") for one in _OPENING)
        start = min((one for one in starts if one >= 0), default=len(text))
        text = text[start:].lstrip()
    if not text.startswith(_OPENING):
        return None
    found, end = read_front(text)
    return found if len(text) - end <= _LONGEST_TRAILER else None


def _failure(letter: Letter, service: Service, action: str, event: Value) -> Bounce:
    words = without_type(service.text(event, "diagnostic"))
    status = status_of(service.text(event, "status"), words)
    kind, why = _kind(service, event, status, words)
    return Bounce(
        kind=kind,
        permanent=action == "failed",
        recipient=address_in(service.text(event, "recipient")),
        status=status,
        diagnostic=" ".join(words.split())[:1000] or None,
        original_message_id=_message_id(service, event, Fields(())),
        reporter=_reporter(letter, service, event),
        action=action,
        why=(f"service-{service.name}", *why),
        confidence=_CONFIDENCE,
    )


def _kind(
    service: Service, event: Value, status: str | None, words: str
) -> tuple[Kind, tuple[str, ...]]:
    if (own := service.kind(event, service.kinds)) is not None:
        return own, ()
    meaning = meaning_of(status, words)
    otherwise = None if meaning.why else service.kind(event, service.otherwise)
    return (otherwise, ()) if otherwise else (meaning.kind, meaning.why)


def _complaint(letter: Letter, service: Service, event: Value) -> Bounce:
    """Of several recipients nobody knows who complained."""
    sample = next(filter(None, map(_header_of, service.samples(event))), None)
    original = sample or original_fields(letter.tree) or Fields(())
    named = service.people(event) or addresses_in(text_of(original, "to")[:4000])
    return Bounce(
        kind=None,
        permanent=None,
        recipient=address_in(named[0]) if len(named) == 1 else None,
        status=None,
        diagnostic=(service.text(event, "feedback") or "abuse")[:200],
        original_message_id=_message_id(service, event, original),
        reporter=_reporter(letter, service, event),
        action="complaint",
        why=(f"service-{service.name}",),
        confidence=_CONFIDENCE,
    )


def _message_id(service: Service, event: Value, original: Fields) -> str | None:
    """That of the message, else the number that the service knows it by."""
    own = service.text(event, "message_id")
    return message_id_in(own) or message_id_in(text_of(original, "message-id")) or own[:900] or None


def _reporter(letter: Letter, service: Service, event: Value) -> str | None:
    named = without_type(service.text(event, "reporter")).partition(" ")[0]
    host = named.rpartition("@")[2] or letter.from_address.rpartition("@")[2]
    return host[:255] or None


def _header_of(sample: Value) -> Fields | None:
    """The header of a message that is shown as evidence, plain or in base64."""
    payload = sample.get("payload") or sample.get("Payload") if isinstance(sample, dict) else None
    if not isinstance(payload, str):
        return None
    fields = fields_of(payload.lstrip().encode("utf-8", "replace"))
    if "from" in fields or "message-id" in fields:
        return fields
    try:
        octets = base64.b64decode(payload, validate=False)
    except (binascii.Error, ValueError):
        return None
    fields = fields_of(octets.lstrip())
    return fields if "from" in fields or "message-id" in fields else None
