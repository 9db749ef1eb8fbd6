"""Several hundred encoded messages: how much of them a person could read."""

from collections.abc import Callable, Iterable

import pytest

from tests.digest.encoded.letters import Letter, written_letters
from tests.digest.encoded.odd import odd_letters
from tests.digest.encoded.score import score

ENOUGH = 0.98


@pytest.mark.parametrize("letters", [written_letters, odd_letters])
def test_nearly_all_of_what_the_world_sends_is_read_right(
    letters: Callable[[], Iterable[Letter]],
) -> None:
    found = score(letters())
    print(f"\n{letters.__name__}: {found}")
    wrong = "\n".join(found.wrong)
    assert sum(found.asked.values()) > 100
    for what in found.asked:
        assert found.share(what) >= ENOUGH, f"{found}\n{wrong}"
