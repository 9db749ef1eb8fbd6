"""The programs under their supervisor, as whoever runs the machine sees them."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import BECOME_THE_SERVER, PATIENCE, Server, until
from tests.stores import store_for
from tests.wire import Wire

MAIL = b"From: v@open.test\r\nSubject: half way\r\n\r\nhello\r\n"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d [A-Z]+ [a-z.]+\[\d+\] \S")


@pytest.fixture
def house(tmp_path: Path, zones: Path) -> Server:
    """An installation that serves reply.test, and does not run yet."""
    store_for(tmp_path / "data", {"reply.test": "all"})
    return Server(tmp_path, zones=zones)


def open_data(wire: Wire) -> None:
    """A transaction that waits for its message."""
    assert wire.say("EHLO client.test").startswith("250")
    assert wire.say("MAIL FROM:<v@open.test>").startswith("250")
    assert wire.say("RCPT TO:<sales@reply.test>").startswith("250")
    assert wire.say("DATA").startswith("354")


def test_ps_tells_the_programs_apart(house: Server) -> None:
    house.start()
    names = set(house.programs())
    house.stop()
    assert names == {"postern-smtp-1", "postern-smtp-2", "postern-web", "postern-worker"}


def test_a_program_that_dies_is_named_with_its_cause_and_started_again(house: Server) -> None:
    house.start()
    first = house.programs()["postern-worker"]
    os.kill(first, signal.SIGKILL)
    until(lambda: house.programs().get("postern-worker", first) != first)
    house.stop()
    assert "event=died program=worker cause=SIGKILL" in house.log.read_text()


def test_every_line_of_the_log_says_when_where_and_who(house: Server) -> None:
    house.start()
    with Wire(house.smtp_port) as wire:
        open_data(wire)
        wire.send(MAIL + b".\r\n")
        reply = wire.reply()
    house.stop()
    lines = house.log.read_text().splitlines()
    assert [line for line in lines if not LINE.match(line)] == []
    identifier = reply.rpartition("[")[2].rstrip("]")
    assert sum("postern.mta[" in line and identifier in line for line in lines) == 1


def test_who_stops_finishes_what_was_begun_and_leaves_no_newcomer_waiting(house: Server) -> None:
    house.start("--only", "smtp")
    assert house.process is not None
    with Wire(house.smtp_port) as wire:
        open_data(wire)
        house.process.send_signal(signal.SIGTERM)
        until(lambda: not _answers(house.smtp_port))
        wire.send(MAIL + b".\r\n")
        assert wire.reply().startswith("250 2.0.0")
    assert house.stop() == 0


def _answers(port: int) -> bool:
    """Whether a connection is taken; one that is taken and never greeted is a failure."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as newcomer:
            newcomer.recv(1)
    except ConnectionError:
        return False
    return True


def test_a_store_that_was_replaced_defers_mail_and_is_not_ready(house: Server) -> None:
    house.start("--only", "smtp")
    data = house.folder / "data"
    data.rename(house.folder / "elsewhere")
    assert house.told("migrate").returncode == 0
    with Wire(house.smtp_port) as wire:
        wire.say("EHLO client.test")
        assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("4")
    house.stop()
    assert "was replaced by another: start Postern again" in house.log.read_text()


def test_a_socket_handed_over_is_served_and_named_as_it_is(house: Server) -> None:
    """sd_listen_fds(3): a process that becomes the server, as systemd's child does."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        place = f"127.0.0.1:{held.getsockname()[1]}"
        with subprocess.Popen(
            [sys.executable, "-c", BECOME_THE_SERVER, str(held.fileno())],
            env={**house.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "smtp"},
            pass_fds=(held.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as started:
            assert started.stdout is not None
            greeting = next(line for line in started.stdout if "SMTP" in line)
            with Wire(held.getsockname()[1]) as wire:
                open_data(wire)
                wire.send(MAIL + b".\r\n")
                reply = wire.reply()
            started.terminate()
    assert greeting.split() == ["SMTP", place]
    assert reply.startswith("250 2.0.0")


def test_the_console_is_said_to_be_where_the_socket_handed_over_is(house: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        with subprocess.Popen(
            [sys.executable, "-c", BECOME_THE_SERVER, str(held.fileno()), "web"],
            env={**house.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"},
            pass_fds=(held.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as started:
            assert started.stdout is not None
            greeting = next(line for line in started.stdout if "Console" in line)
            started.terminate()
        place = f"127.0.0.1:{held.getsockname()[1]}"
    assert greeting.split() == ["Console", f"http://{place}"]


def test_answers_out_of_a_file_are_refused_for_a_socket_that_strangers_reach(
    house: Server,
) -> None:
    """Whatever smtp.listen says: here systemd has decided."""
    with socket.create_server(("0.0.0.0", 0)) as held:
        shown = subprocess.run(
            [sys.executable, "-c", BECOME_THE_SERVER, str(held.fileno())],
            env={**house.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "smtp"},
            pass_fds=(held.fileno(),),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert shown.returncode == 2
    assert shown.stderr.splitlines()[-1] == (
        "postern: verify.dns_zones is for tests; smtp.listen goes beyond loopback"
    )


def test_a_socket_that_is_not_ours_to_serve_is_an_error(house: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        shown = subprocess.run(
            [sys.executable, "-c", BECOME_THE_SERVER, str(held.fileno())],
            env={**house.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"},
            pass_fds=(held.fileno(),),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert shown.returncode == 2
    assert "a socket named 'web', which nothing here serves" in shown.stderr


def test_a_program_of_its_own_says_to_systemd_when_it_serves(house: Server) -> None:
    """Type=notify: what systemd waits for before it starts what depends on us."""
    place = house.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.settimeout(PATIENCE)
        house.environment["NOTIFY_SOCKET"] = str(place)
        house.start("--only", "worker")
        assert manager.recv(4096) == b"READY=1\nSTATUS=Serving: worker"
        assert house.stop() == 0
        assert manager.recv(4096).startswith(b"STOPPING=1\n")
