"""What a child can be asked about a message, and how it answers.

Whoever asks gets a few values, text, and for files and pages their octets as cargo.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from digest.apart.frames import Kind
from digest.apart.told import form_of, lineage_as_json
from digest.digest import Digest, read_message, unreadable
from digest.headline import read_headline
from digest.parts import as_it_came, attachment, html_page
from mail.raw import RawMessage


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: values for the head of a frame, a body in JSON, and cargo."""

    head: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    cargo: bytes = b""


Read = Callable[[RawMessage, Mapping[str, Any]], Said]
"""What answers a question, whose values are those of the frame's head; it may raise, loop, or
die."""


def answer(raw: RawMessage, question: Mapping[str, Any]) -> Said:
    """What is asked of a message. Raises what goes wrong, which is a fault of ours."""
    match Kind(question["kind"]):
        case Kind.FULL:
            return _digest(read_message(raw, question["mail_from"], question["rcpt"]))
        case Kind.HEADLINE:
            return _digest(unreadable(question["why"], read_headline(raw)))
        case Kind.PAGE:
            return _page(raw)
        case Kind.ATTACHMENT:
            return _attachment(raw, question["n"])
        case Kind.AS_IT_CAME:
            return Said(body=json.dumps(as_it_came(raw)).encode("ascii"))


def _digest(digest: Digest) -> Said:
    return Said({"lineage": lineage_as_json(digest.lineage)}, form_of(digest))


def _page(raw: RawMessage) -> Said:
    page = html_page(raw)
    if page is None:
        return Said({"found": False})
    return Said({"found": True}, cargo=page.encode("utf-8", "replace"))


def _attachment(raw: RawMessage, n: int) -> Said:
    found = attachment(raw, n)
    if found is None:
        return Said({"found": False})
    names = {"name": found.name, "content_type": found.content_type}
    return Said({"found": True, **names}, cargo=found.content)
