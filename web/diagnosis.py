"""What broke the signatures of a message, in words: the stored diagnosis in one language.

An excerpt may show a line of the message, so that it is kept from those who may not read it.
"""

from collections.abc import Mapping
from typing import Any

from web.i18n import say

Diagnosis = Mapping[str, Any]


def diagnosis_lines(diagnosis: Diagnosis | None, language: str, closed: bool) -> tuple[str, ...]:
    """One line for each broken signature; none where nothing was found out (yet)."""
    if diagnosis is None:
        return ()
    return tuple(_line(one, language, closed) for one in diagnosis["signatures"])


def _line(one: Diagnosis, language: str, closed: bool) -> str:
    changes = (_change(change, language, closed) for change in one["changes"])
    sentences = [*changes, say(language, f"diagnosis.proof.{one['proof']}", domain=one["domain"])]
    hop = one["hop"]
    for side in ("after", "before") if hop else ():
        if hop[side]:
            sentences.append(say(language, f"diagnosis.hop.{side}", relay=hop[side]))
    return " ".join(sentences)


def _change(change: Diagnosis, language: str, closed: bool) -> str:
    said = say(
        language,
        f"diagnosis.kind.{change['kind']}",
        where=change["where"],
        octets=abs(change["octets"]),
    )
    return said if closed or not change["excerpt"] else f"{said} ({change['excerpt']})"


def diagnosis_of(diagnosis: Diagnosis | None, closed: bool) -> dict[str, Any] | None:
    """The diagnosis for the API; `closed` keeps back what may be text of the message."""
    if diagnosis is None or not closed:
        return None if diagnosis is None else dict(diagnosis)
    signatures = [
        {**one, "changes": [{**change, "excerpt": ""} for change in one["changes"]]}
        for one in diagnosis["signatures"]
    ]
    return {"signatures": signatures}
