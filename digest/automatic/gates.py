"""Mail of programs that stand between us and a reader: nothing failed, and nobody is away.

A filter wants to know that a person wrote before it lets our message pass; a mailing list's
program tells that a moderator must read it first, or that a membership has to be confirmed. Many
bear the fields of an automatic answer, and others none at all: so their words count, with points
as in `digest.automatic.notices`, whose data has them too. A person may say some of it of a price
or a drawing, and seldom all.
"""

from digest.automatic.judge import QUOTED
from digest.automatic.notices import FIRST, GATES, LOOKED_AT, find_phrases, gate_points, is_program
from digest.automatic.phrases import Said
from digest.automatic.spelling import fold
from digest.fields import Fields

_CORE = frozenset(["held", "proof", "moderated", "joining"])
_PRECEDENCES = ("auto_reply", "bulk", "junk")


def is_by_a_program(fields: Fields, address: str, *, is_null_sender: bool) -> bool:
    """Whether fields, envelope or address say that no person sent it. Lists set "list" on what
    people write."""
    if is_null_sender or fields.token("auto-submitted").startswith("auto-"):
        return True
    return fields.token("precedence") in _PRECEDENCES or is_program(address)


def read_gate(subject: str, text: str, *, is_program: bool) -> tuple[tuple[str, int], ...] | None:
    """What tells it, with its points; None where they are not enough. What stands between
    quotation marks was read elsewhere, and who writes of himself is a person."""
    said = _said(subject[:300], text[:LOOKED_AT])
    if not said & _CORE:
        return None
    enough, points = gate_points()
    found = [(f"text:{role}", points[role]) for role in GATES if role in said]
    if is_program:
        found.append(("by-a-program", points["program"]))
    elif FIRST in said:
        found.append(("first-person", points[FIRST]))
    return tuple(found) if sum(number for _, number in found) >= enough else None


def _said(subject: str, text: str) -> set[str]:
    """What both say; in the first person only where that is the language of the rest."""
    found = [*_phrases(subject), *_phrases(text)]
    said = {one.role for one in found if one.role in GATES}
    spoken = {one.language for one in found if one.role in _CORE}
    if any(one.role == FIRST and one.language in spoken for one in found):
        said.add(FIRST)
    return said


def _phrases(text: str) -> list[Said]:
    spelled = fold(text)
    spans = [match.span() for match in QUOTED.finditer(spelled)]
    return [
        one
        for one in find_phrases(spelled)
        if not any(start <= one.start < end for start, end in spans)
    ]
