from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from store.columns import Instant, storable, storable_json

_DIALECT = sqlite.dialect()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 12, 0, 0, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 20, 20, 0, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_moment_survives_to_the_microsecond(moment: datetime) -> None:
    kept = Instant().process_bind_param(moment, _DIALECT)
    assert Instant().process_result_value(kept, _DIALECT) == moment


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Instant().process_bind_param(datetime(2026, 11, 20), _DIALECT)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("李 😀", "李 😀"),
        ("a\x00b", "a\ufffdb"),
        ("a\udc80b", "a\ufffdb"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_text_becomes_storable(text: str, kept: str) -> None:
    assert storable(text) == kept
    kept.encode("utf-8")


def test_a_json_value_becomes_storable_throughout() -> None:
    value = {"a\x00": ["\udc80", {"b": ("c\x00", 1, None, True)}]}
    assert storable_json(value) == {"a\ufffd": ["\ufffd", {"b": ["c\ufffd", 1, None, True]}]}
