"""SIGHUP under a stream of mail: nobody is refused or lost, and the new configuration counts."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import PATIENCE, Server, serving, until
from tests.stores import store_for
from tests.whole.streams import MAIL, acknowledged, streaming, surprises
from tests.wire import Wire


@contextmanager
def reloadable(folder: Path, zones: Path, *arguments: str) -> Iterator[Server]:
    """A server whose recipients' limit stands in a file."""
    store_for(folder / "data", {"reply.test": "all"})
    path = folder / "postern.toml"
    path.write_text("[smtp]\nmax_recipients = 101\n")
    with serving(folder, *arguments, zones=zones, POSTERN_CONFIG=str(path)) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, zones: Path) -> Iterator[Server]:
    """All of its programs."""
    with reloadable(tmp_path, zones) as server:
        yield server


@pytest.fixture
def doors(tmp_path: Path, zones: Path) -> Iterator[Server]:
    """The SMTP processes alone."""
    with reloadable(tmp_path, zones, "--only", "smtp") as server:
        yield server


def set_limit(house: Server, text: str) -> None:
    """Change the file, and say so."""
    (house.folder / "postern.toml").write_text(f"[smtp]\nmax_recipients = {text}\n")
    hang_up(house)


def hang_up(house: Server) -> None:
    assert house.process is not None
    house.process.send_signal(signal.SIGHUP)


def reloads(house: Server) -> int:
    """How many changes are complete."""
    return house.log.read_text().count("event=reloaded ")


def limit_of(wire: Wire) -> str:
    """What the session says about recipients."""
    found = re.search(r"RCPTMAX=(\d+)", wire.say("EHLO client.open.test"))
    assert found is not None
    return found[1]


def test_a_stream_of_mail_does_not_notice_three_changes(house: Server) -> None:
    with streaming(house.smtp_port) as streams:
        for number in (1, 2, 3):
            set_limit(house, str(200 + number))
            until(lambda wanted=number: reloads(house) == wanted)  # type: ignore[misc]
        until(lambda: len(acknowledged(streams)) > 9)
    with Wire(house.smtp_port) as wire:
        assert limit_of(wire) == "203"
    assert surprises(streams) == []
    assert acknowledged(streams) == sorted(item["id"] for item in house.items("/messages"))


def test_an_open_session_ends_under_the_configuration_that_it_began_with(doors: Server) -> None:
    with Wire(doors.smtp_port) as old:
        assert limit_of(old) == "101"
        assert old.say("MAIL FROM:<v@open.test>").startswith("250")
        assert old.say("RCPT TO:<sales@reply.test>").startswith("250")
        assert old.say("DATA").startswith("354")
        set_limit(doors, "202")
        until(lambda: reloads(doors) == 1)
        with Wire(doors.smtp_port) as new:
            assert limit_of(new) == "202"
        old.send(MAIL + b".\r\n")
        assert old.reply().startswith("250 2.0.0")
        assert limit_of(old) == "101"
        assert old.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")


def refusals(house: Server) -> list[str]:
    """What was said of changes that could not be; a line that is being written is none."""
    lines = house.log.read_text().splitlines(keepends=True)
    return [line.rstrip() for line in lines if "reload-refused" in line and line.endswith("\n")]


def test_a_mistake_in_the_file_changes_nothing_and_is_said_in_a_line(doors: Server) -> None:
    wrong = {
        "1": "smtp.max_recipients: Input should be greater than or equal to 100 (it is 1)",
        "": "not valid TOML",
        "200\ntls_certificate = 'gone.pem'": "gone.pem",
    }
    for number, (text, said) in enumerate(wrong.items()):
        set_limit(doors, text)
        until(lambda so_far=number: len(refusals(doors)) > so_far)  # type: ignore[misc]
        assert len(refusals(doors)) == number + 1
        assert said in refusals(doors)[number]
        assert refusals(doors)[number].endswith("; the configuration of before stays in force")
        with Wire(doors.smtp_port) as wire:
            assert limit_of(wire) == "101"
            assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")


def test_what_cannot_change_while_it_runs_is_said_and_the_rest_counts(doors: Server) -> None:
    path = doors.folder / "postern.toml"
    path.write_text("[smtp]\nmax_recipients = 300\n[store]\nurl = 'sqlite:////nowhere/x.db'\n")
    hang_up(doors)
    until(lambda: reloads(doors) == 1)
    assert "key=store.url: its change takes a restart to count" in doors.log.read_text()
    with Wire(doors.smtp_port) as wire:
        assert limit_of(wire) == "300"
        assert wire.deliver("v@open.test", "sales@reply.test", MAIL).startswith("250 2.0.0")


def test_more_or_fewer_workers_are_a_matter_of_sighup(house: Server) -> None:
    """The environment wins over the file, so the number is left to the file here."""
    assert house.stop() == 0
    del house.environment["POSTERN_SMTP__WORKERS"]
    path = house.folder / "postern.toml"
    path.write_text("[smtp]\nworkers = 1\n")
    house.start()
    path.write_text("[smtp]\nworkers = 3\n")
    hang_up(house)
    until(lambda: reloads(house) == 1)
    assert "programs=smtp-1,smtp-2,smtp-3,web,worker" in house.log.read_text()


def test_the_console_answers_through_a_change(house: Server) -> None:
    with house.api() as api:
        assert api.get("/domains").status_code == 200
        set_limit(house, "202")
        while reloads(house) < 1:
            assert api.get("/domains").status_code == 200
    with house.api() as api:
        assert api.get("/domains").status_code == 200


def test_who_closes_the_terminal_ends_the_server(tmp_path: Path, zones: Path) -> None:
    """SIGHUP is what a terminal's end sends, too: then nobody wants a new configuration."""
    server = Server(tmp_path, zones=zones)
    master, slave = os.openpty()
    server.start("--only", "smtp", stdin=slave)
    os.close(slave)
    os.close(master)
    hang_up(server)
    assert server.process is not None
    assert server.process.wait(timeout=PATIENCE) == 0
    assert server.stop() == 0
