"""Somebody says that mail of ours was not wanted: the Abuse Reporting Format (RFC 5965) and the
forms that providers have of their own."""

import re
from dataclasses import replace
from itertools import islice

from digest.bounce.complainant import is_hidden_address, who_complained
from digest.bounce.delivery_status import without_type
from digest.bounce.events import XARF_FIELDS, read_event
from digest.bounce.letter import (
    LOOKED_AT,
    Letter,
    address_in,
    addresses_in,
    fields_of,
    message_id_in,
    original_fields,
    text_of,
)
from digest.bounce.prose import read_prose
from digest.bounce.signs import Form, complaint_signs
from digest.bounce.values import Bounce
from digest.fields import Fields
from digest.mime import Tree

_RECIPIENTS = ("original-rcpt-to", "removal-recipient", "x-hmxmroriginalrecipient")
_WITHIN = ("x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to")
_NO_FIELDS = Fields(())
_PLAIN = ("text/plain", "text/yaml", "text/x-yaml", "application/yaml", "application/x-yaml")
_YAML = re.compile(rb"\s{0,20}(?:---[ \t]*\r?\n\s{0,20})?([A-Z][\w-]{2,20}:.*)", re.DOTALL)
_MOST_PARTS = 20


def read_complaint(letter: Letter) -> Bounce | None:
    """A complaint; or, with the action "notice", feedback that complains of nothing, such as a
    report of failed authentication (RFC 6591) or "this is not spam"."""
    fields = _feedback(letter.tree)
    if fields is not None:
        return _from_feedback(letter, fields)
    extended = _extended(letter)
    if extended is not None:
        return _from_extended(letter, extended)
    form = next((one for one in complaint_signs().forms if _is_of(one, letter)), None)
    if form is not None:
        why, returned = (f"complaint-form-{form.name}",), letter.fields if form.returned else None
        return _complaint(letter, _NO_FIELDS, form.name, why, 0.95, returned)
    event = read_event(letter)
    if event is None or event.action != "complaint":
        return None
    is_hidden = event.recipient is not None and is_hidden_address(event.recipient)
    return replace(event, recipient=None) if is_hidden else event


def read_told_complaint(letter: Letter) -> Bounce:
    """What is known of a complaint that only its words told: of which message, and by whom."""
    return _complaint(letter, _NO_FIELDS, "abuse", (), 0.5)


def _feedback(tree: Tree) -> Fields | None:
    for part in tree.leaves:
        if part.content_type == "message/feedback-report":
            return fields_of(tree.content(part, LOOKED_AT)[0].strip(b"\r\n \t") + b"\n")
    if tree.root.parameters.get("report-type", "").lower() != "feedback-report":
        return None
    for part in tree.leaves:
        content = tree.content(part, LOOKED_AT)[0].strip(b"\r\n \t")
        if content[:14].lower() == b"feedback-type:":
            return fields_of(content + b"\n")
    return _NO_FIELDS


def _is_of(form: Form, letter: Letter) -> bool:
    if form.field and form.field in letter.fields:
        return True
    return bool(form.subject.match(letter.subject) and form.sender.match(letter.from_address))


def _extended(letter: Letter) -> Fields | None:
    """The fields of a report in the extended format (X-ARF) before it was JSON: lines of YAML in
    a part of its own, which are fields as any others."""
    is_marked = any(name in letter.fields for name in XARF_FIELDS)
    for part in islice(letter.tree.leaves, _MOST_PARTS):
        if not part.content_type.startswith(_PLAIN) or not (is_marked or part.parent is not None):
            continue
        content = letter.tree.content(part, LOOKED_AT)[0]
        found = _YAML.match(content) if b"Report-Type" in content else None
        fields = fields_of(found[1].rstrip() + b"\n") if found is not None else _NO_FIELDS
        if "report-type" in fields and ("category" in fields or "source-type" in fields):
            return fields
    return None


def _from_extended(letter: Letter, fields: Fields) -> Bounce:
    kind = fields.token("report-type") or "abuse"
    if fields.token("category") in complaint_signs().told:
        return Bounce(None, None, None, None, None, None, None, "notice", (f"x-arf-{kind}",), 0.97)
    return _complaint(letter, fields, kind, ("x-arf-report",), 0.99)


def _from_feedback(letter: Letter, fields: Fields) -> Bounce:
    kind = fields.token("feedback-type")
    found = _complaint(letter, fields, kind or "abuse", ("arf-feedback-report",), 0.99)
    if kind not in complaint_signs().notices:
        return found
    return Bounce(None, None, None, None, None, None, None, "notice", (f"arf-{kind}",), 0.97)


def _complaint(
    letter: Letter,
    fields: Fields,
    kind: str,
    why: tuple[str, ...],
    confidence: float,
    returned: Fields | None = None,
) -> Bounce:
    """What `fields` of a report say; `returned` is the header of the message that it is about,
    where that is no part by itself."""
    original = returned or original_fields(letter.tree)
    prose = read_prose(letter.text)
    recipient = _recipient(fields, original or _NO_FIELDS, prose.to)
    if recipient is None and fields is _NO_FIELDS:
        recipient = who_complained(letter, prose, guess=original is None)
    found = message_id_in(text_of(original, "message-id")) if original else None
    reporter = without_type(text_of(fields, "reporting-mta")) or text_of(fields, "user-agent")
    reporter = text_of(fields, "reported-from").rpartition("@")[2].strip("<> ") or reporter
    return Bounce(
        kind=None,
        permanent=None,
        recipient=recipient,
        status=None,
        diagnostic=kind[:200],
        original_message_id=found or prose.message_id,
        reporter=reporter.partition(" ")[0][:255] or letter.from_address.rpartition("@")[2] or None,
        action="complaint",
        why=why,
        confidence=confidence,
    )


def _recipient(fields: Fields, original: Fields, quoted: tuple[str, ...]) -> str | None:
    """Who complained. Many reporters hide that: what they put instead is no address."""
    for source, names in ((fields, _RECIPIENTS), (original, _WITHIN)):
        for name in names:
            found = address_in(without_type(text_of(source, name)))
            if found is not None and not is_hidden_address(found):
                several = addresses_in(text_of(source, name)[:4000])
                return found if len(several) == 1 else None
    return next((one for one in quoted if not is_hidden_address(one)), None)
