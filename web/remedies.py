"""What the sender's administrator can do, for a page and for a program: `bounce_rules.explain` in
one language, with the DNS answers and records as lines to show and to copy.

Where it was found out what broke a signature, the remedy says so, and follows from it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bounce_rules.explain.find import findings
from bounce_rules.explain.finding import Finding, Kind, Report
from bounce_rules.explain.plain import seen_lines
from bounce_rules.explain.words import labels, words_of
from mail.report import DnsEvidence
from web.diagnosis import Audience, Diagnosis, find_signature, fix_of, sentences_about

_BROKEN = (Kind.DKIM_BODY, Kind.DKIM_HEADER, Kind.DKIM_BOTH)
"""Signatures that were good when they were made."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that is wrong, and the change that mends it.

    `seen` and `record` are zone lines; `publish` says whether the record is new or takes the
    place of another; `change` is what the sender's program should write. `is_enough`: this
    alone would have authenticated the message. `broke` says what broke the signature, and how far
    that is proved; `signature` is which one, by domain and selector.
    """

    kind: str
    method: str
    found: str
    checked: str
    passes: str
    fix: str
    seen: tuple[str, ...]
    publish: str
    record: str | None
    change: str | None
    is_enough: bool
    broke: tuple[str, ...] = ()
    signature: tuple[str, str] | None = None


def remedies_of(
    report: Report,
    evidence: Sequence[DnsEvidence],
    client_ip: str | None,
    language: str,
    diagnosis: Diagnosis | None = None,
    audience: Audience = Audience.STRANGER,
) -> tuple[Remedy, ...]:
    """All that is wrong, the likeliest first; of a `diagnosis` what `audience` may read."""
    return tuple(
        _proved(_remedy(one, language), one, diagnosis, language, audience)
        for one in findings(report, evidence, client_ip)
    )


def _remedy(one: Finding, language: str) -> Remedy:
    words, names = words_of(one, language), labels(language)
    return Remedy(
        kind=one.kind.value,
        method=one.method,
        found=words.found,
        checked=words.checked,
        passes=words.passes,
        fix=words.fix,
        seen=tuple(line for answer in one.seen for line in seen_lines(answer, names)),
        publish=words.publish,
        record=one.record.zone_line if one.record else None,
        change=one.change or None,
        is_enough=one.is_enough,
    )


def _proved(
    remedy: Remedy, one: Finding, diagnosis: Diagnosis | None, language: str, audience: Audience
) -> Remedy:
    """The remedy as it follows from what broke the signature, if that is known."""
    if one.kind not in _BROKEN:
        return remedy
    name = one.values["domain"], one.values["selector"]
    signature = find_signature(diagnosis, *name)
    if signature is None:
        return remedy
    return replace(
        remedy,
        broke=sentences_about(signature, language, audience),
        fix=fix_of(signature, language, audience, remedy.fix),
        signature=name,
    )


def as_json(remedy: Remedy) -> dict[str, Any]:
    """For the API."""
    told = {**asdict(remedy), "seen": list(remedy.seen), "broke": list(remedy.broke)}
    del told["signature"]
    return told
