"""Each program under the system calls that its unit allows: it starts, works, and ends."""

import ctypes.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import Server, until
from tests.services import require
from tests.systemd.confined import allowed_by
from tests.wire import Wire

FOLDER = Path(__file__).parent.parent.parent / "systemd"
MAIL = b"From: v@open.test\r\nSubject: half way\r\n\r\n" + b"hello\r\n" * 60_000
ZONE = """
open.test:
  - TXT: "v=spf1 ip4:127.0.0.1 -all"
"""


@pytest.fixture
def house(tmp_path: Path) -> Server:
    """An installation whose programs are to be confined."""
    require("systemd-analyze")
    if ctypes.util.find_library("seccomp") is None:
        require("the library libseccomp2")
    (tmp_path / "zones.yaml").write_text(ZONE)
    server = Server(tmp_path, zones=tmp_path / "zones.yaml")
    server.take()
    return server


def start(house: Server, role: str) -> None:
    unit = FOLDER / f"postern-{role}.service"
    house.wrapper = ("-m", "tests.systemd.confined", str(unit))
    house.start("--only", role)


def test_the_door_takes_mail_changes_over_and_replaces_who_dies(house: Server) -> None:
    start(house, "smtp")
    with Wire(house.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")
    assert house.process is not None
    house.process.send_signal(signal.SIGHUP)
    until(lambda: "event=reloaded" in house.log.read_text())
    first = house.programs()["postern-smtp-1"]
    os.kill(first, signal.SIGKILL)
    until(lambda: house.programs().get("postern-smtp-1", first) != first)
    with Wire(house.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")
    assert house.stop() == 0
    assert "Traceback" not in house.log.read_text()


def test_the_console_answers(house: Server) -> None:
    start(house, "web")
    with house.api() as api:
        assert api.get("/messages").status_code == 200
    assert house.stop() == 0
    assert "Traceback" not in house.log.read_text()


def test_the_worker_makes_digests(house: Server) -> None:
    house.start("--only", "smtp")
    with Wire(house.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")
    assert house.stop() == 0
    start(house, "worker")
    until(lambda: "event=digested" in house.log.read_text())
    assert house.stop() == 0
    assert "Traceback" not in house.log.read_text()


def test_what_the_units_leave_out_is_really_refused() -> None:
    unit = FOLDER / "postern-smtp.service"
    assert "clone" in allowed_by(unit)
    assert not {"mount", "setuid", "chown", "keyctl"} & allowed_by(unit)
    words = "-c", "import os; os.chown('/tmp', -1, -1)"
    shown = subprocess.run(
        [sys.executable, "-m", "tests.systemd.confined", str(unit), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PermissionError" in shown.stderr
