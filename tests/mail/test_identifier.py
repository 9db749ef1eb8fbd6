"""Ids: their form, their order, their time."""

from datetime import UTC, datetime, timedelta

import pytest

from mail.identifier import is_id, new_id, time_of

MOMENT = datetime(2026, 11, 21, 8, 30, 15, 123000, UTC)


def test_an_id_has_26_characters_and_tells_its_time() -> None:
    identifier = new_id(MOMENT)
    assert is_id(identifier)
    assert len(identifier) == 26
    assert time_of(identifier) == MOMENT


def test_ids_sort_by_time() -> None:
    later = [new_id(MOMENT + timedelta(milliseconds=step)) for step in range(50)]
    assert later == sorted(later)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({new_id(MOMENT) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["", "01", "I" * 26, "8" + "0" * 25, "0" * 27, "0" * 25 + "\n"])
def test_what_is_no_id_is_told(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError):
        time_of(text)
