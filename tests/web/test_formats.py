"""Dates and sizes as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.fakes import NOON
from web.formats import age_words, date_words, parse_moment, plain, size_words, time_element


@pytest.mark.parametrize(
    ("at", "style", "english", "chinese"),
    [
        (NOON, "short", "12:00 UTC", "12:00 UTC"),
        (datetime(2026, 3, 1, 8, 5, tzinfo=UTC), "short", "1 Mar", "3月1日"),
        (datetime(2025, 3, 1, 8, 5, tzinfo=UTC), "short", "1 Mar 2025", "2025年3月1日"),
        (NOON, "stamp", "20 Nov, 12:00 UTC", "11月20日 12:00 UTC"),
        (NOON, "long", "20 Nov 2026, 12:00 UTC", "2026年11月20日 12:00 UTC"),
        (NOON.astimezone(timezone(timedelta(hours=14))), "short", "12:00 UTC", "12:00 UTC"),
    ],
)
def test_a_date_is_as_long_as_it_must_be_and_says_its_zone(
    at: datetime, style: str, english: str, chinese: str
) -> None:
    assert date_words("en", NOON, at, style) == english
    assert date_words("zh-CN", NOON, at, style) == chinese


def test_a_time_element_has_the_exact_time_for_scripts_and_readers() -> None:
    html = str(time_element("en", NOON, NOON))
    assert 'datetime="2026-11-20T12:00:00Z"' in html
    assert 'title="2026-11-20 12:00:00 UTC"' in html


def test_no_date_is_a_dash() -> None:
    assert "–" in time_element("en", NOON, None)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9949, "9.9 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (52_428_800, "52 MB"),
        (3_400_000_000, "3.4 GB"),
        (10**13, "10000 GB"),
    ],
)
def test_a_size_is_rounded_to_what_matters(octets: int, words: str) -> None:
    assert size_words("en", octets) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 d")]
)
def test_an_age_is_in_its_largest_unit(seconds: int, words: str) -> None:
    assert age_words("en", NOON, NOON - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T20:00:00+08:00", NOON),
        (" 2026-11-20T12:00 ", NOON),
        ("yesterday", None),
        ("", None),
        ("2026-13-01", None),
    ],
)
def test_a_date_is_read_as_rfc_3339_or_a_day(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment


def test_what_would_turn_an_address_around_becomes_a_mark() -> None:
    assert plain("help\u202e@contoso.example\x07") == "help\ufffd@contoso.example\ufffd"
    assert plain("王芳@例子.example") == "王芳@例子.example"
