"""What broke the signatures of a message that is looked at offline: for `postern verify`.

The server has the same done by its worker, after the answer (`mta.diagnose`).
"""

from typing import Any

from cli.judge import Judgement
from mail.message import parse_message
from mail.raw import RawMessage
from verify.breakage.change import Proof, SignatureDiagnosis
from verify.breakage.diagnose import diagnose, diagnosis_of, fails
from verify.zones import ZoneResolver


async def diagnosed(judgement: Judgement, raw: RawMessage) -> tuple[SignatureDiagnosis, ...]:
    """What broke the signatures that do not match; needs the whole message, and asks no DNS."""
    if not fails(judgement.report):
        return ()
    keys = ZoneResolver.from_evidence(judgement.report.evidence)
    return await diagnose(parse_message(raw), keys, judgement.report.dmarc.domain)


def with_diagnosis(answer: dict[str, Any], found: tuple[SignatureDiagnosis, ...]) -> dict[str, Any]:
    """The answer, with what was found under `diagnosis` if there is anything."""
    told = diagnosis_of(found)
    return answer if told is None else {**answer, "diagnosis": told}


def broken_line(one: SignatureDiagnosis) -> str:
    """For a person: the changes, and how far they are proved."""
    changes = "; ".join(
        f"{change.kind.replace('_', ' ')} in {change.where}, {change.octets:+d} octets: "
        f"{change.excerpt}"
        for change in one.changes
    )
    proof = {
        Proof.SIGNATURE: "proved, without it the signature verifies",
        Proof.BODY_HASH: "it fits the body hash, but the header signature does not match",
        Proof.HEADER: "it explains the header, not the body",
        Proof.NONE: "none of the changes that we know explains it",
    }[one.proof]
    told_changes = f"{changes} ({proof})" if changes else proof
    return f"Broken  {one.domain}: {told_changes}"
