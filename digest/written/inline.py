"""Whether somebody says to have answered within the letter that stands below.

Outlook marks no quoted line. Who answers there point by point says so above: "see my answers
below in red". The words are data: `bounce_rules/written/inline.toml`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.automatic.phrases import Phrases, Said
from digest.automatic.spelling import fold
from digest.written.phrases import FOLDER, read_table
from mail.errors import SettingsProblem

LOOKED_AT = 2000
"""Characters from the end of what stands above."""

_LONGEST = 120
_HARDLY_MORE = 14
"""Letters beside the words that say where the answers are."""
_GREETING = re.compile(r"[^\n.!?。！？]{2,40}[,，、:：!]\n")


@dataclass(frozen=True, slots=True)
class Below:
    """Answers stand below; they may be told by a colour, or by bold letters."""

    by_colour: bool = False
    by_bold: bool = False


def answers_below(text: str, *, is_answer: bool) -> Below | None:
    """What somebody says above a letter of where the answers are; None where nothing is said.

    `is_answer`: the subject says that it is one. Else "see below" passes something on.
    """
    spelled = fold(text[-LOOKED_AT:])
    found = _shipped().find(spelled)
    yours = [one for one in found if one.role == "yours"]
    roles = {one.role for one in found if not _shares(one, yours)}
    if "below" not in roles and not (is_answer and _says_no_more(spelled, found)):
        return None
    return Below("coloured" in roles, "bold" in roles)


def _shares(said: Said, others: Sequence[Said]) -> bool:
    """Whether the answers of which it tells are the reader's: "thanks for your answers below"."""
    if said.role != "below":
        return False
    return any(one.start < said.end and said.start < one.end for one in others)


def _says_no_more(spelled: str, found: Sequence[Said]) -> bool:
    """Whether it is "see below" and hardly a word beside it but a greeting."""
    greeting = _GREETING.match(spelled)
    begin = greeting.end() if greeting else 0
    told = [one for one in found if one.role == "short" and one.start >= begin]
    if not told or len(spelled) > _LONGEST:
        return False
    covered = set().union(*(range(one.start, one.end) for one in told))
    others = [one for at, one in enumerate(spelled) if at >= begin and at not in covered]
    return sum(map(str.isalpha, others)) <= _HARDLY_MORE


@lru_cache(maxsize=1)
def _shipped() -> Phrases:
    table = read_table(FOLDER / "inline.toml")
    entries = []
    for language in table.tables("language"):
        for role in ("below", "yours", "short", "coloured", "bold"):
            found = language.get(role)
            if not isinstance(found, list):
                raise SettingsProblem(f"{table.file}: {role!r} must be a list of phrases")
            entries += [(str(language.get("name")), role, str(one)) for one in found]
    try:
        return Phrases(entries)
    except ValueError as error:
        raise SettingsProblem(f"{table.file}: {error}") from error
