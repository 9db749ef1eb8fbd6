"""Invitations."""

import pytest

from digest.calendar import read_calendar
from tests.digest.messages import json_of, multipart, part

EVENT = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nDTSTART:16010101T000000\nEND:VTIMEZONE\n"
    "BEGIN:VEVENT\n{start}\n"
    "SUMMARY;LANGUAGE=zh-CN:报价会议\\, 2 号\n 厅\nEND:VEVENT\nEND:VCALENDAR\n"
)
STARTS = [
    ("DTSTART:20261201T090000Z", "2026-12-01T09:00:00Z"),
    ("DTSTART;TZID=Asia/Shanghai:20261201T090000", "2026-12-01T09:00:00+08:00"),
    ("DTSTART;TZID=China Standard Time:20261201T090000", "2026-12-01T09:00:00"),
    ("DTSTART;VALUE=DATE:20261201", "2026-12-01"),
    ("DTSTART:20261301T090000Z", None),
    ("DTSTART;TZID=../../etc/passwd:20261201T090000", "2026-12-01T09:00:00"),
    ("DTSTART;TZID=Asia:20261201T090000", "2026-12-01T09:00:00"),
    ("X:y", None),
]


@pytest.mark.parametrize(("line", "start"), STARTS)
def test_an_invitation_says_when(line: str, start: str | None) -> None:
    calendar = read_calendar(EVENT.format(start=line), None)
    assert calendar is not None
    assert calendar.as_json() == {
        "method": "REQUEST",
        "start": start,
        "summary": "报价会议, 2 号厅",
    }


def test_an_invitation_is_found_among_the_alternatives() -> None:
    invitation = part(
        EVENT.format(start="DTSTART:20261201T090000Z").encode(),
        content_type="text/calendar; charset=utf-8; method=REQUEST",
    )
    said = json_of(multipart("multipart/alternative", [part(b"Please come."), invitation]))
    assert said["text"] == "Please come."
    assert said["calendar"]["start"] == "2026-12-01T09:00:00Z"
    assert [one["content_type"] for one in said["attachments"]] == ["text/calendar"]


def test_an_invitation_without_words_is_why_the_text_is_empty() -> None:
    invitation = part(b"BEGIN:VCALENDAR\nMETHOD:CANCEL\n", content_type="text/calendar")
    said = json_of(multipart("multipart/mixed", [invitation]))
    assert said["blank"] == "only a calendar entry"
    assert said["calendar"] == {"method": "CANCEL", "start": None, "summary": None}


def test_what_is_no_calendar_is_none() -> None:
    assert read_calendar("nothing", None) is None
