"""Whatever a message does to the process that reads it, it is told of, and so is the next one."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
from digest.apart.told import told_of
from digest.digest import digest_message
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, joined, message

QUICK = Limits(cpu=0.5, wall=20.0, headline=10.0, headline_wall=20.0)
IMPATIENT = Limits(cpu=20.0, wall=0.5, headline=10.0, headline_wall=20.0)
SOUND = message(b"See you on Monday.", {"Subject": "Meeting"})


@pytest.fixture
def reader(hostile: Nursery) -> Iterator[Reader]:
    with Reader(QUICK, hostile) as made:
        yield made


def raw_of(content: bytes) -> RawMessage:
    return RawMessage.in_memory(content)


def evil(subject: str) -> RawMessage:
    headers = {"Subject": subject, "Message-ID": "<1@a.example>"}
    return raw_of(message(b"x", {**headers, "Date": "Mon, 2 Nov 2026 10:00:00 +0800"}))


def child_of(reader: Reader) -> int:
    """The process that reads."""
    reader.start()
    assert reader._child is not None
    return reader._child.process


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for_end(processes: list[int]) -> None:
    """The test's own limit is how long we wait."""
    while any(map(is_alive, processes)):
        time.sleep(0.01)


def test_a_digest_from_the_other_process_is_the_same(reader: Reader) -> None:
    content = message(
        "> 旧\n您好，请报价\n".encode("gbk"),
        {
            "Subject": "=?gbk?B?saiI28E=?= offer",
            "To": "a@example.com",
            "References": "<1@a.example> <2@a.example>",
            "Content-Type": "text/plain; charset=gb2312",
        },
    )
    here = told_of(digest_message(raw_of(content), "a@b.example", ["c@d.example"]))
    there = reader.read(raw_of(content), "a@b.example", ["c@d.example"])
    assert there.as_json() == here.as_json()
    assert there.lineage == here.lineage
    assert there.lineage.references == ("<1@a.example>", "<2@a.example>")
    assert there.broke is None


def test_envelope_and_null_sender_arrive_there(reader: Reader) -> None:
    prose = message(b"550 5.1.1 unknown", {"From": "MAILER-DAEMON@mx.example.net"})
    assert "null-sender" in reader.read(raw_of(prose), "").as_json()["why"]
    assert "null-sender" not in reader.read(raw_of(prose), "a@b.example").as_json()["why"]
    assert reader.read(raw_of(prose), None).as_json()["category"] == "bounce"


@pytest.mark.parametrize("size", [0, 1, 300_000, 2_000_000])
def test_messages_of_any_size_in_memory_or_in_a_file(
    reader: Reader, tmp_path: Path, size: int
) -> None:
    part = (
        b"Content-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n"
    )
    body = joined([part + b"\r\n" + base64_lines(b"\x07" * size)], "b")
    content = message(body, {"Content-Type": "multipart/mixed; boundary=b"})
    path = tmp_path / "m.eml"
    path.write_bytes(content)
    in_memory = raw_of(content)
    for raw in (in_memory, RawMessage.in_file(path, in_memory.size, in_memory.sha256)):
        [attachment] = reader.read(raw).as_json()["attachments"]
        assert attachment["size"] == size


def test_an_empty_message_is_a_message(reader: Reader) -> None:
    assert reader.read(raw_of(b"")).as_json()["text"] == ""


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("loop", "it needed more than 0.5 s of the processor"),
        ("hog", "it needed too much memory"),
        ("creep", "it needed too much memory"),
        ("crash", "its process died of SIGSEGV"),
        ("abort", "its process died of SIGABRT"),
        ("leave", "its process ended with status 3"),
        ("killed", "the process that read it was killed"),
        ("fault", "it met a fault of ours"),
    ],
)
def test_what_breaks_the_reader_is_told_by_its_header_and_the_next_is_read(
    reader: Reader, subject: str, why: str
) -> None:
    told = reader.read(evil(subject), "a@example.com", ["b@example.com"])
    assert told.broke == f"our reader gave up: {why}; the bytes are kept"
    said = told.as_json()
    assert said["defects"] == [told.broke]
    assert said["why"] == ["unreadable"]
    assert said["subject"] == subject
    assert said["from"] == {"name": "Li Wei", "address": "li@example.com"}
    assert said["message_id"] == "<1@a.example>"
    assert said["date"] == "2026-11-02T10:00:00+08:00"
    assert told.lineage.message_id == "<1@a.example>"
    assert reader.read(raw_of(SOUND)).as_json()["text"] == "See you on Monday."


def test_who_only_waits_is_ended_by_the_clock(hostile: Nursery) -> None:
    with Reader(IMPATIENT, hostile) as reader:
        told = reader.read(evil("sleep"))
        assert told.broke == "our reader gave up: it needed more than 0.5 s; the bytes are kept"
        assert told.as_json()["subject"] == "sleep"
        assert reader.read(evil("fine")).broke is None


def test_where_even_the_header_takes_too_long_the_answer_is_only_that(hostile: Nursery) -> None:
    with Reader(Limits(0.0001, 20.0, headline=0.0001, headline_wall=0.0001), hostile) as reader:
        said = reader.read(evil("loop")).as_json()
        assert said["subject"] is None
        assert said["why"] == ["unreadable"]


def test_a_fault_of_ours_is_in_the_log_with_its_place(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "postern.digest"):
        reader.read(evil("fault"))
    assert "ValueError: a fault of ours" in caplog.text
    assert "event=digest-broke" in caplog.text


def test_a_reader_cannot_write_files(reader: Reader) -> None:
    process = child_of(reader)
    reader.read(evil("write"))
    assert reader.read(raw_of(SOUND)).broke is None
    written = Path(f"/tmp/reader-{process}")
    assert not written.exists() or not written.stat().st_size
    written.unlink(missing_ok=True)


def test_a_reader_has_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTERN_SECRET", "x")
    with Reader() as reader:
        environment = Path(f"/proc/{child_of(reader)}/environ").read_bytes()
    assert b"POSTERN_SECRET" not in environment


def test_a_child_killed_between_two_messages_costs_neither(reader: Reader) -> None:
    for _ in range(3):
        os.kill(child_of(reader), signal.SIGKILL)
        told = reader.read(raw_of(SOUND))
        assert (told.broke, told.as_json()["subject"]) == (None, "Meeting")


def test_children_killed_at_any_moment_cost_at_most_an_answer(hostile: Nursery) -> None:
    with Reader(QUICK, hostile) as reader:
        stop = threading.Event()

        def kill_now_and_then() -> None:
            pause = 0.013  # grows, because a busy machine may need longer for any message
            while not stop.wait(pause):
                pause *= 1.03
                child = reader._child
                if child is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child.process, signal.SIGKILL)

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        try:
            tolds = [reader.read(raw_of(SOUND)) for _ in range(150)]
        finally:
            stop.set()
            killer.join()
        for told in tolds:
            assert told.broke is not None or told.as_json()["text"] == "See you on Monday."
        assert any(told.broke is None for told in tolds)
        assert reader.read(raw_of(SOUND)).broke is None


def test_a_nursery_that_was_killed_is_started_again() -> None:
    with Reader(QUICK) as reader:
        child = child_of(reader)
        os.kill(parent_of(child), signal.SIGKILL)
        wait_for_end([child])
        assert reader.read(raw_of(SOUND)).as_json()["subject"] == "Meeting"


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_closing_ends_all_processes_and_reading_starts_them_again() -> None:
    reader = Reader()
    processes = [child_of(reader), parent_of(child_of(reader))]
    reader.close()
    wait_for_end(processes)
    assert reader.read(raw_of(SOUND)).broke is None
    reader.close()


def test_the_terminal_s_signals_are_left_to_the_parent(reader: Reader) -> None:
    process = child_of(reader)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(process, number)
        os.kill(parent_of(process), number)
    reader.read(raw_of(SOUND))
    assert child_of(reader) == process


_ORPHANS = """
import os, signal, time
from digest.apart.reader import Reader
reader = Reader()
reader.start()
child = reader._child.process
parent = int(open(f"/proc/{child}/stat").read().rpartition(")")[2].split()[1])
print(child, parent, flush=True)
time.sleep(600)
"""


def test_a_parent_that_is_killed_leaves_no_orphan() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ORPHANS], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert len(processes) == 2
        parent.kill()
    wait_for_end(processes)


def test_a_large_message_leaves_no_large_process(hostile: Nursery) -> None:
    fields = {"Content-Type": "image/png", "Content-Transfer-Encoding": "base64"}
    large = raw_of(message(base64_lines(b"\x07" * 60_000_000), fields))
    with Reader(Limits(cpu=60.0, wall=60.0), hostile) as reader:
        process = child_of(reader)
        assert reader.read(large).as_json()["attachments"][0]["size"] == 60_000_000
        assert reader.read(raw_of(SOUND)).broke is None
        assert not is_alive(process)


def test_several_threads_have_readers_of_one_nursery(hostile: Nursery) -> None:
    found: list[str | None] = []

    def work(number: int) -> None:
        with Reader(QUICK, hostile) as reader:
            for turn in range(5):
                subject = "crash" if turn == number else f"{number}.{turn}"
                found.append(reader.read(evil(subject)).as_json()["subject"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 15
    assert found.count("crash") == 3
