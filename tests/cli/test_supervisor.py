"""Parents and children, as real processes: who dies, hangs, is replaced, and who never notices."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0


class Family:
    """The supervisor of `tests.cli.family`, and what its programs said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ)
        self.wish()

    def wish(self, generation: int = 1, **wishes: Any) -> None:
        """What the programs are to do, from the next start or SIGHUP on."""
        content = {"programs": ["one", "two"], "generation": generation, **wishes}
        (self.folder / "wishes").write_text(json.dumps(content))

    def start(self) -> None:
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.family", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        return self.process.wait(timeout=PATIENCE)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def said(self) -> list[str]:
        """Every line, without the process id."""
        return [line.rpartition(" ")[0] for line in self._events()]

    def pid_of(self, line: str) -> int:
        """Who said that last."""
        found = [event for event in self._events() if event.rpartition(" ")[0] == line]
        return int(found[-1].rpartition(" ")[2])

    def _events(self) -> list[str]:
        path = self.folder / "events"
        return path.read_text().splitlines() if path.exists() else []

    def until(self, *lines: str, times: int = 1) -> None:
        """Each of `lines` was said so often."""
        until(lambda: all(self.said.count(line) >= times for line in lines), self)


def until(condition: Callable[[], bool], family: Family) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, (family.said, family.log)
        time.sleep(0.02)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path)
    yield made
    with contextlib.suppress(ProcessLookupError):  # all are gone
        os.killpg(made.process.pid, signal.SIGKILL)
    made.end()


def is_gone(pid: int) -> bool:
    """Whether there is no such process, or one that nobody has waited for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_sigterm_ends_all_and_the_exit_status_is_0(family: Family) -> None:
    family.start()
    family.until("all ready")
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert {"one stop 1", "two stop 1", "one gone 1", "two gone 1"} <= set(family.said)


def test_a_program_that_cannot_start_stops_all_with_2(family: Family) -> None:
    family.wish(dies="two")
    family.start()
    assert family.end() == 2
    assert "postern: two: I cannot live under these conditions" in family.log
    assert "all ready" not in family.said
    assert is_gone(family.pid_of("one born 1"))


def test_one_that_is_killed_is_replaced_and_its_sister_is_left_alone(family: Family) -> None:
    family.start()
    family.until("all ready")
    os.kill(family.pid_of("one born 1"), signal.SIGKILL)
    family.until("one born 1", times=2)
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert family.said.count("two born 1") == 1
    assert "event=died program=one cause=SIGKILL" in family.log


def test_one_that_hangs_writes_where_and_is_replaced(family: Family) -> None:
    family.wish(hangs="one", hang=2)
    family.start()
    family.until("one born 1")
    family.wish()
    family.until("one born 1", times=2)
    family.send(signal.SIGKILL)
    family.end()
    assert "event=hangs program=one" in family.log
    assert "cause=SIGABRT" in family.log
    assert "in stand_still" in family.log
    assert family.said.count("two born 1") == 1


def test_one_that_is_stopped_does_not_answer_and_is_killed_in_the_end(family: Family) -> None:
    family.wish(hang=2)
    family.start()
    family.until("all ready")
    os.kill(family.pid_of("one born 1"), signal.SIGSTOP)
    family.until("one born 1", times=2)
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "signal=SIGKILL: it does not answer" in family.log


def test_one_that_never_becomes_ready_stops_all(family: Family) -> None:
    family.wish(never_ready="two", start=4)
    family.start()
    assert family.end() == 2
    assert "program=two" in family.log
    assert "it does not become ready" in family.log


def test_who_was_frozen_himself_blames_nobody(family: Family) -> None:
    """As when a virtual machine is paused, all of it."""
    family.wish(hang=2)
    family.start()
    family.until("all ready")
    everybody = [family.pid_of("one born 1"), family.pid_of("two born 1"), family.process.pid]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(4)
    for pid in reversed(everybody):
        os.kill(pid, signal.SIGCONT)
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "event=hangs" not in family.log


def test_a_second_sigterm_waits_for_nobody(family: Family) -> None:
    family.wish(stubborn="two")
    family.start()
    family.until("all ready")
    family.send(signal.SIGTERM)
    family.until("two stop 1", "one gone 1")
    assert family.process.poll() is None
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "two hurry 1" in family.said


def test_who_does_not_end_in_time_is_killed(family: Family) -> None:
    family.wish(stubborn="two", limit=1)
    family.start()
    family.until("all ready")
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "event=killed program=two reason=did-not-stop" in family.log


def test_sighup_brings_new_programs_before_the_old_ones_retire(family: Family) -> None:
    family.start()
    family.until("all ready")
    family.wish(generation=2, programs=["one", "two", "three"])
    family.send(signal.SIGHUP)
    family.until("one gone 1", "two gone 1", "three born 2")
    assert family.said.index("three born 2") < family.said.index("one retire 1")
    os.kill(family.pid_of("three born 2"), signal.SIGKILL)
    family.until("three born 2", times=2)
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "two gone 2" in family.said


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_change_is_done_when_no_old_program_takes_anybody(
    family: Family, is_killed: bool
) -> None:
    """Each of them says so, or is gone."""
    family.wish(closes_with="closing time", seconds_to_end=60, limit=1)
    family.start()
    family.until("all ready")
    family.wish(generation=2, limit=1)
    family.send(signal.SIGHUP)
    family.until("one retire 1", "two retire 1")
    assert "event=reloaded" not in family.log
    if is_killed:
        for line in ("one born 1", "two born 1"):
            os.kill(family.pid_of(line), signal.SIGKILL)
    else:
        (family.folder / "closing time").touch()
    until(lambda: "event=reloaded programs=one,two" in family.log, family)
    assert {f"{name} closed 1" in family.said for name in ("one", "two")} == {not is_killed}
    family.send(signal.SIGTERM)
    family.send(signal.SIGTERM)
    assert family.end() == 0


@pytest.mark.parametrize("wrong", ["{", '{"programs": ["one", "x"], "generation": 2, "dies": "x"}'])
def test_a_wrong_configuration_changes_nothing_and_is_said_in_a_line(
    family: Family, wrong: str
) -> None:
    family.start()
    family.until("all ready")
    (family.folder / "wishes").write_text(wrong)
    family.send(signal.SIGHUP)
    until(lambda: "event=reload-refused" in family.log, family)
    assert "the configuration of before stays in force" in family.log
    assert "Traceback" not in family.log
    assert not is_gone(family.pid_of("one born 1"))
    family.wish(generation=3)
    family.send(signal.SIGHUP)
    family.until("one gone 1", "one born 3")
    family.send(signal.SIGTERM)
    assert family.end() == 0


def test_who_does_not_leave_is_asked_again_by_the_next_change(family: Family) -> None:
    family.wish(stubborn="two")
    family.start()
    family.until("all ready")
    for generation in (2, 3):
        family.wish(generation=generation)
        family.send(signal.SIGHUP)
        family.until(f"two born {generation}", f"two retire {generation - 1}")
    family.until("two will not 1")
    family.send(signal.SIGTERM)
    family.until("one gone 3")
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "two hurry 1" in family.said


def test_who_has_a_successor_has_all_the_time_that_it_may_take_to_end(family: Family) -> None:
    family.wish(retire=0, seconds_to_end=2)
    family.start()
    family.until("all ready")
    family.wish(generation=2)
    family.send(signal.SIGHUP)
    family.until("one gone 1", "two gone 1")
    family.send(signal.SIGTERM)
    assert family.end() == 0
    assert "event=killed" not in family.log


def test_who_does_not_leave_in_that_time_is_killed(family: Family) -> None:
    family.wish(retire=0, limit=1, stubborn="two")
    family.start()
    family.until("all ready")
    family.wish(generation=2)
    family.send(signal.SIGHUP)
    until(lambda: "event=killed program=two reason=did-not-retire" in family.log, family)
    family.until("one gone 1")
    family.send(signal.SIGTERM)
    assert family.end() == 0


def test_sigterm_to_the_whole_group_is_not_a_second_one(family: Family) -> None:
    family.wish(stubborn="two")
    family.start()
    family.until("all ready")
    for line in ("one born 1", "two born 1"):
        os.kill(family.pid_of(line), signal.SIGTERM)
    family.send(signal.SIGTERM)
    family.until("two will not 1", "one gone 1")
    assert "two hurry 1" not in family.said
    family.send(signal.SIGTERM)
    assert family.end() == 0


def test_orphans_stop_by_themselves(family: Family) -> None:
    family.start()
    family.until("all ready")
    family.send(signal.SIGKILL)
    family.end()
    family.until("one gone 1", "two gone 1")
    for name in ("one", "two"):
        pid = family.pid_of(f"{name} gone 1")
        until(partial(is_gone, pid), family)


@pytest.fixture
def manager(family: Family) -> Iterator[socket.socket]:
    """What a service manager hears that has a watchdog."""
    place = str(family.folder / "notify")
    family.environment.update(NOTIFY_SOCKET=place, WATCHDOG_USEC="1000000")
    family.environment.pop("WATCHDOG_PID", None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(place)
        listening.settimeout(PATIENCE)
        yield listening


def test_the_service_manager_hears_each_step(family: Family, manager: socket.socket) -> None:
    family.start()
    heard = listen_until(manager, "READY=1")
    heard += listen_until(manager, "WATCHDOG=1")
    family.wish(generation=2)
    family.send(signal.SIGHUP)
    heard += listen_until(manager, "RELOADING=1")
    heard += listen_until(manager, "READY=1")
    family.send(signal.SIGTERM)
    heard += listen_until(manager, "STOPPING=1")
    assert family.end() == 0
    lines = [line for one in heard for line in one.split("\n")]
    assert "STATUS=Serving: one, two" in lines
    assert any(line.startswith("MONOTONIC_USEC=") for line in lines)


def listen_until(manager: socket.socket, wanted: str) -> list[str]:
    heard: list[str] = []
    while not any(wanted in one.split("\n") for one in heard):
        heard.append(manager.recv(4096).decode())
    return heard


def test_the_watchdog_is_not_fed_while_a_program_hangs(
    family: Family, manager: socket.socket
) -> None:
    """Its end is our affair first; should we not manage, it is systemd's."""
    family.wish(hang=2)
    family.start()
    listen_until(manager, "READY=1")
    os.kill(family.pid_of("one born 1"), signal.SIGSTOP)
    until(lambda: "event=hangs program=one" in family.log, family)
    drain(manager)
    listen_until(manager, "WATCHDOG=1")
    assert "event=died program=one cause=SIGKILL" in family.log
    family.send(signal.SIGTERM)
    assert family.end() == 0


def drain(manager: socket.socket) -> None:
    """What was said until now."""
    manager.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            manager.recv(4096)
    manager.settimeout(PATIENCE)
