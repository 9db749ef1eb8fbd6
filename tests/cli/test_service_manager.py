"""sd_notify(3), heard on a real datagram socket."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.service_manager import ServiceManager
from tests.services import require


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens as systemd does, and its name as NOTIFY_SOCKET has it."""
    if request.param == "path":
        address = name = str(tmp_path / "notify")
    else:
        address, name = f"\0postern-{os.getpid()}-{tmp_path.name}", ""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(address)
        one.settimeout(20)
        yield one, name or "@" + address[1:]


def test_each_step_is_said(ear: tuple[socket.socket, str]) -> None:
    listening, name = ear
    manager = ServiceManager(name)
    manager.ready("Serving: smtp-1")
    assert listening.recv(4096) == b"READY=1\nSTATUS=Serving: smtp-1"
    manager.status("Serving: smtp-1")
    manager.alive()
    assert listening.recv(4096) == b"WATCHDOG=1", "the same status is not said twice"
    manager.status("Serving: nobody")
    assert listening.recv(4096) == b"STATUS=Serving: nobody"
    manager.stopping()
    assert listening.recv(4096).startswith(b"STOPPING=1\n")


def test_reloading_is_said_with_the_time(ear: tuple[socket.socket, str]) -> None:
    listening, name = ear
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    ServiceManager(name).reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    state, at, _ = listening.recv(4096).decode().split("\n")
    assert state == "RELOADING=1"
    assert before <= int(at.removeprefix("MONOTONIC_USEC=")) <= after


def test_a_status_is_one_line_whatever_a_name_is(ear: tuple[socket.socket, str]) -> None:
    listening, name = ear
    ServiceManager(name).status("Serving\nMAINPID=1")
    assert listening.recv(4096) == b"STATUS=Serving?MAINPID=1"


def test_what_is_said_has_the_form_of_systemd_notify(tmp_path: Path) -> None:
    """Debian's own program, heard with the same ear."""
    notify = require("systemd-notify")
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(60)
        subprocess.run(
            [notify, "--no-block", "--ready", "--status=Serving: smtp-1"],
            env={**os.environ, "NOTIFY_SOCKET": address},
            check=False,
            timeout=60,
        )
        theirs = listening.recv(4096).decode().strip().split("\n")
        ServiceManager(address).ready("Serving: smtp-1")
        ours = listening.recv(4096).decode().split("\n")
    assert set(ours) <= set(theirs)


def test_nobody_who_listens_is_no_trouble(tmp_path: Path) -> None:
    for manager in (ServiceManager(), ServiceManager(str(tmp_path / "gone"))):
        manager.ready("Serving")
        manager.alive()


def test_the_environment_is_read_once_and_left_clean() -> None:
    environment = {
        "NOTIFY_SOCKET": "@x",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }
    assert ServiceManager.of(environment).watchdog == 30
    assert environment == {"HOME": "/"}
    assert ServiceManager.of(environment).watchdog is None


@pytest.mark.parametrize(("usec", "pid"), [("30000000", "1"), ("0", ""), ("soon", "")])
def test_a_watchdog_that_is_not_ours_is_left_alone(usec: str, pid: str) -> None:
    environment = {"WATCHDOG_USEC": usec, "WATCHDOG_PID": pid or str(os.getpid())}
    assert ServiceManager.of(environment).watchdog is None
