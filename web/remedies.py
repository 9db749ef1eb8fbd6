"""What the sender's administrator can do, for a page and for a program: `bounce_rules.explain` in
one language, with the DNS answers and records as lines to show and to copy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bounce_rules.explain.find import findings
from bounce_rules.explain.finding import Report
from bounce_rules.explain.plain import seen_lines
from bounce_rules.explain.words import labels, words_of
from mail.report import DnsEvidence


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that is wrong, and the change that mends it.

    `seen` and `record` are zone lines; `publish` says whether the record is new or takes the
    place of another; `change` is what the sender's program should write. `is_enough`: this
    alone would have authenticated the message.
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


def remedies_of(
    report: Report, evidence: Sequence[DnsEvidence], client_ip: str | None, language: str
) -> tuple[Remedy, ...]:
    """All that is wrong, the likeliest first."""
    names = labels(language)
    made = []
    for one in findings(report, evidence, client_ip):
        words = words_of(one, language)
        made.append(
            Remedy(
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
        )
    return tuple(made)


def as_json(remedy: Remedy) -> dict[str, Any]:
    """For the API."""
    return {**asdict(remedy), "seen": list(remedy.seen)}
