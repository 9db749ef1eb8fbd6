"""One form for all times that programs read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mail.moment import in_utc, rfc3339

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), "2026-11-20T12:00:00Z"),
        (datetime(2026, 11, 20, 20, tzinfo=CHINA), "2026-11-20T12:00:00Z"),
        (datetime(2026, 11, 20, 12, 0, 0, 5000, UTC), "2026-11-20T12:00:00.005000Z"),
        (datetime(1, 1, 1, 9, tzinfo=UTC), "0001-01-01T09:00:00Z"),
    ],
)
def test_a_time_is_told_in_utc_with_a_z(at: datetime, text: str) -> None:
    assert rfc3339(at) == text


def test_a_time_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 11, 20))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-20T20:00:00+08:00", "2026-11-20T12:00:00Z"),
        ("2026-11-20T12:00:00+00:00", "2026-11-20T12:00:00Z"),
        ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T09:00:00", "2026-11-20T09:00:00"),
        ("tomorrow", "tomorrow"),
        ("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+08:00"),
    ],
)
def test_what_names_a_moment_is_told_in_utc_and_nothing_else_is(text: str, same: str) -> None:
    assert in_utc(text) == same
