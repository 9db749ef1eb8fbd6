"""Automatic answers in many languages, and people who only write about holidays."""

import pytest

from tests.digest.automatic.cases import Case, read_cases
from tests.digest.messages import digest_of

ANSWERS = read_cases("automatic.tsv")
PEOPLE = read_cases("not_ooo.tsv")


def names(cases: list[Case]) -> list[str]:
    return [f"{number}-{case.language}" for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", ANSWERS, ids=names(ANSWERS))
def test_an_automatic_answer_is_told_by_rules(case: Case) -> None:
    digest = digest_of(case.content(), mail_from="writer@example.net")
    assert digest.category == "ooo"
    assert digest.confidence >= 0.7


@pytest.mark.parametrize("case", PEOPLE, ids=names(PEOPLE))
def test_a_person_who_writes_about_holidays_is_no_automatic_answer(case: Case) -> None:
    digest = digest_of(case.content(), mail_from="writer@example.net")
    assert digest.category != "ooo"
    assert digest.away is None


def test_there_are_people_enough() -> None:
    assert len(PEOPLE) >= 60
