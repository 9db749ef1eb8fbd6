"""The reader of mbox files: every variant, hostile ones, and blocks that end anywhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.moving import mbox
from cli.moving.formats import Variant
from cli.moving.found import Unreadable, on_the_wire
from cli.moving.mbox import read_mbox
from cli.moving.mboxrd import from_line, is_whole, quoted
from mail.errors import SettingsProblem
from mail.raw import RawMessage
from tests.store.moving import WHOLE

LINE = b"From a@b.example Fri Nov 20 12:00:00 2026\n"
LARGEST = 1_000_000


def read(path: Path, variant: str = "auto", start: int = 0) -> list[bytes]:
    return [one.read() for one in read_mbox(path, start, Variant(variant), LARGEST)]


def written(path: Path, *pieces: bytes) -> Path:
    path.write_bytes(b"".join(pieces))
    return path


def exported(messages: list[bytes]) -> bytes:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return b"".join(
        from_line("a@b.example", at) + b"".join(quoted(RawMessage.in_memory(one)))
        for one in messages
    )


@pytest.mark.parametrize("name", WHOLE)
def test_what_was_quoted_comes_back(tmp_path: Path, name: str) -> None:
    messages = [b"A: 1\r\n\r\n", WHOLE[name], b"A: 2\r\n\r\n"]
    assert read(written(tmp_path / "x", exported(messages)), "mboxrd") == messages


def test_blocks_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [*WHOLE.values()]
    path = written(tmp_path / "x", exported([one[:3000] + b"\r\n" for one in messages]))
    whole = read(path, "mboxrd")
    for size in (1, 2, 3, 7, 41, 64):
        monkeypatch.setattr(mbox, "BLOCK", size)
        assert read(written(tmp_path / "y", path.read_bytes()[:4000]), "mboxrd")[:3] == whole[:3]


def test_reading_goes_on_where_it_was_told(tmp_path: Path) -> None:
    path = written(tmp_path / "x", exported([b"A: %d\r\n\r\n" % n for n in range(5)]))
    found = list(read_mbox(path, 0, Variant.MBOXRD, LARGEST))
    assert read(path, "mboxrd", start=found[1].next) == [one.read() for one in found[2:]]
    assert read(path, "mboxrd", start=found[-1].next) == []


def test_an_mboxo_has_only_its_one_level(tmp_path: Path) -> None:
    path = written(tmp_path / "x", LINE, b"A: b\n\n>From x\n>>From y\n\n")
    assert read(path, "mboxo") == [b"A: b\n\nFrom x\n>>From y\n"]
    assert read(path) == [b"A: b\n\nFrom x\n>From y\n"]


def counted(body: bytes) -> bytes:
    return LINE + b"A: b\nContent-Length: %d\n\n" % len(body) + body + b"\n"


def test_content_length_is_believed_where_it_is_always_right(tmp_path: Path) -> None:
    path = written(tmp_path / "x", counted(b"one\n"), counted(b">From two\n"), counted(b""))
    bodies = [one.partition(b"\n\n")[2] for one in read(path)]
    assert bodies == [b"one\n", b">From two\n", b""]


def test_who_writes_a_from_line_into_an_mboxcl2_is_asked_about(tmp_path: Path) -> None:
    inner = b"text\n\n" + LINE + b"Subject: inside\n\nx\n"
    path = written(tmp_path / "x", counted(inner), counted(b"two\n"))
    with pytest.raises(SettingsProblem, match="say --variant mboxcl2 or mboxrd"):
        read(path)
    assert len(read(path, "mboxcl2")) == 2
    assert len(read(path, "mboxrd")) == 3


def test_a_stranger_cannot_hide_other_mail_behind_his_content_length(tmp_path: Path) -> None:
    rest = LINE + b"Subject: hidden\n\nsecret\n\n"
    hiding = b"A: b\nContent-Length: %d\n\nx\n" % (len(rest) + 3)
    path = written(tmp_path / "x", LINE, b"Subject: first\n\n1\n\n", LINE, hiding, b"\n", rest)
    assert [b"Subject: hidden" in one for one in read(path)] == [False, False, True]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("From a@b.example Fri Nov 20 12:00:00 2026", "2026-11-20T12:00:00+00:00"),
        ("From - Fri Nov  6 12:00:00 2026", "2026-11-06T12:00:00+00:00"),
        ("From 17@xxx Fri Nov 20 12:00:00 +0800 2026", "2026-11-20T04:00:00+00:00"),
        ("From a b c Fri Nov 20 12:00 2026", "2026-11-20T12:00:00+00:00"),
        ("From a@b.example Fri Nov 20 12:00:00 2026 +0100", "2026-11-20T11:00:00+00:00"),
        ("From a@b.example Fri Nov 20 12:00:00 2026 remote from x", "2026-11-20T12:00:00+00:00"),
    ],
)
def test_from_lines_of_many_programs_are_known(tmp_path: Path, line: str, moment: str) -> None:
    path = written(tmp_path / "x", line.encode() + b"\r\nA: b\r\n\r\nx\r\n\r\n")
    (found,) = read_mbox(path, 0, Variant.AUTO, LARGEST)
    assert found.noted == datetime.fromisoformat(moment)
    assert found.read() == b"A: b\r\n\r\nx\r\n"


def test_text_that_only_begins_with_from_is_text(tmp_path: Path) -> None:
    text = b"A: b\n\nFrom the start of the year 2026\n\nFrom: x\n"
    assert read(written(tmp_path / "x", LINE, text)) == [text]


def test_a_file_that_is_no_mbox_is_named_with_its_octet(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="octet 0: an mbox begins with a line From"):
        read(written(tmp_path / "x", b"Subject: no\n\n", LINE))


def test_an_empty_mbox_has_no_message(tmp_path: Path) -> None:
    assert read(written(tmp_path / "x", b"")) == []
    assert read(written(tmp_path / "y", b"\n\n")) == []


def test_a_message_that_is_too_large_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "x", exported([b"x" * (LARGEST + 1) + b"\r\n", b"A: b\r\n\r\n"]))
    first, second = read_mbox(path, 0, Variant.MBOXRD, LARGEST)
    with pytest.raises(Unreadable, match="the limit is"):
        first.read()
    assert second.read() == b"A: b\r\n\r\n"


def test_status_fields_tell_who_read_it(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x", LINE, b"Status: RO\nX-Status: AF\n\nStatus: \n", LINE, b"A: b\n\n"
    )
    first, second = read_mbox(path, 0, Variant.AUTO, LARGEST)
    assert (first.marks.seen, first.marks.flagged) == (True, True)
    assert (second.marks.seen, second.marks.flagged) == (False, False)


def test_a_sender_that_would_break_the_line_is_not_written() -> None:
    at = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
    expected = b"From MAILER-DAEMON Mon Nov  2 03:04:05 2026\n"
    assert from_line('"a b\n"@x.example', at) == expected
    assert from_line(None, at) == expected


def test_only_messages_without_any_crlf_get_them() -> None:
    assert on_the_wire(b"a\nb\rc\n") == b"a\r\nb\rc\r\n"
    assert on_the_wire(b"a\nb\r\n") == b"a\nb\r\n"
    assert on_the_wire(b"") == b""


def test_an_mbox_is_told_from_what_it_cannot_carry() -> None:
    assert not is_whole(RawMessage.in_memory(b"no end"))
    assert is_whole(RawMessage.in_memory(b""))
