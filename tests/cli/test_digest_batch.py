"""`postern digest --batch` as a program that others start, talk with, and stop."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).parents[2]


def request(number: int, content: bytes = b"Subject: x\r\n\r\nHello") -> bytes:
    message = base64.b64encode(content).decode()
    return json.dumps({"id": number, "message_b64": message}).encode() + b"\n"


class Program:
    """A run of the program."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "cli.main", "digest", "--batch", *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=HOUSE,
        )

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def ask(self, number: int) -> dict[str, Any]:
        self.send(request(number))
        return self.answer()

    def family(self) -> list[int]:
        """The nursery and its children."""
        nurseries = children_of(self.process.pid)
        return [*nurseries, *(child for one in nurseries for child in children_of(one))]

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def children_of(process: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            found += [int(word) for word in (thread / "children").read_text().split()]
    return found


def wait_for_end(processes: list[int]) -> None:
    """The test's own limit is how long we wait."""
    while any(map(is_alive, processes)):
        time.sleep(0.01)


def is_alive(process: int) -> bool:
    """Whether there is such a process; one that nobody has waited for yet is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def program() -> Iterator[Program]:
    started = Program("--readers", "2")
    yield started
    started.end()


def test_each_answer_comes_before_the_next_request(program: Program) -> None:
    assert [program.ask(number)["id"] for number in range(3)] == [0, 1, 2]


def test_answers_are_in_order_however_long_each_takes(program: Program) -> None:
    large = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    large += base64.encodebytes(b"\x07" * 2_000_000)
    contents = [large if number % 5 == 0 else b"\r\nx" for number in range(40)]
    lines = [request(number, content) for number, content in enumerate(contents)]
    out, _ = program.process.communicate(b"".join(lines))
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(40))
    assert [len(answer["attachments"]) for answer in answers] == [
        int(number % 5 == 0) for number in range(40)
    ]
    assert program.process.returncode == 0


def test_readers_that_are_killed_cost_no_answer(program: Program) -> None:
    for number in range(6):
        assert program.ask(number)["text"] == "Hello"
        for child in program.family()[1:]:
            os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_program_ends_its_children(program: Program, number: int) -> None:
    program.ask(1)
    family = program.family()
    assert len(family) == 3
    program.process.send_signal(number)
    program.process.wait()
    wait_for_end(family)
    assert program.process.stderr is not None
    assert b"Traceback" not in program.process.stderr.read()


def test_nobody_who_reads_is_the_end(program: Program) -> None:
    program.ask(1)
    family = program.family()
    assert program.process.stdout is not None
    program.process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        for number in range(1000):
            program.send(request(number))
    assert program.process.wait() == 1
    wait_for_end(family)


def test_a_line_of_rubbish_costs_only_its_own_answer(program: Program) -> None:
    deep = b'{"id": ' + b"[" * 900 + b"]" * 900 + b', "message_b64": "eA=="}\n'
    program.send(b"\xff\xfe\n" + deep + b'{"id": {"a": 1}, "message_b64": "S\\u00fc"}\n')
    program.send(b'{"id": "wrapped", "message_b64": "U3ViamVj\\ndDogeA0K\\r\\nDQp5"}\n')
    first, second, third, fourth = (program.answer() for _ in range(4))
    assert first["id"] is None
    assert first["error"]
    assert "id" in second
    assert (third["id"], bool(third["error"])) == ({"a": 1}, True)
    assert (fourth["id"], fourth["subject"], fourth["text"]) == ("wrapped", "x", "y")


def test_an_id_that_json_cannot_say_is_refused(program: Program) -> None:
    program.send(b'{"id": 1e400, "message_b64": "eA=="}\n')
    answer = program.answer()
    assert (answer["id"], "JSON compliant" in answer["error"]) == (None, True)


def test_a_last_line_without_an_end_is_answered(program: Program) -> None:
    out, _ = program.process.communicate(request(1).rstrip())
    assert json.loads(out)["id"] == 1


def test_a_wrong_number_of_readers_is_a_wrong_usage() -> None:
    program = Program("--readers", "0")
    _, errors = program.process.communicate(b"")
    assert program.process.returncode == 2
    assert b"1 to 64" in errors
