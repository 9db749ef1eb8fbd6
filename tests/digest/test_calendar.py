"""Invitations."""

import binascii
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.calendar import read_calendar
from digest.timezone import windows_zones
from tests.digest.messages import base64_lines, json_of, multipart, part

EVENT = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nDTSTART:16010101T000000\nEND:VTIMEZONE\n"
    "BEGIN:VEVENT\n{start}\n"
    "SUMMARY;LANGUAGE=zh-CN:报价会议\\, 2 号\n 厅\nEND:VEVENT\nEND:VCALENDAR\n"
)
STARTS = [
    ("DTSTART:20261201T090000Z", "2026-12-01T09:00:00Z"),
    ("DTSTART;TZID=Asia/Shanghai:20261201T090000", "2026-12-01T09:00:00+08:00"),
    ("DTSTART;TZID=China Standard Time:20261201T090000", "2026-12-01T09:00:00+08:00"),
    ('DTSTART;TZID="W. Europe Standard Time":20260701T090000', "2026-07-01T09:00:00+02:00"),
    (
        "DTSTART;TZID=/x.example/20050126_1/Europe/Berlin:20260101T090000",
        "2026-01-01T09:00:00+01:00",
    ),
    ('DTSTART;TZID="(UTC+05:30) Chennai, Kolkata":20261201T090000', "2026-12-01T09:00:00+05:30"),
    ('DTSTART;VALUE=DATE-TIME;TZID="Customized":20261201T090000', "2026-12-01T09:00:00"),
    ("DTSTART:20261201T090000", "2026-12-01T09:00:00"),
    ("dtstart:20261201T090000z", "2026-12-01T09:00:00Z"),
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


# As Outlook writes it for a zone that somebody made by hand.
OWN_ZONE = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n"
    "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART;TZID=Customized Time Zone:{at}\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("at", "start"),
    [
        ("20261201T090000", "2026-12-01T09:00:00+02:00"),
        ("20260701T090000", "2026-07-01T09:00:00+03:00"),
        ("20260329T010000", "2026-03-29T01:00:00+02:00"),
        ("20261025T040000", "2026-10-25T04:00:00+02:00"),
    ],
)
def test_a_zone_that_only_the_entry_explains_is_understood(at: str, start: str) -> None:
    calendar = read_calendar(OWN_ZONE.format(at=at), None)
    assert calendar is not None
    assert calendar.start == start


def test_an_exception_of_a_series_is_not_its_beginning() -> None:
    text = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nRECURRENCE-ID:20261208T090000Z\n"
        "DTSTART:20261208T100000Z\nSUMMARY:moved\nEND:VEVENT\nBEGIN:VEVENT\n"
        "DTSTART:20261201T090000Z\nRRULE:FREQ=WEEKLY\nSUMMARY:weekly\nEND:VEVENT\n"
    )
    calendar = read_calendar(text, None)
    assert calendar is not None
    assert (calendar.start, calendar.summary) == ("2026-12-01T09:00:00Z", "weekly")


def test_an_alarm_does_not_name_the_entry() -> None:
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\nSUMMARY:Alarm\nEND:VALARM\n"
        "SUMMARY:Talk\nDTSTART;VALUE=DATE:20261201\nEND:VEVENT\n"
    )
    calendar = read_calendar(text, "reply")
    assert calendar is not None
    assert calendar.as_json() == {"method": "REPLY", "start": "2026-12-01", "summary": "Talk"}


def test_an_old_calendar_may_encode_single_values() -> None:
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nDTSTART:20261201T090000Z\r\n"
        "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=E6=8A=A5=E4=BB=B7=E4=BC=\r\n=9A=E8=AE=AE\r\n"
        "END:VEVENT\r\n"
    )
    calendar = read_calendar(text, None)
    assert calendar is not None
    assert calendar.summary == "报价会议"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "REPLY", "COUNTER", "PUBLISH"])
def test_an_invitation_may_be_a_mere_file(method: str) -> None:
    text = EVENT.replace("METHOD:REQUEST", f"METHOD:{method}")
    invitation = part(
        base64_lines(text.format(start="DTSTART:20261201T090000Z").encode()),
        content_type='application/octet-stream; name="invite.ics"',
        content_transfer_encoding="base64",
        content_disposition='attachment; filename="invite.ics"',
    )
    said = json_of(multipart("multipart/mixed", [part(b"See the file."), invitation]))
    assert said["calendar"]["method"] == method
    assert said["calendar"]["start"] == "2026-12-01T09:00:00Z"
    assert said["calendar"]["summary"] == "报价会议, 2 号厅"


def test_an_invitation_in_quoted_printable_is_folded_twice() -> None:
    text = EVENT.format(start="DTSTART;TZID=Asia/Shanghai:20261201T090000").replace("\n", "\r\n")
    invitation = part(
        binascii.b2a_qp(text.encode(), istext=True),
        content_type='text/calendar; charset="utf-8"; method=REQUEST',
        content_transfer_encoding="quoted-printable",
    )
    said = json_of(multipart("multipart/alternative", [part(b"Please come."), invitation]))
    assert said["calendar"] == {
        "method": "REQUEST",
        "start": "2026-12-01T09:00:00+08:00",
        "summary": "报价会议, 2 号厅",
    }


def test_every_zone_of_windows_is_one_of_the_database() -> None:
    zones = windows_zones()
    assert len(zones) > 130
    assert {zone for zone in zones.values() if zone not in available_timezones()} == set()


LINES = [
    "BEGIN:",
    "END:",
    "VEVENT",
    "VTIMEZONE",
    "STANDARD",
    "DTSTART",
    "TZID",
    ";TZID=x",
    ":",
    "\n",
]
MORE = ["RRULE:FREQ=YEARLY;BYDAY=9SU;BYMONTH=99", "TZOFFSETTO:+9959", "00010101T000000", "=", "Z"]


@given(st.lists(st.sampled_from(LINES + MORE), max_size=60).map("".join) | st.text(max_size=100))
def test_any_text_is_a_calendar_or_none(text: str) -> None:
    calendar = read_calendar("BEGIN:VEVENT\n" + text, None)
    start = calendar.start if calendar else None
    assert start is None or start[:1].isdigit()
