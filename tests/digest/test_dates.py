"""When a message says that it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.dates import read_date

DATES = [
    ("Tue, 3 Nov 2026 14:05:06 +0800", "2026-11-03T14:05:06+08:00"),
    ("3 Nov 2026 14:05 -0330", "2026-11-03T14:05:00-03:30"),
    ("Tue, 03 Nov 2026 14:05:06 GMT", "2026-11-03T14:05:06+00:00"),
    ("Tue, 03 Nov 2026 14:05:06 -0000", "2026-11-03T14:05:06+00:00"),
    ("Tue, 3 Nov 2026 14:05:06 +0800 (CST)", "2026-11-03T14:05:06+08:00"),
    ("Tue,3 Nov 2026 14:05:06 EST", "2026-11-03T14:05:06-05:00"),
    ("Tue, 3 Nov 26 14:05:06 +0000", "2026-11-03T14:05:06+00:00"),
    ("Tue, 3 Nov 99 14:05:06 +0000", "1999-11-03T14:05:06+00:00"),
    ("Tue, 3 November 2026 14:05:06", "2026-11-03T14:05:06+00:00"),
    ("Tue Nov  3 14:05:06 2026", "2026-11-03T14:05:06+00:00"),
    ("3-Nov-2026 14:05:06 +0000", "2026-11-03T14:05:06+00:00"),
    ("2026-11-03T14:05:06+08:00", "2026-11-03T14:05:06+08:00"),
    ("2026-11-03 14:05:06", "2026-11-03T14:05:06+00:00"),
    ("Tue, 31 Dec 2026 23:59:60 +0000", "2026-12-31T23:59:59+00:00"),
    ("Tue, 3 Nov 2026 14:05:06 +9999", "2026-11-03T14:05:06+00:00"),
]


@pytest.mark.parametrize(("written", "read"), DATES)
def test_dates_are_read_as(written: str, read: str) -> None:
    date = read_date(written.encode())
    assert date is not None
    assert date.isoformat() == read


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "32 Nov 2026 10:00", "3 Foo 2026 10:00", "0-0-0 99:99", "\xff" * 50],
)
def test_what_is_no_date_has_none(written: str) -> None:
    assert read_date(written.encode("latin-1")) is None


@given(
    st.binary(max_size=60)
    | st.from_regex(r"\d{1,2} Dec \d{4} \d\d:\d\d:\d\d [+-]\d{4}").map(str.encode)
)
def test_a_date_is_aware_or_none(written: bytes) -> None:
    date = read_date(written)
    assert date is None or date.utcoffset() is not None
