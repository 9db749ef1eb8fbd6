"""One server after the other on a socket that stays, as systemd restarts a service."""

import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.server import BECOME_THE_SERVER, PATIENCE, Server, until
from tests.whole.streams import Stream, acknowledged, streaming, surprises


def start(server: Server, held: socket.socket) -> subprocess.Popen[str]:
    with (server.folder / "serve.log").open("a") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", BECOME_THE_SERVER, str(held.fileno())],
            env={**server.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "smtp"},
            pass_fds=(held.fileno(),),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert started.stdout is not None
    assert any("Stop it" in line for line in started.stdout), server.log.read_text()[-3000:]
    return started


def stop(started: subprocess.Popen[str]) -> int:
    os.kill(started.pid, signal.SIGTERM)
    status = started.wait(timeout=PATIENCE)
    assert started.stdout is not None
    started.stdout.close()
    return status


def has_grown(streams: list[Stream], wanted: int) -> bool:
    """Whether so many messages were accepted."""
    return len(acknowledged(streams)) >= wanted


def test_nobody_is_refused_and_nothing_is_lost_while_a_new_version_starts(
    tmp_path: Path, zones: Path
) -> None:
    server = Server(tmp_path, zones=zones)
    server.take()
    with socket.create_server(("127.0.0.1", 0), backlog=100) as held:
        running = start(server, held)
        with streaming(held.getsockname()[1]) as streams:
            for _ in range(2):
                seen = len(acknowledged(streams))
                assert stop(running) == 0
                running = start(server, held)
                until(partial(has_grown, streams, seen + 6))
        assert stop(running) == 0
    # Who was between two messages heard 421, or was just writing when the connection ended.
    unexpected = [
        one
        for one in surprises(streams)
        if not one.startswith(("421 4.3.2", "ConnectionReset", "ConnectionError", "BrokenPipe"))
    ]
    assert unexpected == []
    server.start("--only", "web")
    stored = sorted(item["id"] for item in server.items("/messages"))
    assert server.stop() == 0
    assert stored == acknowledged(streams)
