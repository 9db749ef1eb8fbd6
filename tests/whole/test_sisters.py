"""The SMTP processes beside each other: even shares, and none is harmed by another's end."""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server import PATIENCE, Server, serving, until
from tests.wire import Wire

MAIL = b"From: v@open.test\r\nSubject: half way\r\n\r\nhello\r\n"
SISTERS = ("postern-smtp-1", "postern-smtp-2")


@pytest.fixture
def house(tmp_path: Path, zones: Path) -> Iterator[Server]:
    """The SMTP processes alone."""
    server = Server(tmp_path, zones=zones)
    server.take()
    server.start("--only", "smtp")
    yield server
    if server.process is not None:
        assert server.stop() == 0


def server_of(wire: Wire) -> int:
    """The process that serves a connection: it holds the other end."""
    port = wire.socket.getsockname()[1]
    here = [f"0100007F:{wire.socket.getpeername()[1]:04X}", f"0100007F:{port:04X}"]
    inode = next(row[9] for row in sockets() if row[1:3] == here)
    for folder in Path("/proc").glob("[0-9]*"):
        if f"socket:[{inode}]" in open_files(folder):
            return int(folder.name)
    raise AssertionError("nobody serves this connection")


def sockets() -> list[list[str]]:
    """The TCP sockets of this machine, as the kernel lists them."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [row.split() for row in rows]


def open_files(process: Path) -> set[str]:
    """What a process has open; it may close files, and end, while we look."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(str(link.readlink()))
    return found


def deliver(wire: Wire) -> str:
    wire.say("EHLO client.open.test")
    return wire.deliver("v@open.test", "sales@reply.test", MAIL)


def test_twenty_long_connections_are_ten_for_each(house: Server) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(house.smtp_port)) for _ in range(20)]
        shares = Counter(server_of(wire) for wire in wires)
        assert set(shares) == {house.programs()[name] for name in SISTERS}
        assert sorted(shares.values()) == [10, 10]


def test_a_killed_sister_takes_only_her_own_and_comes_back(house: Server) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(house.smtp_port)) for _ in range(6)]
        victim = house.programs()["postern-smtp-1"]
        spared = [wire for wire in wires if server_of(wire) != victim]
        os.kill(victim, signal.SIGKILL)
        assert len(spared) == 3
        for wire in [*spared, *(stack.enter_context(Wire(house.smtp_port)) for _ in range(6))]:
            assert deliver(wire).startswith("250 2.0.0")
    until(lambda: house.programs().get("postern-smtp-1", victim) != victim)


def test_a_sister_that_stands_still_keeps_no_newcomer_waiting(house: Server) -> None:
    victim = house.programs()["postern-smtp-1"]
    os.kill(victim, signal.SIGSTOP)
    with ExitStack() as stack:
        for _ in range(6):
            assert deliver(stack.enter_context(Wire(house.smtp_port))).startswith("250 2.0.0")
    os.kill(victim, signal.SIGCONT)


def test_orphans_finish_what_they_have_while_a_new_family_serves(
    tmp_path: Path, zones: Path
) -> None:
    server = Server(tmp_path, zones=zones)
    server.take()
    server.start()
    with Wire(server.smtp_port) as old:
        old.say("EHLO client.open.test")
        old.say("MAIL FROM:<v@open.test>")
        old.say("RCPT TO:<sales@reply.test>")
        assert old.say("DATA").startswith("354")
        assert server.process is not None
        server.process.kill()
        server.process.wait(timeout=PATIENCE)
        assert server.process.stdout is not None
        server.process.stdout.close()
        server.start()
        with Wire(server.smtp_port) as new:
            newer = deliver(new)
        old.send(MAIL + b".\r\n")
        older = old.reply()
    assert newer.startswith("250 2.0.0")
    assert older.startswith("250 2.0.0")
    stored = {item["id"] for item in server.items("/transactions")}
    assert stored == {newer[-27:-1], older[-27:-1]}
    assert server.stop() == 0


def test_no_program_keeps_a_port_that_it_does_not_serve(tmp_path: Path, zones: Path) -> None:
    with serving(tmp_path, zones=zones) as server:
        ports = {}
        for name, pid in server.programs().items():
            links = open_files(Path(f"/proc/{pid}"))
            ports[name] = {
                int(row[1].split(":")[1], 16)
                for row in sockets()
                if row[3] == "0A" and f"socket:[{row[9]}]" in links
            }
    assert ports == {
        **{name: {server.smtp_port} for name in SISTERS},
        "postern-web": {server.web_port},
        "postern-worker": set(),
    }
