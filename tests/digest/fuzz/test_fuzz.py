"""A short run of the fuzzer; a long one is a command (see the package)."""

import pytest

from digest.apart.limits import Limits
from tests.digest.contract import check_form
from tests.digest.fuzz.run import case, fuzz
from tests.digest.fuzz.seeds import seeds
from tests.digest.messages import json_of

PATIENT = Limits(cpu=10.0, wall=100.0, headline=10.0)
PARTS = 10
CASES = 750
"""Of each sort of damage some dozens; the command does them by the hundred thousand."""


@pytest.mark.timeout(600)
def test_mutated_messages_have_digests_of_the_promised_form() -> None:
    result = fuzz(20_261_121, iter(range(CASES)), 1, PATIENT)
    wrong = [
        (finding.number, problem)
        for finding in result.findings
        for problem in finding.problems
        if not problem.endswith("of the processor")  # a test knows no clock
    ]
    assert wrong == []
    assert result.cases == CASES


def test_a_case_can_be_made_again() -> None:
    assert case(1, 17) == case(1, 17)
    assert case(1, 17) != case(2, 17)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_specimen_has_a_digest_of_the_promised_form(part: int) -> None:
    for content in seeds()[part::PARTS]:
        assert check_form(json_of(content)) == [], content[:300]
