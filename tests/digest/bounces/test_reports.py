"""How much of the reports of all systems is read rightly."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pytest

from tests.digest.bounces import (
    abroad,
    brief,
    chinese,
    gateways,
    languages,
    later,
    lookalikes,
    standard,
    unix,
    western,
    wording,
)
from tests.digest.bounces.reports import Case
from tests.digest.messages import json_of

REPORTS = [
    case
    for module in (
        standard,
        unix,
        western,
        chinese,
        gateways,
        later,
        languages,
        wording,
        abroad,
        brief,
    )
    for case in module.cases()
]
BOUNCES = [case for case in REPORTS if case.category == "bounce"]
LOOKALIKES = [*lookalikes.cases(), *(case for case in REPORTS if case.category != "bounce")]

read = cache(json_of)
"""Each report is read once, for all that is asked about it."""


def _wrong(cases: Sequence[Case], name: str, wanted: Callable[[Case], object]) -> Iterator[str]:
    for case in cases:
        bounce = read(case.raw, case.mail_from)["bounce"] or {}
        if wanted(case) is not None and bounce.get(name) != wanted(case):
            yield f"{case.name}: {bounce.get(name)!r} is not {wanted(case)!r}"


@pytest.mark.parametrize(
    ("name", "wanted", "share"),
    [
        ("kind", lambda case: case.kind, 0.97),
        ("recipient", lambda case: case.recipient, 0.95),
        ("original_message_id", lambda case: case.message_id, 0.97),
        ("permanent", lambda case: case.permanent, 0.97),
        ("status", lambda case: case.status, 0.95),
    ],
)
def test_what_reports_say_is_read(
    name: str, wanted: Callable[[Case], object], share: float
) -> None:
    asked = [case for case in BOUNCES if wanted(case) is not None]
    wrong = list(_wrong(asked, name, wanted))
    right = 1 - len(wrong) / len(asked)
    print(f"{name}: {right:.1%} of {len(asked)}", *wrong, sep="\n  ")
    assert right >= share, "\n".join(wrong)


def test_reports_are_taken_for_reports_and_nothing_else_is() -> None:
    assert len(BOUNCES) >= 150 and len(LOOKALIKES) >= 40
    wrong = []
    for case in [*BOUNCES, *LOOKALIKES]:
        found = read(case.raw, case.mail_from)
        is_right = found["category"] == case.category
        is_right = is_right and not (case.category == "bounce" and found["forward"])
        if case.category == "forward":
            is_right = (found["bounce"] is not None) == (found["category"] == "bounce")
        elif not case.category:
            is_right = found["category"] != "bounce" and found["bounce"] is None
        if not is_right:
            wrong.append(f"{case.name}: {found['category']} {found['why']}")
    print(f"categories: {len(wrong)} wrong", *wrong, sep="\n  ")
    assert not wrong
