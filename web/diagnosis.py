"""What broke the signatures of a message, in words: the stored diagnosis in one language, and what
follows from it for whoever wants the next message to pass.

An excerpt may show a line of the message, so that it is kept from those who may not read it; the
relays on the way may tell where a recipient has mail forwarded from, so that strangers see neither.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from web.i18n import say

Diagnosis = Mapping[str, Any]
"""Of a message: `{"signatures": [...]}`, or one of those signatures, or one change."""

FIXES = {
    "text_appended": "added",
    "text_prepended": "added",
    "text_in_part": "added",
    "part_added": "added",
    "rewrapped": "added",
    "transfer_encoding": "recoded",
    "lines_wrapped": "recoded",
    "line_ends": "recoded",
    "charset": "recoded",
    "mbox_quoting": "recoded",
    "white_space": "spaced",
    "field_folded": "spaced",
    "field_case": "spaced",
    "subject": "subject",
    "field_added": "fields",
    "field_removed": "fields",
    "field_rewritten": "fields",
}
"""What mends each kind of change, by the last part of the sentence's key."""


class Audience(Enum):
    """Who reads it."""

    READER = "reader"
    """May read the message."""
    CLOSED = "closed"
    """Is signed in, but the content of this message is not for them."""
    STRANGER = "stranger"
    """Somebody with the address of the public page."""

    @classmethod
    def of(cls, closed: bool) -> "Audience":
        """Of a page for somebody who is signed in."""
        return cls.CLOSED if closed else cls.READER


def find_signature(diagnosis: Diagnosis | None, domain: str, selector: str) -> Diagnosis | None:
    """What broke the signature of this domain and selector; None where nobody found out (yet)."""
    for one in diagnosis["signatures"] if diagnosis else ():
        if (one["domain"], one.get("selector")) == (domain, selector):
            return dict(one)
    return None


def lines_about(
    signatures: Iterable[Diagnosis], language: str, audience: Audience
) -> tuple[str, ...]:
    """One line for each broken signature."""
    return tuple(_joined(sentences_about(one, language, audience), language) for one in signatures)


def sentences_about(one: Diagnosis, language: str, audience: Audience) -> tuple[str, ...]:
    """What broke one signature: each change, how far that is proved, and where it happened."""
    changes = (_change(change, language, audience) for change in one["changes"])
    proof = say(language, f"diagnosis.proof.{one['proof']}", domain=one["domain"])
    hop = (one["hop"] if audience is not Audience.STRANGER else None) or {}
    relays = (
        say(language, f"diagnosis.hop.{side}", relay=hop[side])
        for side in ("after", "before")
        if hop.get(side)
    )
    return (*changes, proof, *relays)


def fix_of(signature: Diagnosis, language: str, audience: Audience, otherwise: str) -> str:
    """What follows from the proof. Where it explains only a part, `otherwise` (what one would say
    without it) is said too; where it explains nothing, alone."""
    who = _who(signature["hop"] if audience is not Audience.STRANGER else None, language)
    fixes = list(dict.fromkeys(FIXES[change["kind"]] for change in signature["changes"]))
    fields = (one["where"] for one in signature["changes"] if FIXES[one["kind"]] == "fields")
    where = ", ".join(dict.fromkeys(fields))
    said = [say(language, f"diagnosis.fix.{fix}", who=who, where=where) for fix in fixes]
    if {"added", "subject"} & set(fixes):
        said.append(say(language, "diagnosis.fix.list"))
    if signature["proof"] != "signature" or not said:
        said.append(otherwise)
    return _joined(said, language)


def _joined(sentences: Iterable[str], language: str) -> str:
    """Sentences one after the other; in Chinese no space stands between them."""
    return ("" if language == "zh-CN" else " ").join(sentences)


def _who(hop: Diagnosis | None, language: str) -> str:
    """Who changed it, as far as seals of relays tell."""
    known = [side for side in ("after", "before") if hop and hop[side]]
    return say(language, f"diagnosis.who.{'_'.join(known) or 'unknown'}", **(hop or {}))


def _change(change: Diagnosis, language: str, audience: Audience) -> str:
    said = say(
        language,
        f"diagnosis.kind.{change['kind']}",
        where=_place(change["where"], language),
        octets=abs(change["octets"]),
    )
    shown = audience is Audience.READER and change["excerpt"]
    return _joined((said, f"“{change['excerpt']}”"), language) if shown else said


def _place(where: str, language: str) -> str:
    """Where in the message: the body, a part of it, or a field by its name."""
    if where == "body":
        return say(language, "diagnosis.where.body")
    if where.startswith("part "):
        return say(language, "diagnosis.where.part", n=where.removeprefix("part "))
    return where


def diagnosis_of(diagnosis: Diagnosis | None, closed: bool) -> dict[str, Any] | None:
    """The diagnosis for the API; `closed` keeps back what may be text of the message."""
    if diagnosis is None or not closed:
        return None if diagnosis is None else dict(diagnosis)
    signatures = [
        {**one, "changes": [{**change, "excerpt": ""} for change in one["changes"]]}
        for one in diagnosis["signatures"]
    ]
    return {"signatures": signatures}
